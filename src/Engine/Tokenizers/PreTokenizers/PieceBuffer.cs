namespace Engine.Tokenizers.PreTokenizers;

/// <summary>A part of a text that a model sees by itself.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes, at least one.</param>
/// <param name="AtStart">Whether the whole input begins with it.</param>
internal readonly record struct Piece(int Start, int Length, bool AtStart);

/// <summary>A text and the pieces it is cut into; a pre-tokenizer cuts every piece further, and may write the text anew.</summary>
/// <remarks>Not safe for several threads.</remarks>
internal sealed class PieceBuffer
{
    private byte[] _text = new byte[256];
    private byte[] _next = new byte[256];
    private List<Piece> _pieces = [];
    private List<Piece> _cut = [];
    private int _nextLength;

    /// <summary>Room for the matches of patterns.</summary>
    public List<(int Start, int Length)> Matches { get; } = [];

    /// <summary>Pieces there are.</summary>
    public int Count => _pieces.Count;

    /// <summary>A piece.</summary>
    public Piece this[int i] => _pieces[i];

    /// <summary>The bytes of a piece.</summary>
    public ReadOnlySpan<byte> Text(Piece piece) => _text.AsSpan(piece.Start, piece.Length);

    /// <summary>Begins with one piece.</summary>
    public void Set(ReadOnlySpan<byte> text, bool atStart)
    {
        _pieces.Clear();
        if (text.IsEmpty) return;
        if (_text.Length < text.Length) _text = new byte[(int)Math.Min(Array.MaxLength, 2L * text.Length)];
        text.CopyTo(_text);
        _pieces.Add(new Piece(0, text.Length, atStart));
    }

    /// <summary>Begins to cut.</summary>
    public void BeginCut() => _cut.Clear();

    /// <summary>Keeps a part of a piece; an empty one is none.</summary>
    /// <param name="of">The piece.</param>
    /// <param name="start">First byte within it.</param>
    /// <param name="end">Behind the last.</param>
    public void Keep(Piece of, int start, int end)
    {
        if (end > start) _cut.Add(new Piece(of.Start + start, end - start, of.AtStart && start == 0));
    }

    /// <summary>The parts kept become the pieces.</summary>
    public void EndCut() => (_pieces, _cut) = (_cut, _pieces);

    /// <summary>Begins to write the text anew.</summary>
    public void BeginText()
    {
        _cut.Clear();
        _nextLength = 0;
    }

    /// <summary>Room for a piece of the new text.</summary>
    public Span<byte> Room(int bytes)
    {
        int needed = checked(_nextLength + bytes);
        if (needed > _next.Length) Array.Resize(ref _next, (int)Math.Min(Array.MaxLength, 2L * needed));
        return _next.AsSpan(_nextLength, bytes);
    }

    /// <summary>A piece was written into its room.</summary>
    public void Written(int bytes, bool atStart)
    {
        _cut.Add(new Piece(_nextLength, bytes, atStart));
        _nextLength += bytes;
    }

    /// <summary>What was written becomes the text and the pieces.</summary>
    public void EndText()
    {
        (_text, _next) = (_next, _text);
        (_pieces, _cut) = (_cut, _pieces);
    }
}
