using System.Text;

namespace Engine.Tokenizers;

/// <summary>What a normalizer replaces or a pre-tokenizer cuts at: a text, or a regular expression.</summary>
internal abstract class TextPattern
{
    /// <summary>Finds every match, from left to right, without overlaps.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="matches">Cleared, then given the places in bytes.</param>
    public abstract void Find(ReadOnlySpan<byte> text, List<(int Start, int Length)> matches);

    /// <summary>Reads <c>{"String": ...}</c> or <c>{"Regex": ...}</c>.</summary>
    /// <exception cref="EngineException">Exit 4.</exception>
    public static TextPattern Read(TokenizerJson json)
    {
        json.RequireKeys("String", "Regex");
        (TokenizerJson text, TokenizerJson regex) = (json["String"], json["Regex"]);
        if (text.IsNull == regex.IsNull) throw json.Refuse("TYPE", "found an object without one of \"String\" and \"Regex\", expected exactly one.");
        return regex.IsNull ? new LiteralPattern(text.Text()) : RegexPattern.Read(regex);
    }
}

/// <summary>A text as a pattern.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    private readonly byte[] _literal = Encoding.UTF8.GetBytes(literal);

    /// <inheritdoc/>
    public override void Find(ReadOnlySpan<byte> text, List<(int Start, int Length)> matches)
    {
        matches.Clear();
        if (_literal.Length == 0) return;
        for (int at = 0; text[at..].IndexOf(_literal) is >= 0 and int found; at += found + _literal.Length) matches.Add((at + found, _literal.Length));
    }
}
