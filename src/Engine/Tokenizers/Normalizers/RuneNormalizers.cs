using System.Text;

namespace Engine.Tokenizers.Normalizers;

/// <summary>Lower case of every character by itself, as Rust's <c>char::to_lowercase</c> has it: no word-final sigma, and a dot of its own for the capital I with dot.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> source = text.Text;
        text.Begin();
        for (int at = 0; at < source.Length;)
        {
            at += Runes.Decode(source, at, out int rune);
            if (rune < 0x80)
            {
                text.Write(rune is >= 'A' and <= 'Z' ? rune | 0x20 : rune);
            }
            else if (rune == 0x130)
            {
                text.Write('i');
                text.Write(0x307);
            }
            else
            {
                int lower = ReferenceUnicode.LowerOfNew(rune);
                text.Write(lower >= 0 ? lower : Rune.ToLowerInvariant(new Rune(rune)).Value);
            }
        }

        text.End();
    }
}

/// <summary>Leaves out marks: the non-spacing ones (Mn), or all of them (M).</summary>
internal sealed class AccentNormalizer(bool nonSpacingOnly) : Normalizer
{
    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> source = text.Text;
        if (Ascii.IsValid(source)) return;
        text.Begin();
        for (int at = 0; at < source.Length;)
        {
            int length = Runes.Decode(source, at, out int rune);
            if (nonSpacingOnly ? ReferenceUnicode.IsNonSpacingMark(rune) : ReferenceUnicode.IsMark(rune)) text.Drop();
            else text.Write(source.Slice(at, length));
            at += length;
        }

        text.End();
    }
}

/// <summary>Control characters left out and odd white space as spaces, as neural machine translation has it.</summary>
internal sealed class NmtNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> source = text.Text;
        text.Begin();
        for (int at = 0; at < source.Length;)
        {
            int length = Runes.Decode(source, at, out int rune);
            if (rune is >= 0x01 and <= 0x08 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or 0x8F or 0x9F) text.Drop();
            else if (rune is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD) text.Write(' ');
            else text.Write(source.Slice(at, length));
            at += length;
        }

        text.End();
    }
}

/// <summary>White space left out at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> source = text.Text;
        int start = 0, end = source.Length;
        while (left && start < end)
        {
            int length = Runes.Decode(source, start, out int rune);
            if ((Runes.ClassOf(rune) & RuneClass.Space) == 0) break;
            start += length;
        }

        while (right && start < end)
        {
            int last = Runes.Before(source, end);
            Runes.Decode(source, last, out int rune);
            if ((Runes.ClassOf(rune) & RuneClass.Space) == 0) break;
            end = last;
        }

        text.Keep(start, end - start);
    }
}

/// <summary>A text put before every text that is not empty.</summary>
internal sealed class PrependNormalizer(string prepend) : Normalizer
{
    private readonly byte[] _prepend = Encoding.UTF8.GetBytes(prepend);

    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> source = text.Text;
        if (source.IsEmpty) return;
        text.Begin();
        text.Write(_prepend);
        text.Write(source);
        text.End();
    }
}
