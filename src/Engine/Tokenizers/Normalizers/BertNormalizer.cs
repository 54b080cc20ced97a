namespace Engine.Tokenizers.Normalizers;

/// <summary>What BERT does to a text: control characters left out and white space as spaces, spaces around Han characters, no accents, lower case; each if it is asked for.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseChars, bool stripAccents, bool lowercase) : Normalizer
{
    private readonly UnicodeFormNormalizer? _decompose = stripAccents ? UnicodeFormNormalizer.Of("NFD") : null;
    private readonly AccentNormalizer _accents = new(nonSpacingOnly: true);
    private readonly LowercaseNormalizer _lowercase = new();

    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        if (cleanText || handleChineseChars) Clean(text);
        if (_decompose is not null)
        {
            _decompose.Apply(text);
            _accents.Apply(text);
        }

        if (lowercase) _lowercase.Apply(text);
    }

    private void Clean(NormalizedText text)
    {
        ReadOnlySpan<byte> source = text.Text;
        text.Begin();
        for (int at = 0; at < source.Length;)
        {
            int length = Runes.Decode(source, at, out int rune);
            if (cleanText && IsDropped(rune))
            {
                text.Drop();
            }
            else if (cleanText && (Runes.ClassOf(rune) & RuneClass.Space) != 0)
            {
                text.Write(' ');
            }
            else if (handleChineseChars && IsHan(rune))
            {
                text.Write(' ');
                text.Write(rune);
                text.Write(' ');
            }
            else
            {
                text.Write(source.Slice(at, length));
            }

            at += length;
        }

        text.End();
    }

    private static bool IsDropped(int rune)
    {
        if (rune is '\t' or '\n' or '\r') return false;
        if (rune is >= ' ' and <= '~') return false;
        return rune is 0 or 0xFFFD || ReferenceUnicode.IsOther(rune);
    }

    private static bool IsHan(int rune) => rune is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF
        or >= 0x2A700 and <= 0x2B73F or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;
}
