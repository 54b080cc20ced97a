namespace Engine.Data.Jsonl;

/// <summary>An input file as a stream from a place in it to its end; it notices when the file becomes shorter.</summary>
/// <param name="file">The file; not owned.</param>
/// <param name="start">First byte.</param>
/// <param name="single">From this byte on they are handed out one by one, so that <see cref="Position"/> tells how many a reader needed.</param>
internal sealed class InputFileStream(InputFile file, long start, long single = long.MaxValue) : Stream
{
    private long _at = start;

    /// <summary>Where the last piece that was handed out begins.</summary>
    public long LastPiece { get; private set; } = start;

    /// <summary>Where the piece before that begins.</summary>
    public long PieceBeforeLast { get; private set; } = start;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => file.Length;

    /// <summary>The next byte's place in the file.</summary>
    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException("The stream only goes forward.");
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(Math.Min(buffer.Length, file.Length - _at), _at < single ? single - _at : 1);
        if (count == 0) return 0;
        file.Read(_at, buffer[..count]);
        (PieceBeforeLast, LastPiece) = (LastPiece, _at);
        _at += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream only goes forward.");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("The stream only gives.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream only gives.");
}
