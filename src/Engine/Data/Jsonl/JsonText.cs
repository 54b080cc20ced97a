using System.Text;

namespace Engine.Data.Jsonl;

/// <summary>The escapes in JSON strings.</summary>
internal static class JsonText
{
    /// <summary>Bytes of an escape by number: <c>\u</c> and four hexadecimal digits.</summary>
    public const int UnitLength = 6;

    private static readonly byte[] Characters = MakeCharacters();

    /// <summary>The UTF-8 text of a string that was found valid.</summary>
    /// <param name="raw">The bytes between the quotes.</param>
    public static byte[] Unescape(ReadOnlySpan<byte> raw)
    {
        byte[] text = new byte[raw.Length];
        return text[..JsonUnescape.Write(raw, text)];
    }

    /// <summary>Bytes of the escape that the text begins with: 2, or 6 for one by number, or 12 for a surrogate pair.</summary>
    /// <param name="raw">Text that begins with a backslash.</param>
    /// <returns>0 when there is no such escape, or it is half a pair.</returns>
    public static int EscapeLength(ReadOnlySpan<byte> raw)
    {
        if (raw.Length < 2) return 0;
        if (raw[1] != 'u') return Character(raw[1]) == 0 ? 0 : 2;
        int unit = Unit(raw);
        if (unit is < 0 or >= 0xdc00 and < 0xe000) return 0;
        if (unit is < 0xd800 or >= 0xe000) return UnitLength;
        return Unit(raw[UnitLength..]) is >= 0xdc00 and < 0xe000 ? 2 * UnitLength : 0;
    }

    /// <summary>What <c>\b</c>, <c>\f</c>, <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\"</c>, <c>\\</c> and <c>\/</c> stand for; 0 for anything else.</summary>
    /// <param name="letter">The byte behind the backslash.</param>
    public static byte Character(byte letter) => letter < Characters.Length ? Characters[letter] : (byte)0;

    /// <summary>What an escape by number, or a pair of them, stands for.</summary>
    /// <param name="raw">Valid text that begins with it.</param>
    /// <param name="length">Its bytes.</param>
    public static Rune Decode(ReadOnlySpan<byte> raw, out int length)
    {
        length = EscapeLength(raw);
        return length == UnitLength ? new Rune((char)Unit(raw)) : new Rune((char)Unit(raw), (char)Unit(raw[UnitLength..]));
    }

    /// <summary>The first <c>\uD800</c>-<c>\uDFFF</c> escape that is not part of a pair.</summary>
    /// <param name="raw">The bytes between the quotes of a string that is valid JSON.</param>
    /// <returns>The escape's offset, or -1.</returns>
    public static int FindLoneSurrogate(ReadOnlySpan<byte> raw)
    {
        for (int at = 0; ;)
        {
            int next = raw[at..].IndexOf((byte)'\\');
            if (next < 0) return -1;
            at += next;
            int length = EscapeLength(raw[at..]);
            if (length == 0) return at;
            at += length;
        }
    }

    // The code unit of an escape by number, or -1.
    private static int Unit(ReadOnlySpan<byte> raw)
    {
        if (raw.Length < UnitLength || raw[0] != '\\' || raw[1] != 'u') return -1;
        return Digit(raw[2]) << 12 | Digit(raw[3]) << 8 | Digit(raw[4]) << 4 | Digit(raw[5]);
    }

    private static int Digit(byte letter)
    {
        int digit = letter - '0', hex = (letter | 0x20) - 'a';
        return (uint)digit < 10 ? digit : (uint)hex < 6 ? hex + 10 : -1;
    }

    private static byte[] MakeCharacters()
    {
        byte[] characters = new byte[128];
        (characters['"'], characters['\\'], characters['/']) = ((byte)'"', (byte)'\\', (byte)'/');
        (characters['b'], characters['f'], characters['n'], characters['r'], characters['t']) = ((byte)'\b', (byte)'\f', (byte)'\n', (byte)'\r', (byte)'\t');
        return characters;
    }
}
