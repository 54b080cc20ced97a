using System.Text;

namespace Engine.Tokenizers.Normalizers;

/// <summary>Every occurrence of a text, or match of a pattern, replaced by a text.</summary>
internal sealed class ReplaceNormalizer : Normalizer
{
    private readonly TextPattern _pattern;
    private readonly byte[] _content;

    /// <summary>Reads the pattern and what replaces it.</summary>
    /// <exception cref="EngineException">The pattern is one that this runtime does not have: exit 4.</exception>
    public ReplaceNormalizer(TokenizerJson pattern, TokenizerJson content)
    {
        _pattern = TextPattern.Read(pattern);
        string text = content.Text();
        if (_pattern is RegexPattern && text.Contains('$', StringComparison.Ordinal))
            throw content.Unsupported("a replacement with \"$\" behind a regular expression, which some versions of the reference take for a group", "a replacement without it");
        _content = Encoding.UTF8.GetBytes(text);
    }

    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        var matches = new List<(int Start, int Length)>();
        ReadOnlySpan<byte> source = text.Text;
        _pattern.Find(source, matches);
        if (matches.Count == 0) return;
        text.Begin();
        int done = 0;
        foreach ((int start, int length) in matches)
        {
            text.Write(source[done..start]);
            if (_content.Length == 0) text.Drop();
            text.Write(_content);
            done = start + length;
        }

        text.Write(source[done..]);
        text.End();
    }
}
