using System.Buffers;
using System.Text;

namespace Engine.Steps;

/// <summary>What steps ask of valid UTF-8 text. White space is Unicode's, as strings have it.</summary>
internal static class Utf8Text
{
    /// <summary>Unicode code points.</summary>
    public static long Characters(ReadOnlySpan<byte> text)
    {
        // Every byte but those that go on with a character, 0x80 to 0xBF: the numbers below -64 with a sign.
        long following = 0;
        foreach (byte value in text) following += (sbyte)value < -64 ? 1 : 0;
        return text.Length - following;
    }

    /// <summary>Maximal runs without white space.</summary>
    public static long Words(ReadOnlySpan<byte> text)
    {
        long words = 0;
        bool inside = false;
        for (int at = 0; at < text.Length;)
        {
            bool space;
            if (text[at] < 0x80)
            {
                space = IsAsciiSpace(text[at++]);
            }
            else
            {
                Rune.DecodeFromUtf8(text[at..], out Rune rune, out int length);
                space = Rune.IsWhiteSpace(rune);
                at += length;
            }

            if (!space && !inside) words++;
            inside = !space;
        }

        return words;
    }

    /// <summary>The text without white space around it.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => Trim(text, separators: false);

    /// <summary>The text without surrounding white space as Python defines it: the four ASCII separators, U+001C to U+001F, count too.</summary>
    public static ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> text) => Trim(text, separators: true);

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text, bool separators)
    {
        while (Rune.DecodeFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done && IsSpace(rune, separators)) text = text[length..];
        while (Rune.DecodeLastFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done && IsSpace(rune, separators)) text = text[..^length];
        return text;
    }

    private static bool IsSpace(Rune rune, bool separators) => Rune.IsWhiteSpace(rune) || separators && rune.Value is >= 0x1c and <= 0x1f;

    private static bool IsAsciiSpace(byte value) => value == ' ' || value - '\t' is >= 0 and <= '\r' - '\t';
}
