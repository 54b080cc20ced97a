using System.Globalization;

namespace Engine.Tokenizers;

/// <summary>Where the character tables that Hugging Face's library is built with differ from the runtime's, which are newer.</summary>
/// <remarks>
/// Found by comparing what the two make of every assigned character. Models were trained with the library's tables, so they count: an older table does not know the characters
/// that Unicode added later, and has some in another category.
/// </remarks>
internal static class ReferenceUnicode
{
    // Inclusive ranges in hexadecimal digits, ascending.
    private static readonly int[] _nonSpacingMarks = Ranges(
        "7FD 897-89F 8CA-8E1 9FE AFA-AFF B55 C04 C3C D00 D3B-D3C D81 EBA ECE 1734 180F 1885-1886 1ABF-1ACE 1DF6-1DFB A82C A8C5 A8FF A9BD 10D24-10D27 "
        + "10D69-10D6D 10EAB-10EAC 10EFC-10EFF 10F46-10F50 10F82-10F85 11070 11073-11074 110C2 111C9 111CF 1123E 11241 1133B 113BB-113C0 113CE 113D0 113D2 "
        + "113E1-113E2 11438-1143F 11442-11444 11446 1145E 1171E 1182F-11837 11839-1183A 1193B-1193C 1193E 11943 119D4-119D7 119DA-119DB 119E0 11A01-11A0A "
        + "11A33-11A38 11A3B-11A3E 11A47 11A51-11A56 11A59-11A5B 11A8A-11A96 11A98-11A99 11C30-11C36 11C38-11C3D 11C3F 11C92-11CA7 11CAA-11CB0 11CB2-11CB3 "
        + "11CB5-11CB6 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D90-11D91 11D95 11D97 11EF3-11EF4 11F00-11F01 11F36-11F3A 11F40 11F42 11F5A 13440 "
        + "13447-13455 1611E-16129 1612D-1612F 16F4F 16FE4 1CF00-1CF2D 1CF30-1CF46 1E000-1E006 1E008-1E018 1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F 1E130-1E136 "
        + "1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1E944-1E94A");

    private static readonly int[] _marks = Ranges(
        "7FD 897-89F 8CA-8D3 9FE AFA-AFF B55 C04 C3C CF3 D00 D3B-D3C D81 EBA ECE 1715 180F 1ABF-1ACE 1CF2-1CF3 1CF7 1DF6-1DFA A82C A8FF 10D24-10D27 10D69-10D6D "
        + "10EAB-10EAC 10EFC-10EFF 10F46-10F50 10F82-10F85 11070 11073-11074 110C2 11145-11146 111C9 111CE-111CF 11241 1133B 113B8-113C0 113C2 113C5 113C7-113CA "
        + "113CC-113D0 113D2 113E1-113E2 1145E 1182C-1183A 11930-11935 11937-11938 1193B-1193E 11940 11942-11943 119D1-119D7 119DA-119E0 119E4 11A01-11A0A "
        + "11A33-11A39 11A3B-11A3E 11A47 11A51-11A5B 11A8A-11A99 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D8A-11D8E 11D90-11D91 11D93-11D97 11EF3-11EF6 "
        + "11F00-11F01 11F03 11F34-11F3A 11F3E-11F42 11F5A 13440 13447-13455 1611E-1612F 16F4F 16F7F-16F87 16FE4 16FF0-16FF1 1CF00-1CF2D 1CF30-1CF46 1E08F "
        + "1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF");

    private static readonly int[] _punctuation = Ranges(
        "61D 9FD A76 C77 C84 166D 1B4E-1B4F 1B7D-1B7F 2E43-2E4F 2E52-2E5D 10D6E 10EAD 10F55-10F59 10F86-10F89 111C9 113D4-113D5 113D7-113D8 1144B-1144F "
        + "1145A-1145B 1145D 11660-1166C 116B9 1183B 11944-11946 119E2 11A3F-11A46 11A9A-11A9C 11A9E-11AA2 11B00-11B09 11BE1 11C41-11C45 11C70-11C71 11EF7-11EF8 "
        + "11F43-11F4F 11FFF 12FF1-12FF2 16D6D-16D6F 16E97-16E9A 16FE2 1E5FF 1E95E-1E95F");

    private static readonly int[] _formats = Ranges("890-891 8E2 110CD 13430-1343F");

    private static readonly int[] _compatible = Ranges(
        "32FF A7F2-A7F4 AB69 10781-10785 10787-107B0 107B2-107BA 1E030-1E06D 1F16C 1FBF0-1FBF9");

    private static readonly int[] _capitals = Ranges("1C89 A7CB-A7CC A7CE A7D2 A7D4 A7DA A7DC 10D50-10D65 16EA0-16EB8");

    /// <summary>Whether BERT's normalizer takes a character for a non-spacing mark.</summary>
    public static bool IsNonSpacingMark(int rune) => Runes.Category(rune) == UnicodeCategory.NonSpacingMark != Contains(_nonSpacingMarks, rune);

    /// <summary>Whether a character counts as a mark.</summary>
    public static bool IsMark(int rune) => Runes.IsMark(Runes.Category(rune)) != Contains(_marks, rune);

    /// <summary>Whether a character counts as punctuation, ASCII aside.</summary>
    public static bool IsPunctuation(int rune) => Runes.IsPunctuation(Runes.Category(rune)) != Contains(_punctuation, rune);

    /// <summary>Whether a character counts as a control, a format or one for private use.</summary>
    public static bool IsOther(int rune) =>
        Runes.Category(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse && !Contains(_formats, rune);

    /// <summary>Whether the compatibility forms leave a character alone that has a decomposition by now.</summary>
    public static bool IsKeptByCompatibility(int rune) => Contains(_compatible, rune);

    /// <summary>The small letter of a capital that Unicode 16 or 17 added, which the system may not know.</summary>
    /// <returns>-1 for any other character.</returns>
    public static int LowerOfNew(int rune)
    {
        if (rune < 0x1C89 || !Contains(_capitals, rune)) return -1;
        return rune switch
        {
            0xA7CB => 0x264,
            0xA7DC => 0x19B,
            >= 0x10D50 and <= 0x10D65 => rune + 0x20,
            >= 0x16EA0 => rune + 0x1B,
            _ => rune + 1,
        };
    }

    private static bool Contains(int[] ranges, int rune)
    {
        int at = Array.BinarySearch(ranges, rune);
        return at >= 0 || (~at & 1) == 1;
    }

    private static int[] Ranges(string text) =>
        [.. text.Split(' ').SelectMany(range => range.Split('-') is [var from, .., var to] ? new[] { from, to } : [range, range]).Select(end => int.Parse(end, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];
}
