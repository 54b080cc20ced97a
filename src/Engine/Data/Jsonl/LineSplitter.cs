namespace Engine.Data.Jsonl;

/// <summary>Takes a line that is complete.</summary>
/// <param name="line">Its bytes, without line end; valid during the call only.</param>
/// <param name="offset">Where it begins in the (unpacked) file.</param>
/// <param name="lineNumber">1-based.</param>
internal delegate void LineTaker(ReadOnlySpan<byte> line, long offset, long lineNumber);

/// <summary>A line is longer than the limit.</summary>
/// <param name="start">Its first bytes.</param>
/// <param name="lineNumber">1-based.</param>
internal delegate EngineException LineTooLong(ReadOnlySpan<byte> start, long lineNumber);

/// <summary>Cuts a stream of bytes into lines, however the bytes come in pieces. Memory is bounded by the longest line allowed.</summary>
/// <remarks>Only LF ends a line. One CR before it and a byte order mark at the file's start are no part of the line. The last line needs no LF.</remarks>
/// <param name="maxLine">Most bytes a line may have.</param>
/// <param name="take">Called once per line, blank ones included.</param>
/// <param name="tooLong">Makes the error for a line over the limit.</param>
internal sealed class LineSplitter(int maxLine, LineTaker take, LineTooLong tooLong)
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    private byte[] _kept = [];
    private int _keptLength;
    private long _lineOffset;
    private long _lineNumber = 1;

    /// <summary>Takes the next bytes of the file.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        for (; ; )
        {
            int end = bytes.IndexOf((byte)'\n');
            if (end < 0) break;
            EndLine(bytes[..end]);
            bytes = bytes[(end + 1)..];
        }

        if (bytes.Length > 0) Keep(bytes);
    }

    /// <summary>The file has ended.</summary>
    public void Finish()
    {
        if (_keptLength > 0) EndLine([]);
    }

    private void EndLine(ReadOnlySpan<byte> rest)
    {
        if (_keptLength > 0)
        {
            Keep(rest);
            rest = _kept.AsSpan(0, _keptLength);
        }

        long next = _lineOffset + rest.Length + 1;
        int mark = _lineOffset == 0 && rest.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        ReadOnlySpan<byte> line = rest[mark..];
        if (line.EndsWith((byte)'\r')) line = line[..^1];
        if (line.Length > maxLine) throw tooLong(line, _lineNumber);
        take(line, _lineOffset + mark, _lineNumber);
        _lineOffset = next;
        _lineNumber++;
        _keptLength = 0;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        // A mark and a CR may stand beside a line of exactly the longest length.
        long needed = (long)_keptLength + bytes.Length;
        if (needed > (long)maxLine + ByteOrderMark.Length + 1) throw tooLong(_keptLength > 0 ? _kept.AsSpan(0, _keptLength) : bytes, _lineNumber);
        if (needed > _kept.Length) Array.Resize(ref _kept, (int)Math.Max(needed, Math.Min(2L * _kept.Length, (long)maxLine + 4)));
        bytes.CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += bytes.Length;
    }
}
