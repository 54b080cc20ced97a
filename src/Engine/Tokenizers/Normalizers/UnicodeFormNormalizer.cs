using System.Buffers;
using System.Text;
using Engine.Data;

namespace Engine.Tokenizers.Normalizers;

/// <summary>A Unicode normalisation form. Text that every form leaves alone, or that is plainly in form C, is passed over quickly.</summary>
internal sealed class UnicodeFormNormalizer : Normalizer
{
    private readonly NormalizationForm _form;
    private readonly bool _isFormC;
    private readonly bool _isCompatible;

    private UnicodeFormNormalizer(NormalizationForm form) => (_form, _isFormC, _isCompatible) = (form, form == NormalizationForm.FormC, form is NormalizationForm.FormKC or NormalizationForm.FormKD);

    /// <summary>The normalizer of a form.</summary>
    /// <param name="name"><c>NFC</c>, <c>NFD</c>, <c>NFKC</c> or <c>NFKD</c>.</param>
    /// <exception cref="EngineException">The runtime cannot normalise Unicode. Exit 9.</exception>
    public static UnicodeFormNormalizer Of(string name)
    {
        UnicodeText.RequireNormalization();
        return new UnicodeFormNormalizer(name switch
        {
            "NFC" => NormalizationForm.FormC,
            "NFD" => NormalizationForm.FormD,
            "NFKC" => NormalizationForm.FormKC,
            _ => NormalizationForm.FormKD,
        });
    }

    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        if (Ascii.IsValid(text.Text) || _isFormC && IsPlainlyFormC(text.Text)) return;
        char[] characters = ArrayPool<char>.Shared.Rent(text.Length);
        try
        {
            ReadOnlySpan<char> source = characters.AsSpan(0, Encoding.UTF8.GetChars(text.Text, characters));
            text.Begin();
            int done = 0;
            for (int at = 0; at < source.Length;)
            {
                Rune.DecodeFromUtf16(source[at..], out Rune rune, out int length);
                if (IsKept(rune.Value))
                {
                    Normalize(source[done..at], text);
                    text.Write(rune.Value);
                    done = at + length;
                }

                at += length;
            }

            Normalize(source[done..], text);

            text.End();
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    // U+FFFE is no character: no form changes it, and the runtime refuses text that has it. Nothing composes with it or with the others here.
    private bool IsKept(int rune) => rune == 0xFFFE || _isCompatible && rune >= 0x32FF && ReferenceUnicode.IsKeptByCompatibility(rune) || !_isFormC && rune == 0x11938;

    private void Normalize(ReadOnlySpan<char> source, NormalizedText text)
    {
        char[] normal = ArrayPool<char>.Shared.Rent(source.Length + source.Length / 2 + 64);
        int count;
        while (!source.TryNormalize(normal, out count, _form))
        {
            int larger = 2 * normal.Length;
            ArrayPool<char>.Shared.Return(normal);
            normal = ArrayPool<char>.Shared.Rent(larger);
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(count));
        text.Write(bytes.AsSpan(0, Encoding.UTF8.GetBytes(normal.AsSpan(0, count), bytes)));
        ArrayPool<byte>.Shared.Return(bytes);
        ArrayPool<char>.Shared.Return(normal);
    }

    // Characters below U+0300, most Cyrillic and Hebrew letters, general punctuation, kana, Han and Hangul syllables that nothing composes with:
    // none is a mark, and each is its own form C.
    private static bool IsPlainlyFormC(ReadOnlySpan<byte> text)
    {
        for (int at = 0; at < text.Length;)
        {
            int length = Runes.Decode(text, at, out int rune);
            at += length;
            if (rune < 0x300) continue;
            if (rune is >= 0x400 and <= 0x482 or >= 0x5D0 and <= 0x5EA or >= 0x2010 and <= 0x2027 or >= 0x2030 and <= 0x205E
                or >= 0x3001 and <= 0x3029 or >= 0x3041 and <= 0x3096 or >= 0x30A0 and <= 0x30FA or >= 0x4E00 and <= 0x9FA5 or >= 0xAC00 and <= 0xD7A3) continue;
            return false;
        }

        return true;
    }
}
