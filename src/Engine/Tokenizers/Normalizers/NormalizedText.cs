using System.Text;

namespace Engine.Tokenizers.Normalizers;

/// <summary>A text on its way through the normalizers: one memory that is read and one that is written, which change places.</summary>
/// <remarks>Valid UTF-8 always. Not safe for several threads.</remarks>
internal sealed class NormalizedText
{
    private byte[] _text = new byte[256];
    private byte[] _next = new byte[256];
    private int _start;
    private int _nextLength;

    /// <summary>Bytes of the text.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the text still begins with what the whole input begins with.</summary>
    public bool AtStart { get; private set; }

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Text => _text.AsSpan(_start, Length);

    /// <summary>Begins with a text.</summary>
    public void Set(ReadOnlySpan<byte> text, bool atStart)
    {
        if (_text.Length < text.Length) _text = new byte[Grown(text.Length)];
        text.CopyTo(_text);
        (_start, Length, AtStart) = (0, text.Length, atStart);
    }

    /// <summary>Keeps a part of the text.</summary>
    public void Keep(int start, int length)
    {
        if (start > 0) AtStart = false;
        (_start, Length) = (_start + start, length);
    }

    /// <summary>Begins to write the text anew.</summary>
    public void Begin() => _nextLength = 0;

    /// <summary>Writes bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _nextLength += bytes.Length;
    }

    /// <summary>Writes a character.</summary>
    public void Write(int rune)
    {
        if (rune < 0x80) Room(1)[0] = (byte)rune;
        else _nextLength += new Rune(rune).EncodeToUtf8(Room(4)) - 1;
        _nextLength++;
    }

    /// <summary>Says that something is left out here.</summary>
    public void Drop()
    {
        if (_nextLength == 0) AtStart = false;
    }

    /// <summary>What was written becomes the text.</summary>
    public void End()
    {
        (_text, _next) = (_next, _text);
        (_start, Length) = (0, _nextLength);
    }

    private Span<byte> Room(int bytes)
    {
        int needed = checked(_nextLength + bytes);
        if (needed > _next.Length) Array.Resize(ref _next, Grown(needed));
        return _next.AsSpan(_nextLength);
    }

    private static int Grown(int needed) => (int)Math.Min(Array.MaxLength, 2L * needed);
}
