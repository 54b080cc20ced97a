using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text.Unicode;

namespace Engine.Data.Jsonl;

/// <summary>Finds the end of a JSON string and checks everything inside it, 64 bytes at a time.</summary>
internal static class JsonString
{
    private const ulong OddBits = 0xaaaa_aaaa_aaaa_aaaa;

    /// <summary>Finds the quote that ends a string.</summary>
    /// <param name="line">The bytes, at least <see cref="TextBlock.Bytes"/>.</param>
    /// <param name="start">The string's first byte, behind its quote.</param>
    /// <param name="escaped">Whether it has escapes.</param>
    /// <returns>
    /// The offset of the ending quote, or -1 when there is none or when something between is wrong: a control character, an escape that does not exist,
    /// half a surrogate pair, invalid UTF-8.
    /// </returns>
    public static int FindEnd(ReadOnlySpan<byte> line, int start, out bool escaped)
    {
        escaped = false;
        ulong nonAscii = 0, carry = 0;
        int paired = -1;
        for (int at = start; at < line.Length; at += TextBlock.Bytes)
        {
            Vector512<byte> block = TextBlock.Take(line, at, out int earlier);
            ulong quotes = TextBlock.Equal(block, '"') >> earlier, backslashes = TextBlock.Equal(block, '\\') >> earlier;
            ulong inside = Below(quotes);
            if ((backslashes & inside | carry) != 0)
            {
                escaped = true;
                ulong behind = BehindEscapes(backslashes, ref carry);
                quotes &= ~behind;
                inside = Below(quotes);

                // Nearly every escape is one of these.
                ulong unicode = behind & inside & ~(backslashes | (TextBlock.Equal(block, 'n') | TextBlock.Equal(block, 't') | TextBlock.Equal(block, '"')) >> earlier);
                if (unicode != 0) unicode &= ~(TextBlock.EscapeLetters(block) >> earlier);
                for (; unicode != 0; unicode &= unicode - 1)
                {
                    if (!IsUnicodeEscape(line, at + BitOperations.TrailingZeroCount(unicode) - 1, ref paired)) return -1;
                }
            }

            if ((TextBlock.Controls(block) >> earlier & inside) != 0) return -1;
            nonAscii |= block.ExtractMostSignificantBits() >> earlier & inside;
            if (quotes == 0) continue;
            int end = at + BitOperations.TrailingZeroCount(quotes);
            return nonAscii == 0 || Utf8.IsValid(line[start..end]) ? end : -1;
        }

        return -1;
    }

    // The bits below the lowest one, or all when there is none.
    private static ulong Below(ulong bits) => (bits & (0 - bits)) - 1;

    /// <summary>The bytes of a block that a backslash escapes.</summary>
    /// <param name="backslashes">The block's backslashes.</param>
    /// <param name="carry">1 when the block before ended with a backslash that escapes this one's first byte, else 0; set for the next one.</param>
    /// <remarks>
    /// In a run of backslashes every second one is itself escaped, so the byte behind a run is escaped when the run is odd. A run that begins at an even bit and is subtracted
    /// from the odd bits borrows up to its end; what comes out is alternating bits for either kind of run.
    /// </remarks>
    public static ulong BehindEscapes(ulong backslashes, ref ulong carry)
    {
        ulong beginning = backslashes & ~carry;
        ulong alternating = ((beginning << 1 | OddBits) - beginning) ^ OddBits;
        ulong behind = alternating ^ (backslashes | carry);
        carry = (alternating & backslashes) >> 63;
        return behind;
    }

    // The second half of a pair is checked with the first.
    private static bool IsUnicodeEscape(ReadOnlySpan<byte> line, int backslash, ref int paired)
    {
        if (backslash == paired) return true;
        int length = JsonText.EscapeLength(line[backslash..]);
        if (length == 2 * JsonText.UnitLength) paired = backslash + JsonText.UnitLength;
        return length >= JsonText.UnitLength;
    }
}
