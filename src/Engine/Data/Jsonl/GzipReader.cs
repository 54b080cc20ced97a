using System.Buffers.Binary;
using System.IO.Compression;

namespace Engine.Data.Jsonl;

/// <summary>Unpacks a gzip file (RFC 1952) of one or more members and accepts nothing less than whole ones: each checksum and length is checked, and nothing else may stand between or behind them.</summary>
/// <remarks>
/// The framework's own gzip stream takes a file that was cut short for one that ends there, and ignores what follows a member; records would be lost in silence.
/// So the members are framed here, and only the deflated data inside them is left to the framework.
/// </remarks>
/// <param name="file">The file; not owned.</param>
internal sealed class GzipReader(InputFile file) : PackedReader
{
    private const int TrailerBytes = 8;
    private const int MaxFieldBytes = 1 << 16;
    private const int SmallMemberBytes = 1 << 16;

    private InputFileStream? _packed;
    private DeflateStream? _member;
    private long _memberStart;
    private long _next;
    private uint _headerCrc;
    private uint _crc;
    private uint _size;

    /// <inheritdoc/>
    public override long Consumed => _packed?.Position ?? _next;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_member is not null || _next < file.Length || _next == 0)
        {
            if (_member is null)
            {
                _memberStart = SkipHeader(_next);
                _packed = new InputFileStream(file, _memberStart);
                _member = new DeflateStream(_packed, CompressionMode.Decompress);
                (_crc, _size) = (0, 0);
            }

            int count;
            try
            {
                count = _member.Read(buffer);
            }
            catch (InvalidDataException)
            {
                throw InputErrorAt(_packed!.LastPiece, "the packed data is damaged within the 8 KiB from here. Copy or pack the file again.");
            }

            if (count > 0)
            {
                _crc = Crc32.Append(_crc, buffer[..count]);
                _size = unchecked(_size + (uint)count);
                return count;
            }

            _next = FindEnd();
            Dispose();
        }

        return 0;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _member?.Dispose();
        _packed?.Dispose();
        (_member, _packed) = (null, null);
    }

    // The member's data ends somewhere in the pieces that were handed out last, and its checksum and length stand right there.
    private long FindEnd()
    {
        byte[] trailer = new byte[TrailerBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(4), _size);
        long start = _packed!.PieceBeforeLast, garbage = -1;
        if (_packed.Position - _memberStart <= SmallMemberBytes) return FindEndOfSmall(trailer);

        // A damaged trailer is not mistaken for a later member's equal one: what unpacks to the same is as long as this member, and lies behind the pieces searched.
        byte[] tail = new byte[(int)Math.Min(file.Length - start, _packed.Position - start + TrailerBytes + 3)];
        file.Read(start, tail);
        for (int at = 0; at + TrailerBytes <= tail.Length; at++)
        {
            if (!tail.AsSpan(at, TrailerBytes).SequenceEqual(trailer)) continue;
            long end = start + at + TrailerBytes;
            if (end == file.Length || tail.AsSpan(at + TrailerBytes).StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b, 8])) return end;
            garbage = end;
        }

        throw garbage >= 0 ? Follows(garbage) : Damaged();
    }

    private EngineException Follows(long at) =>
        InputErrorAt(at, $"{(file.Length - at == 1 ? "1 byte follows the packed data and is not packed itself" : $"{file.Length - at} bytes follow the packed data and are not packed themselves")}. Remove them, or pack the file again.");

    private EngineException Damaged() =>
        InputErrorAt(file.Length, "the packed data is damaged or was cut short: its checksum or length is missing or does not fit. Copy or pack the file again.");

    // Small members may well be equal ones in a row, so where the data ends is found exactly: by unpacking it once more, the last pieces byte by byte.
    private long FindEndOfSmall(ReadOnlySpan<byte> trailer)
    {
        using var packed = new InputFileStream(file, _memberStart, _packed!.PieceBeforeLast);
        using var member = new DeflateStream(packed, CompressionMode.Decompress);
        Span<byte> waste = stackalloc byte[1 << 12];
        while (member.Read(waste) > 0) { }
        long end = packed.Position + TrailerBytes;
        Span<byte> found = stackalloc byte[TrailerBytes];
        if (end <= file.Length) file.Read(packed.Position, found);
        if (end > file.Length || !found.SequenceEqual(trailer)) throw Damaged();
        Span<byte> header = stackalloc byte[(int)Math.Min(3, file.Length - end)];
        file.Read(end, header);
        return header.IsEmpty || header.SequenceEqual((ReadOnlySpan<byte>)[0x1f, 0x8b, 8]) ? end : throw Follows(end);
    }

    private long SkipHeader(long at)
    {
        _headerCrc = 0;
        Span<byte> fixedPart = stackalloc byte[10];
        Take(fixedPart, ref at);
        if (!fixedPart.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b, 8]) || (fixedPart[3] & 0xe0) != 0)
            throw InputErrorAt(at - fixedPart.Length, "no gzip header (1f 8b 08) stands here. If the file is not packed, give it a name without .gz.");
        int flags = fixedPart[3];
        Span<byte> two = stackalloc byte[2];
        Span<byte> one = two[..1];
        if ((flags & 4) != 0)
        {
            Take(two, ref at);
            for (int extra = BinaryPrimitives.ReadUInt16LittleEndian(two); extra > 0; extra--) Take(one, ref at);
        }

        // Name, then comment: both end with a zero byte.
        for (int texts = (flags >> 3 & 1) + (flags >> 4 & 1); texts > 0; texts--)
        {
            long limit = at + MaxFieldBytes;
            do
            {
                if (at == limit) throw InputErrorAt(at, "a name in the gzip header does not end. The file is damaged; pack it again.");
                Take(one, ref at);
            }
            while (one[0] != 0);
        }

        uint expected = _headerCrc & 0xffff;
        if ((flags & 2) == 0) return at;
        Take(two, ref at);
        return BinaryPrimitives.ReadUInt16LittleEndian(two) == expected ? at : throw InputErrorAt(at - two.Length, "the gzip header is damaged: its checksum does not fit. Copy or pack the file again.");
    }

    private void Take(Span<byte> bytes, ref long at)
    {
        if (at + bytes.Length > file.Length) throw InputErrorAt(file.Length, "the file ends inside a gzip header. It was cut short; copy or pack it again.");
        file.Read(at, bytes);
        _headerCrc = Crc32.Append(_headerCrc, bytes);
        at += bytes.Length;
    }

    private EngineException InputErrorAt(long offset, string message) =>
        new(new EngineError(ExitCode.Input, "GZIP", message, file.Name, Offset: offset));
}
