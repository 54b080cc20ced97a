namespace Engine.Data.Jsonl;

/// <summary>The escapes in JSON strings.</summary>
internal static class JsonText
{
    /// <summary>Bytes of an escape by number: <c>\u</c> and four hexadecimal digits.</summary>
    public const int UnitLength = 6;

    /// <summary>The UTF-8 text of a string that was found valid.</summary>
    /// <param name="raw">The bytes between the quotes.</param>
    public static byte[] Unescape(ReadOnlySpan<byte> raw)
    {
        byte[] text = new byte[raw.Length];
        return text[..Unescape(raw, text)];
    }

    /// <summary>Writes the UTF-8 text of a string that was found valid.</summary>
    /// <param name="raw">The bytes between the quotes.</param>
    /// <param name="text">At least as long as <paramref name="raw"/>.</param>
    /// <returns>Bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> text)
    {
        int written = 0;
        for (; ; )
        {
            int plain = raw.IndexOf((byte)'\\');
            if (plain < 0) break;
            raw[..plain].CopyTo(text[written..]);
            written += plain;
            raw = raw[plain..];
            int length = EscapeLength(raw);
            if (length == 2) text[written++] = Character(raw[1]);
            else written += CodePoint(raw, length).EncodeToUtf8(text[written..]);
            raw = raw[length..];
        }

        raw.CopyTo(text[written..]);
        return written + raw.Length;
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

    private static System.Text.Rune CodePoint(ReadOnlySpan<byte> raw, int length) => length == UnitLength
        ? new System.Text.Rune((char)Unit(raw))
        : new System.Text.Rune((char)Unit(raw), (char)Unit(raw[UnitLength..]));

    // What \b, \f, \n, \r, \t, \", \\ and \/ stand for; 0 for anything else.
    private static byte Character(byte letter) => letter switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'"' or (byte)'\\' or (byte)'/' => letter,
        (byte)'t' => (byte)'\t',
        (byte)'r' => (byte)'\r',
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        _ => 0,
    };

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
}
