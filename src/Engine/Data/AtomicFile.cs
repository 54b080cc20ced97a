using System.Globalization;
using System.Security.Cryptography;
using Engine.Native.Files;

namespace Engine.Data;

/// <summary>A file that appears whole or not at all: written under a temporary name beside its place, flushed to the disk, renamed, and the folder flushed.</summary>
/// <remarks>Disposing without <see cref="Commit"/> removes the temporary file and leaves what stood at the path before. A process that is killed leaves at most the temporary file, never half of the real one.</remarks>
internal sealed class AtomicFile : IDisposable
{
    private readonly string _folder;
    private readonly string _temporary;
    private readonly HashingStream _stream;
    private bool _done;
    private bool _settled;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where it will stand. Its folder exists; a file of that name is replaced on commit.</param>
    /// <param name="temporary">A temporary name that only the caller uses, in the same folder or with a full path in the same file system, so that a later run knows it again; null for one that is new.</param>
    /// <param name="part">What <see cref="Settle"/> gave in another process, to go on with when it is still there; or null.</param>
    /// <exception cref="EngineException">The temporary file cannot be created: exit 7.</exception>
    public AtomicFile(string path, string? temporary = null, FilePart? part = null)
    {
        Path = System.IO.Path.GetFullPath(path);
        _folder = System.IO.Path.GetDirectoryName(Path) ?? throw new ArgumentException("A file's path does not end at a root.", nameof(path));
        _temporary = System.IO.Path.Combine(_folder, temporary ?? TemporaryName(System.IO.Path.GetFileName(Path)));
        try
        {
            if (part is not null && File.Exists(_temporary) && GoOn(part) is { } stream)
            {
                _stream = stream;
                GoesOn = true;
                return;
            }

            _stream = new HashingStream(new FileStream(_temporary, temporary is null ? FileMode.CreateNew : FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), Path);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            // It may have been made before it was refused; a name of the caller's own is nobody else's.
            if (temporary is not null) Remove();
            throw IoError.Writing(Path, refused);
        }
    }

    /// <summary>Where the file stands after <see cref="Commit"/>.</summary>
    public string Path { get; }

    /// <summary>Where the content stands until <see cref="Commit"/>.</summary>
    public string Temporary => _temporary;

    /// <summary>True when the file begins with the part that was asked for.</summary>
    public bool GoesOn { get; }

    /// <summary>What to write to; buffered. Every failure is an <see cref="EngineException"/> with exit 7.</summary>
    public Stream Stream => _stream;

    /// <summary>Bytes written.</summary>
    public long Length => _stream.Length;

    /// <summary>SHA-256 of the content in lower-case hexadecimal; known after <see cref="Seal"/> or <see cref="Commit"/>.</summary>
    public string Sha256 { get; private set; } = "";

    /// <summary>A temporary file that could not be removed, or null.</summary>
    public string? LeftBehind { get; private set; }

    /// <summary>Puts the content so far on the disk under its temporary name and leaves it there, unless it is committed later, for a process that goes on with it.</summary>
    /// <exception cref="EngineException">The disk is full or refuses to flush: exit 7.</exception>
    public FilePart Settle()
    {
        ObjectDisposedException.ThrowIf(_done, this);
        try
        {
            string hash = _stream.Settle();
            _settled = true;
            return new FilePart(_stream.Length, hash);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Writing(Path, refused);
        }
    }

    /// <summary>Ends the content: it is on the disk and its hash is known, but it still stands under its temporary name.</summary>
    /// <exception cref="EngineException">The disk is full or refuses to flush: exit 7. A failed flush is final: start a new file.</exception>
    public void Seal()
    {
        ObjectDisposedException.ThrowIf(_done, this);
        if (Sha256.Length > 0) return;
        try
        {
            Sha256 = _stream.Finish();
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Writing(Path, refused);
        }
    }

    /// <summary>Puts the file in its place, durably. When this returns, the file survives a power cut.</summary>
    /// <exception cref="EngineException">The disk is full, refuses to flush, or the rename fails: exit 7. A failed flush is final: start a new file.</exception>
    public void Commit()
    {
        Seal();
        try
        {
            Durable.Rename(_temporary, Path);
            _done = true;
            Durable.FlushDirectory(_folder);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Writing(Path, refused);
        }
    }

    /// <summary>Removes the temporary file when it was not committed.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (_done || _settled) return;
        _done = true;
        Remove();
    }

    /// <summary>Whether a file name is one that <see cref="AtomicFile"/> gives to temporary files, so that a resumed run can remove those of a killed one.</summary>
    public static bool IsTemporaryName(string name) => name.StartsWith('.') && name.Contains(".tmp-", StringComparison.Ordinal);

    private void Remove()
    {
        try
        {
            File.Delete(_temporary);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            // What went wrong before is the error worth telling; this only leaves rubbish behind.
            LeftBehind = _temporary;
        }
    }

    private HashingStream? GoOn(FilePart part)
    {
        var stream = new HashingStream(new FileStream(_temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0), Path);
        if (stream.TakeOver(part.Bytes, part.Sha256)) return stream;
        stream.Dispose();
        return null;
    }

    private static string TemporaryName(string name)
    {
        // 255 bytes are what file systems allow; a long name is cut, the random part keeps it apart.
        string head = name.Length <= 50 ? name : name[..50];
        return string.Create(CultureInfo.InvariantCulture, $".{head}.tmp-{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
    }
}

/// <summary>The beginning of a file that is on the disk.</summary>
/// <param name="Bytes">How much of it.</param>
/// <param name="Sha256">Its hash in lower-case hexadecimal.</param>
internal sealed record FilePart(long Bytes, string Sha256);
