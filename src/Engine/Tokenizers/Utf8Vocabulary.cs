using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Engine.Tokenizers;

/// <summary>The tokens of a model as UTF-8, and from a token to its id. All text lies in one array; a look-up reserves nothing.</summary>
/// <remarks>Built by one thread; afterwards any number of threads may read.</remarks>
internal sealed class Utf8Vocabulary
{
    private byte[] _text;
    private int _textLength;
    private int[] _starts;
    private int[] _ids;
    private int[] _slots;

    /// <summary>Makes an empty one.</summary>
    /// <param name="tokens">How many tokens to make room for.</param>
    public Utf8Vocabulary(int tokens)
    {
        _text = new byte[Math.Max(16, tokens * 8)];
        _starts = new int[tokens + 1];
        _ids = new int[tokens];
        _slots = new int[SlotsFor(tokens)];
    }

    /// <summary>Tokens in it.</summary>
    public int Count { get; private set; }

    /// <summary>The greatest id and one more; 0 when empty.</summary>
    public int IdLimit { get; private set; }

    /// <summary>Bytes of the longest token.</summary>
    public int LongestToken { get; private set; }

    /// <summary>A token, in the order of their adding.</summary>
    public ReadOnlySpan<byte> Token(int index) => _text.AsSpan(_starts[index], _starts[index + 1] - _starts[index]);

    /// <summary>The id of a token, in the order of their adding.</summary>
    public int Id(int index) => _ids[index];

    /// <summary>The id of a token.</summary>
    /// <returns>The id, or -1.</returns>
    public int Find(ReadOnlySpan<byte> token)
    {
        int mask = _slots.Length - 1;
        for (int slot = (int)(Utf8Hash.Of(token) >> 20) & mask; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            int index = _slots[slot] - 1;
            if (Token(index).SequenceEqual(token)) return _ids[index];
        }

        return -1;
    }

    /// <summary>Adds a token.</summary>
    /// <returns>False, and nothing changed, when it is there.</returns>
    public bool TryAdd(ReadOnlySpan<byte> token, int id)
    {
        if (2 * (Count + 1) > _slots.Length) Grow();
        int mask = _slots.Length - 1, slot = (int)(Utf8Hash.Of(token) >> 20) & mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & mask)
            if (Token(_slots[slot] - 1).SequenceEqual(token)) return false;

        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Math.Max(16, 2 * Count));
            Array.Resize(ref _starts, _ids.Length + 1);
        }

        int end = checked(_textLength + token.Length);
        if (end > _text.Length) Array.Resize(ref _text, (int)Math.Min(Array.MaxLength, Math.Max(2L * _text.Length, end)));
        token.CopyTo(_text.AsSpan(_textLength));
        _textLength = end;
        _ids[Count] = id;
        _slots[slot] = ++Count;
        _starts[Count] = end;
        IdLimit = Math.Max(IdLimit, id + 1);
        LongestToken = Math.Max(LongestToken, token.Length);
        return true;
    }

    /// <summary>Reads an object of tokens and ids.</summary>
    /// <exception cref="EngineException">An id is no whole number, or two tokens have one id: exit 4.</exception>
    public static Utf8Vocabulary Read(TokenizerJson vocab)
    {
        vocab.Require(JsonValueKind.Object, "an object of tokens and ids");
        var read = new Utf8Vocabulary(vocab.Value.GetPropertyCount());
        var owners = new Dictionary<int, int>(read._ids.Length);
        foreach (JsonProperty property in vocab.Value.EnumerateObject())
        {
            ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8PropertyName(property);
            ReadOnlySpan<byte> token = raw.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(vocab.NameOf(property)) : raw;
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetInt32(out int id) || id is < 0 or int.MaxValue)
                throw vocab.Refuse("TYPE", $"the token \"{property.Name}\" has {property.Value.GetRawText()}, expected an id: a whole number from 0 to {int.MaxValue - 1}.");
            if (!owners.TryAdd(id, read.Count))
                throw vocab.Refuse("DUPLICATE", $"the tokens \"{Encoding.UTF8.GetString(read.Token(owners[id]))}\" and \"{property.Name}\" both have id {id}, expected an id for each. The file is damaged.");
            if (!read.TryAdd(token, id)) throw vocab.Refuse("DUPLICATE", $"the token \"{property.Name}\" stands there twice, expected once. The file is damaged.");
        }

        return read;
    }

    private static int SlotsFor(int tokens) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2L * tokens + 2));

    private void Grow()
    {
        _slots = new int[2 * _slots.Length];
        int mask = _slots.Length - 1;
        for (int index = 0; index < Count; index++)
        {
            int slot = (int)(Utf8Hash.Of(Token(index)) >> 20) & mask;
            while (_slots[slot] != 0) slot = (slot + 1) & mask;
            _slots[slot] = index + 1;
        }
    }
}
