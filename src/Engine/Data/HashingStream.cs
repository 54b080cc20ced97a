using System.Security.Cryptography;
using Engine.Native.Files;

namespace Engine.Data;

/// <summary>A buffered stream to a file that computes SHA-256 on the way and reports every failure as exit 7.</summary>
/// <param name="file">The file; owned from here on.</param>
/// <param name="name">For messages.</param>
internal sealed class HashingStream(FileStream file, string name) : Stream
{
    private const int BufferBytes = 1 << 18;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used;
    private long _written;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => _written + _used;

    /// <inheritdoc/>
    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException("The stream only goes forward.");
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (_used == _buffer.Length) Flush();
            int count = Math.Min(buffer.Length, _buffer.Length - _used);
            buffer[..count].CopyTo(_buffer.AsSpan(_used));
            _used += count;
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Write([value]);

    /// <summary>Hands the buffer to the operating system; not yet to the disk.</summary>
    /// <exception cref="EngineException">The file cannot be written: exit 7.</exception>
    public override void Flush()
    {
        ReadOnlySpan<byte> part = _buffer.AsSpan(0, _used);
        try
        {
            FileBytes.Write(file, part);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Writing(name, refused);
        }

        _hash.AppendData(part);
        _written += _used;
        _used = 0;
    }

    /// <summary>Takes over what a file holds already, before anything is written.</summary>
    /// <param name="length">Bytes from its beginning; what follows is cut off when they are right.</param>
    /// <param name="sha256">What they must hash to.</param>
    /// <returns>False when the file is shorter or they do not; then the stream is of no use.</returns>
    /// <exception cref="IOException">The system refuses.</exception>
    public bool TakeOver(long length, string sha256)
    {
        if (file.Length < length) return false;
        while (_written < length)
        {
            int count = file.Read(_buffer, 0, (int)Math.Min(_buffer.Length, length - _written));
            if (count == 0) return false;
            _hash.AppendData(_buffer, 0, count);
            _written += count;
        }

        if (Convert.ToHexStringLower(_hash.GetCurrentHash()) != sha256) return false;
        file.SetLength(length);
        return true;
    }

    /// <summary>Puts what was written so far on the disk.</summary>
    /// <returns>Its SHA-256 in lower-case hexadecimal.</returns>
    public string Settle()
    {
        Flush();
        Durable.Flush(file.SafeFileHandle, name);
        return Convert.ToHexStringLower(_hash.GetCurrentHash());
    }

    /// <summary>Writes everything to the disk and closes the file.</summary>
    /// <returns>SHA-256 in lower-case hexadecimal.</returns>
    public string Finish()
    {
        Flush();
        Durable.Flush(file.SafeFileHandle, name);
        file.Dispose();
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream only takes.");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream only goes forward.");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("The stream only goes forward.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
