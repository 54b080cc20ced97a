using System.Numerics;
using System.Text;
using Engine.Data.Jsonl;

namespace Engine.Data;

/// <summary>The turns of one record as UTF-8: places in the record's own bytes, and one memory for what those do not hold as it is. Record after record uses the same.</summary>
/// <remarks>Once it is warm it reserves nothing. What it gives is valid until the next record begins. Not safe for several threads.</remarks>
internal sealed class Utf8Turns
{
    private (Utf8Place Role, Utf8Place Content)[] _turns = new (Utf8Place, Utf8Place)[8];
    private byte[] _text = [];
    private int _textLength;
    private byte[] _bytes = [];
    private int _start;
    private int _length;

    /// <summary>Turns of the record.</summary>
    public int Count { get; private set; }

    /// <summary>A turn's role: <c>system</c>, <c>user</c>, <c>assistant</c>, another one as written, or <see cref="Turn.TextRole"/>.</summary>
    /// <param name="turn">In order, from 0.</param>
    public ReadOnlySpan<byte> Role(int turn) => this[_turns[Checked(turn)].Role];

    /// <summary>A turn's text, unescaped, not trimmed.</summary>
    /// <param name="turn">In order, from 0.</param>
    public ReadOnlySpan<byte> Content(int turn) => this[_turns[Checked(turn)].Content];

    /// <summary>Whether the record is one text without turns.</summary>
    public bool IsPlainText => Count == 1 && Role(0).SequenceEqual("text"u8);

    /// <summary>The record's bytes.</summary>
    public ReadOnlySpan<byte> Line => _bytes.AsSpan(_start, _length);

    /// <summary>The bytes at a place.</summary>
    public ReadOnlySpan<byte> this[Utf8Place place] => (place.InText ? _text : _bytes).AsSpan(place.InText ? place.Start : _start + place.Start, place.Length);

    /// <summary>Begins a record.</summary>
    /// <param name="bytes">What holds the record; must not change while the turns are used.</param>
    /// <param name="start">Where the record begins.</param>
    /// <param name="length">Its bytes.</param>
    public void Begin(byte[] bytes, int start, int length)
    {
        (_bytes, _start, _length) = (bytes, start, length);
        (Count, _textLength) = (0, 0);
    }

    /// <summary>Appends a turn.</summary>
    public void Add(Utf8Place role, Utf8Place content)
    {
        if (Count == _turns.Length) Array.Resize(ref _turns, 2 * Count);
        _turns[Count++] = (role, content);
    }

    /// <summary>A string of the record: where it stands if it has no escapes, else unescaped.</summary>
    public Utf8Place Take(in JsonNode text)
    {
        if (!text.Escaped) return new Utf8Place(text.Start, text.Length, InText: false);
        int start = BeginText();
        Append(text);
        return EndText(start);
    }

    /// <summary>A text that the record does not hold.</summary>
    public Utf8Place Take(ReadOnlySpan<byte> text)
    {
        int start = BeginText();
        Append(text);
        return EndText(start);
    }

    /// <summary>A text that a program holds; half a surrogate pair becomes U+FFFD.</summary>
    public Utf8Place Take(string text)
    {
        int start = BeginText();
        _textLength += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetByteCount(text)));
        return EndText(start);
    }

    /// <summary>Begins a text that is put together.</summary>
    /// <returns>What <see cref="EndText"/> wants.</returns>
    public int BeginText() => _textLength;

    /// <summary>Goes on with a text.</summary>
    public void Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        _textLength += text.Length;
    }

    /// <summary>Goes on with a string of the record.</summary>
    public void Append(in JsonNode text)
    {
        ReadOnlySpan<byte> raw = Line.Slice(text.Start, text.Length);
        if (text.Escaped) _textLength += JsonUnescape.Write(raw, Room(raw.Length));
        else Append(raw);
    }

    /// <summary>Ends a text.</summary>
    public Utf8Place EndText(int start) => new(start, _textLength - start, InText: true);

    /// <summary>The turns as strings.</summary>
    public Conversation ToConversation()
    {
        Turn[] turns = new Turn[Count];
        for (int i = 0; i < turns.Length; i++) turns[i] = new Turn(RoleName(Role(i)), Encoding.UTF8.GetString(Content(i)));
        return new Conversation(turns);
    }

    // Roles are a few words that stand in every record.
    private static string RoleName(ReadOnlySpan<byte> role) =>
        role.SequenceEqual("user"u8) ? "user" : role.SequenceEqual("assistant"u8) ? "assistant" : role.SequenceEqual("system"u8) ? "system" : Encoding.UTF8.GetString(role);

    private Span<byte> Room(int bytes)
    {
        int needed = checked(_textLength + bytes);
        if (needed > _text.Length) Array.Resize(ref _text, (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)needed), (uint)Array.MaxLength));
        return _text.AsSpan(_textLength);
    }

    private int Checked(int turn)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)turn, (uint)Count, nameof(turn));
        return turn;
    }
}

/// <summary>Where a text of a record is.</summary>
/// <param name="Start">Its first byte, in the record or in the memory beside it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="InText">Whether it is in the memory beside the record.</param>
internal readonly record struct Utf8Place(int Start, int Length, bool InText);
