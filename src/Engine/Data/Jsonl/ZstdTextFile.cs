using Engine.Native;
using Engine.Native.Zstd;

namespace Engine.Data.Jsonl;

/// <summary>Text packed with zstd, one frame or more.</summary>
/// <remarks>Every open place holds the frame's window, up to 128 MiB, so there are fewer of them than with gzip.</remarks>
/// <param name="file">The file.</param>
internal sealed class ZstdTextFile(InputFile file) : PackedTextFile(file, mostCursors: 4)
{
    /// <summary>Whether a file begins like zstd: a frame, or a skippable frame as parallel and seekable writers put first.</summary>
    /// <param name="start">The file's first four bytes, or all when there are fewer.</param>
    public static bool BeginsLikeZstd(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) || start is [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18, ..];

    /// <inheritdoc/>
    protected override PackedReader OpenChecked()
    {
        try
        {
            return new ZstdReader(File);
        }
        catch (NativeLibraryMissingException missing)
        {
            throw NativeError.Missing(File.Name, missing, "Or unpack the file first: zstd -d.");
        }
    }
}

/// <summary>Unpacks a zstd file of one or more frames and accepts nothing less than whole ones.</summary>
/// <remarks>
/// libzstd holds every frame to the checksum and to the size of its text, as far as its header has them: the <c>zstd</c> command writes both, some libraries only the size.
/// Without a checksum a changed letter inside a record can pass; whoever fears that gives the file's <c>expect.sha256</c> in the plan.
/// </remarks>
internal sealed class ZstdReader : PackedReader
{
    private const int PieceBytes = 1 << 17;

    private readonly InputFile _file;
    private readonly ZstdDecoder _decoder = new();
    private readonly byte[] _piece;
    private long _pieceEnd;
    private int _at;
    private int _length;

    /// <summary>Begins at the front.</summary>
    /// <param name="file">The file; not owned.</param>
    /// <exception cref="NativeLibraryMissingException">libzstd is not there.</exception>
    public ZstdReader(InputFile file)
    {
        _file = file;
        _piece = new byte[(int)Math.Clamp(file.Length, 1, PieceBytes)];
    }

    /// <inheritdoc/>
    public override long Consumed => _pieceEnd - _length + _at;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        for (; ; )
        {
            if (_at == _length) Refill();
            bool ended = _at == _length;
            if (ended && _decoder.FrameEnded) return 0;
            int written = Decode(buffer);
            if (written > 0) return written;
            if (ended) throw At(_file.Length, "the file ends inside a zstd frame. It was cut short; copy or pack it again.");
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _decoder.Dispose();

    private void Refill()
    {
        (_at, _length) = (0, (int)Math.Min(_piece.Length, _file.Length - _pieceEnd));
        _file.Read(_pieceEnd, _piece.AsSpan(0, _length));
        _pieceEnd += _length;
    }

    private int Decode(Span<byte> buffer)
    {
        bool between = _decoder.FrameEnded;
        try
        {
            int written = _decoder.Decode(_piece.AsSpan(_at, _length - _at), buffer, out int consumed);
            _at += consumed;
            return written;
        }
        catch (ZstdException refused) when (refused.WindowTooLarge)
        {
            throw At(Consumed, $"the frame wants a window of over {1 << ZstdDecoder.MaxWindowLog} bytes (128 MiB) of memory. Pack the file again without --long, or with --long={ZstdDecoder.MaxWindowLog}.", refused);
        }
        catch (ZstdException refused)
        {
            throw At(Consumed, between
                ? $"what follows a frame here is no zstd frame ({refused.Message}). Remove it, or pack the file again."
                : $"the packed data is damaged within the {PieceBytes >> 10} KiB from here ({refused.Message}). Copy or pack the file again.", refused);
        }
    }

    private EngineException At(long offset, string message, Exception? inner = null) =>
        new(new EngineError(ExitCode.Input, "ZSTD", message, _file.Name, Offset: offset), inner);
}
