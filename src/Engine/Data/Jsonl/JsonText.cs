using System.Globalization;
using System.Text.Json;

namespace Engine.Data.Jsonl;

/// <summary>The escapes in JSON strings.</summary>
internal static class JsonText
{
    /// <summary>The UTF-8 text of a string that was found valid.</summary>
    /// <param name="raw">The bytes between the quotes.</param>
    public static byte[] Unescape(ReadOnlySpan<byte> raw)
    {
        byte[] quoted = new byte[raw.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        raw.CopyTo(quoted.AsSpan(1));
        Utf8JsonReader reader = new(quoted);
        reader.Read();
        byte[] text = new byte[raw.Length];
        return text[..reader.CopyString(text)];
    }

    /// <summary>The first <c>\uD800</c>-<c>\uDFFF</c> escape that is not part of a pair.</summary>
    /// <param name="raw">The bytes between the quotes of a string that is valid JSON.</param>
    /// <returns>The escape's offset, or -1.</returns>
    public static int FindLoneSurrogate(ReadOnlySpan<byte> raw)
    {
        if (raw.IndexOf("\\u"u8) < 0) return -1;
        for (int at = 0; ;)
        {
            int next = raw[at..].IndexOf((byte)'\\');
            if (next < 0) return -1;
            at += next;
            if (raw[at + 1] != 'u')
            {
                at += 2;
                continue;
            }

            int unit = Unit(raw, at);
            if (unit is >= 0xd800 and < 0xdc00)
            {
                bool paired = at + 12 <= raw.Length && raw[at + 6] == '\\' && raw[at + 7] == 'u' && Unit(raw, at + 6) is >= 0xdc00 and < 0xe000;
                if (!paired) return at;
                at += 12;
            }
            else if (unit is >= 0xdc00 and < 0xe000)
            {
                return at;
            }
            else
            {
                at += 6;
            }
        }
    }

    private static int Unit(ReadOnlySpan<byte> raw, int at) =>
        int.Parse(raw.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
