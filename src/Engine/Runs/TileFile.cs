using System.Buffers.Binary;
using System.Text;
using Engine.Data;
using Engine.Data.Jsonl;
using Engine.Native.Files;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>One generation of a step's position on the disk. A file that was torn or changed in any byte reads as nothing.</summary>
/// <remarks>
/// Little-endian: 8 bytes <c>ENGTILE</c> and LF, uint32 version, 32 bytes step key, int64 sequence, int64 length of the position, the position, and
/// CRC-32 over the position and then everything before it. The file is written whole and flushed before the other generation is touched.
/// </remarks>
internal static class TileFile
{
    private const int HeaderBytes = 8 + 4 + 32 + 8 + 8;
    private const int CrcBytes = 4;
    private const int BufferBytes = 1 << 17;

    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("ENGTILE\n");

    /// <summary>Writes a position durably.</summary>
    /// <param name="path">The file, replaced when it is there.</param>
    /// <param name="key">The step's key, 64 hexadecimal digits.</param>
    /// <param name="sequence">Its number: the higher one is the newer.</param>
    /// <param name="write">Writes the position.</param>
    /// <exception cref="EngineException">The file cannot be written. Exit 7.</exception>
    public static void Write(string path, string key, long sequence, Action<PositionWriter> write) => FileFailure.Guard(path, () =>
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        byte[] header = new byte[HeaderBytes];
        FileBytes.Write(file, header);
        var content = new CheckedStream(file);
        using (var buffer = new BufferedStream(content, BufferBytes)) write(new PositionWriter(buffer));

        Magic.CopyTo(header, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), PositionFormats.Version);
        Convert.FromHexString(key).CopyTo(header, 12);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(44), sequence);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(52), content.Length);
        byte[] crc = new byte[CrcBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(crc, Crc32.Append(content.Crc, header));
        FileBytes.Write(file, crc);
        file.Position = 0;
        FileBytes.Write(file, header);
        Durable.Flush(file.SafeFileHandle, path);
    });

    /// <summary>The number of a file's position, or null when the file is missing, damaged, of another version or of another key.</summary>
    public static long? Sequence(string path, string key)
    {
        if (!File.Exists(path)) return null;
        return FileFailure.GuardReading<long?>(path, () =>
        {
            using FileStream file = File.OpenRead(path);
            byte[] header = new byte[HeaderBytes];
            if (file.Length < HeaderBytes + CrcBytes || file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes) return null;
            long length = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(52));
            bool known = header.AsSpan(0, 8).SequenceEqual(Magic)
                && BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)) == PositionFormats.Version
                && header.AsSpan(12, 32).SequenceEqual(Convert.FromHexString(key))
                && file.Length - HeaderBytes - CrcBytes == length;
            return known && CrcOf(file, length, header) == LastBytes(file) ? BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(44)) : null;
        });
    }

    /// <summary>Reads the position of a file that has a <see cref="Sequence"/>.</summary>
    /// <returns>The position, or null when its bytes are none: then it was written by an engine that called another format by this version.</returns>
    public static T? Read<T>(string path, Func<PositionReader, T> read)
        where T : class => FileFailure.GuardReading(path, () =>
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes);
        file.Position = HeaderBytes;
        try
        {
            return read(new PositionReader(file, file.Length));
        }
        catch (Exception e) when (e is FormatException or EndOfStreamException)
        {
            return null;
        }
    });

    private static uint CrcOf(FileStream file, long length, byte[] header)
    {
        byte[] buffer = new byte[BufferBytes];
        uint crc = 0;
        while (length > 0)
        {
            int count = file.Read(buffer, 0, (int)Math.Min(buffer.Length, length));
            if (count == 0) break;
            crc = Crc32.Append(crc, buffer.AsSpan(0, count));
            length -= count;
        }

        return Crc32.Append(crc, header);
    }

    private static uint LastBytes(FileStream file)
    {
        byte[] crc = new byte[CrcBytes];
        return file.ReadAtLeast(crc, CrcBytes, throwOnEndOfStream: false) == CrcBytes ? BinaryPrimitives.ReadUInt32LittleEndian(crc) : 0;
    }

    /// <summary>Passes bytes on to a file and keeps their length and checksum.</summary>
    private sealed class CheckedStream(FileStream file) : Stream
    {
        private long _length;

        public uint Crc { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException("The stream only goes forward.");
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            FileBytes.Write(file, buffer);
            Crc = Crc32.Append(Crc, buffer);
            _length += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream only takes.");

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream only goes forward.");

        public override void SetLength(long value) => throw new NotSupportedException("The stream only goes forward.");
    }
}
