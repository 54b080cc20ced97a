using System.Buffers;
using System.Text;
using Engine.Tokenizers.Normalizers;

namespace Engine.Tokenizers;

/// <summary>A token that is looked for in the text before anything else.</summary>
/// <param name="Text">What it looks like.</param>
/// <param name="Id">Its id.</param>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="TakesLeft">White space before it belongs to it.</param>
/// <param name="TakesRight">White space behind it belongs to it.</param>
/// <param name="Normalized">It is looked for in the normalized text, as normalized itself.</param>
internal sealed record AddedToken(string Text, int Id, bool SingleWord, bool TakesLeft, bool TakesRight, bool Normalized);

/// <summary>Finds added tokens in a text: the leftmost first, among those that begin at one place the longest.</summary>
internal sealed class AddedTokens
{
    private const int MostBytes = 4096;

    private readonly PairTable _children = new(64);
    private readonly List<AddedToken?> _tokenAt = [null];
    private readonly SearchValues<byte> _firstBytes;

    private AddedTokens(List<AddedToken> tokens, Normalizer? normalizer)
    {
        HashSet<byte> firstBytes = [];
        var normalized = new NormalizedText();
        foreach (AddedToken token in tokens)
        {
            byte[] text = Encoding.UTF8.GetBytes(token.Text);
            if (normalizer is not null)
            {
                normalized.Set(text, atStart: true);
                normalizer.Apply(normalized);
                text = normalized.Text.ToArray();
            }

            if (text.Length == 0) continue;
            firstBytes.Add(text[0]);
            int node = 0;
            foreach (byte value in text)
            {
                ulong child = _children.Find(node, value);
                if (child == PairTable.Absent)
                {
                    child = (ulong)_tokenAt.Count;
                    _children.Set(node, value, 0, _tokenAt.Count);
                    _tokenAt.Add(null);
                }

                node = (int)child;
            }

            // Of two that look alike once normalized, the first is found.
            _tokenAt[node] ??= token;
        }

        _firstBytes = SearchValues.Create([.. firstBytes]);
    }

    /// <summary>Reads the file's added tokens.</summary>
    /// <param name="json">The array <c>added_tokens</c>, or nothing.</param>
    /// <param name="vocabulary">The model's tokens.</param>
    /// <exception cref="EngineException">An id is not the one that the reference would give, or a token stands there twice: exit 4.</exception>
    public static List<AddedToken> Read(TokenizerJson json, Utf8Vocabulary vocabulary)
    {
        List<AddedToken> tokens = [];
        if (json.IsNull) return tokens;
        HashSet<string> seen = [];
        int next = vocabulary.Count;
        foreach (TokenizerJson place in json.Items())
        {
            place.RequireKeys("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            string text = place["content"].Text();
            int id = place["id"].Whole();
            if (text.Length == 0) continue;
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            if (bytes.Length > MostBytes) throw place["content"].Refuse("RANGE", $"found a token of {bytes.Length} bytes, expected at most {MostBytes}.");
            if (!seen.Add(text)) throw place["content"].Refuse("DUPLICATE", $"the added token \"{text}\" stands there twice, expected once. The file is damaged.");

            // An added token that the vocabulary has goes by the vocabulary's id; a new one gets the next number.
            int known = vocabulary.Find(bytes), expected = known >= 0 ? known : next;
            if (id != expected) throw place["id"].Refuse("ID", $"the added token \"{text}\" has id {id}, expected {expected}: {(known >= 0 ? "the id that the vocabulary gives it" : "the next one behind the vocabulary and the added tokens before it")}. Save the tokenizer again with its library.");
            if (id >= next) next = id + 1;
            bool special = place["special"].Flag(false);
            tokens.Add(new AddedToken(text, id, place["single_word"].Flag(false), place["lstrip"].Flag(false), place["rstrip"].Flag(false), place["normalized"].Flag(!special)));
        }

        return tokens;
    }

    /// <summary>A finder of some tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="normalizer">What they are normalized with, or null to look for them as they are.</param>
    /// <returns>Null when there are none.</returns>
    public static AddedTokens? Of(List<AddedToken> tokens, Normalizer? normalizer) => tokens.Count == 0 ? null : new AddedTokens(tokens, normalizer);

    /// <summary>Finds the next token.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="from">Where to look from.</param>
    /// <param name="done">Behind what the last one found took; white space before that is not taken again.</param>
    /// <param name="start">Where the token begins, with the white space that belongs to it.</param>
    /// <param name="end">Where it ends, likewise.</param>
    /// <param name="next">Where to look from next.</param>
    /// <returns>The token, or null when there is none.</returns>
    public AddedToken? Find(ReadOnlySpan<byte> text, int from, int done, out int start, out int end, out int next)
    {
        (start, end, next) = (text.Length, text.Length, text.Length);
        while (from < text.Length && text[from..].IndexOfAny(_firstBytes) is >= 0 and int ahead)
        {
            from += ahead;
            if (Longest(text, from, out int length) is not { } token)
            {
                from++;
                continue;
            }

            (start, end) = (from, from + length);
            from = next = end;
            if (token.SingleWord && (start > 0 && IsWordBefore(text, start) || end < text.Length && IsWordAt(text, end))) continue;
            if (token.TakesLeft)
            {
                while (start > 0 && IsSpaceAt(text, Runes.Before(text, start))) start = Runes.Before(text, start);
                start = Math.Max(start, done);
            }

            if (token.TakesRight)
            {
                while (end < text.Length && IsSpaceAt(text, end)) end += Runes.Length(text[end]);
            }

            return token;
        }

        return null;
    }

    private AddedToken? Longest(ReadOnlySpan<byte> text, int from, out int length)
    {
        AddedToken? longest = null;
        length = 0;
        int node = 0;
        for (int at = from; at < text.Length; at++)
        {
            ulong child = _children.Find(node, text[at]);
            if (child == PairTable.Absent) break;
            node = (int)child;
            if (_tokenAt[node] is { } token) (longest, length) = (token, at + 1 - from);
        }

        return longest;
    }

    private static bool IsWordBefore(ReadOnlySpan<byte> text, int end) => IsWordAt(text, Runes.Before(text, end));

    private static bool IsWordAt(ReadOnlySpan<byte> text, int at)
    {
        Runes.Decode(text, at, out int rune);
        return (Runes.ClassOf(rune) & RuneClass.Word) != 0;
    }

    private static bool IsSpaceAt(ReadOnlySpan<byte> text, int at)
    {
        Runes.Decode(text, at, out int rune);
        return (Runes.ClassOf(rune) & RuneClass.Space) != 0;
    }
}
