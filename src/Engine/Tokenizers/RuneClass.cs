using System.Globalization;
using System.Text;

namespace Engine.Tokenizers;

/// <summary>What tokenizers ask of a character. Categories are those of the runtime's own tables, which do not depend on the machine.</summary>
[Flags]
internal enum RuneClass : byte
{
    /// <summary>None of the others.</summary>
    Other = 0,

    /// <summary>A letter (L).</summary>
    Letter = 1,

    /// <summary>A number (N).</summary>
    Number = 2,

    /// <summary>White space: the Unicode property White_Space.</summary>
    Space = 4,

    /// <summary>Carriage return or line feed.</summary>
    LineEnd = 8,

    /// <summary>Punctuation (P), or an ASCII character that is neither letter, digit, space nor control.</summary>
    Punctuation = 16,

    /// <summary>A word character of regular expressions: alphabetic, mark, decimal digit, connector punctuation, zero-width joiners.</summary>
    Word = 32,

    /// <summary>A number, by a newer table: with the digits of Unicode 17.</summary>
    Numeric = 64,
}

/// <summary>Characters of valid UTF-8 and their classes.</summary>
internal static class Runes
{
    private static readonly RuneClass[] _basic = Classify();

    /// <summary>The class of a character.</summary>
    public static RuneClass ClassOf(int rune) => rune <= char.MaxValue ? _basic[rune] : Classify(rune);

    /// <summary>Decodes one character of valid UTF-8.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="at">Where a character begins.</param>
    /// <param name="rune">The character.</param>
    /// <returns>Its bytes.</returns>
    public static int Decode(ReadOnlySpan<byte> text, int at, out int rune)
    {
        int first = text[at];
        if (first < 0x80)
        {
            rune = first;
            return 1;
        }

        if (first < 0xE0)
        {
            rune = (first & 0x1F) << 6 | text[at + 1] & 0x3F;
            return 2;
        }

        if (first < 0xF0)
        {
            rune = (first & 0x0F) << 12 | (text[at + 1] & 0x3F) << 6 | text[at + 2] & 0x3F;
            return 3;
        }

        rune = (first & 0x07) << 18 | (text[at + 1] & 0x3F) << 12 | (text[at + 2] & 0x3F) << 6 | text[at + 3] & 0x3F;
        return 4;
    }

    /// <summary>The bytes of the character that begins with this byte, in valid UTF-8.</summary>
    public static int Length(byte first) => first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    /// <summary>Where the character that ends before a place begins, in valid UTF-8.</summary>
    public static int Before(ReadOnlySpan<byte> text, int end)
    {
        do end--;
        while ((sbyte)text[end] < -64);
        return end;
    }

    /// <summary>The category of a character.</summary>
    public static UnicodeCategory Category(int rune) => CharUnicodeInfo.GetUnicodeCategory(rune);

    /// <summary>Whether a category is one of letters.</summary>
    public static bool IsLetter(UnicodeCategory category) => category <= UnicodeCategory.OtherLetter;

    /// <summary>Whether a category is one of marks.</summary>
    public static bool IsMark(UnicodeCategory category) => category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>Whether a category is one of numbers.</summary>
    public static bool IsNumber(UnicodeCategory category) => category is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Whether a category is one of punctuation.</summary>
    public static bool IsPunctuation(UnicodeCategory category) => category is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    /// <summary>Symbols that count as alphabetic: letters in circles and squares.</summary>
    public static bool IsAlphabeticSymbol(int rune) => rune is >= 0x24B6 and <= 0x24E9 or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189;

    private static RuneClass[] Classify()
    {
        var classes = new RuneClass[char.MaxValue + 1];
        for (int rune = 0; rune < classes.Length; rune++) classes[rune] = Classify(rune);
        return classes;
    }

    private static RuneClass Classify(int rune)
    {
        UnicodeCategory category = Category(rune);
        RuneClass result = RuneClass.Other;
        if (IsLetter(category)) result |= RuneClass.Letter;
        if (IsNumber(category)) result |= RuneClass.Number;
        if (IsNumber(category) || rune is >= 0x11DE0 and <= 0x11DE9 or >= 0x16FF4 and <= 0x16FF6) result |= RuneClass.Numeric;
        if (Rune.IsValid(rune) && Rune.IsWhiteSpace(new Rune(rune))) result |= RuneClass.Space;
        if (rune is '\r' or '\n') result |= RuneClass.LineEnd;
        if (ReferenceUnicode.IsPunctuation(rune) || rune is >= '!' and <= '/' or >= ':' and <= '@' or >= '[' and <= '`' or >= '{' and <= '~') result |= RuneClass.Punctuation;
        bool isWord = IsLetter(category) || IsMark(category) || IsAlphabeticSymbol(rune)
            || category is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation || rune is 0x200C or 0x200D;
        return isWord ? result | RuneClass.Word : result;
    }
}
