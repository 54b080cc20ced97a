using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Data.Jsonl;

/// <summary>Writes the text of JSON strings that were found valid, 64 bytes at a time.</summary>
internal static class JsonUnescape
{
    /// <summary>The UTF-8 text of a string.</summary>
    /// <param name="raw">The bytes between the quotes.</param>
    /// <param name="text">At least as long as <paramref name="raw"/>; bytes behind the text may be written too.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(ReadOnlySpan<byte> raw, Span<byte> text)
    {
        int at = 0, written = 0;
        if (Avx512Vbmi2.IsSupported) Squeeze(raw, text, ref at, ref written);
        else CopyRuns(raw, text, ref at, ref written);
        WriteUpTo(raw.Length, raw, text, ref at, ref written);
        return written;
    }

    // Backslashes are squeezed out of each block without a branch on where they are: in ordinary text they come too irregularly to be foreseen.
    private static void Squeeze(ReadOnlySpan<byte> raw, Span<byte> text, ref int at, ref int written)
    {
        ulong carry = 0;
        while (at + TextBlock.Bytes <= raw.Length)
        {
            Vector512<byte> block = Vector512.Create(raw.Slice(at, TextBlock.Bytes));
            ulong backslashes = TextBlock.Equal(block, '\\'), carried = carry;
            ulong behind = JsonString.BehindEscapes(backslashes, ref carry);
            if ((TextBlock.Equal(block, 'u') & behind) != 0)
            {
                int end = at + TextBlock.Bytes;
                at -= (int)carried;
                WriteUpTo(end, raw, text, ref at, ref written);
                carry = 0;
                continue;
            }

            ulong kept = ~backslashes | behind;
            Vector512<byte> characters = Vector512.ConditionalSelect(TextBlock.Mask(behind), TextBlock.Unescaped(block), block);
            Avx512Vbmi2.Compress(Vector512<byte>.Zero, TextBlock.Mask(kept), characters).CopyTo(text.Slice(written, TextBlock.Bytes));
            written += BitOperations.PopCount(kept);
            at += TextBlock.Bytes;
        }

        // The rest begins with the backslash.
        at -= (int)carry;
    }

    // A block is copied from wherever a run without escapes begins; what is copied beyond its end is written over.
    private static void CopyRuns(ReadOnlySpan<byte> raw, Span<byte> text, ref int at, ref int written)
    {
        while (at + TextBlock.Bytes <= raw.Length)
        {
            int start = at, end = at + TextBlock.Bytes;
            Vector512<byte> block = Vector512.Create(raw.Slice(at, TextBlock.Bytes));
            block.CopyTo(text.Slice(written, TextBlock.Bytes));
            for (ulong backslashes = TextBlock.Equal(block, '\\'); backslashes != 0; backslashes &= ulong.MaxValue << at - start)
            {
                int run = start + BitOperations.TrailingZeroCount(backslashes) - at;
                at += run;
                written += run;
                WriteEscape(raw, text, ref at, ref written);
                if (at + TextBlock.Bytes > raw.Length) return;
                if (at >= end) break;
                Vector512.Create(raw.Slice(at, TextBlock.Bytes)).CopyTo(text.Slice(written, TextBlock.Bytes));
            }

            if (at < end) (written, at) = (written + end - at, end);
        }
    }

    // One run and one escape after the other; the last escape may end behind the end.
    private static void WriteUpTo(int end, ReadOnlySpan<byte> raw, Span<byte> text, ref int at, ref int written)
    {
        while (at < end)
        {
            ReadOnlySpan<byte> run = raw[at..end];
            int plain = run.IndexOf((byte)'\\');
            if (plain >= 0) run = run[..plain];
            run.CopyTo(text[written..]);
            at += run.Length;
            written += run.Length;
            if (plain >= 0) WriteEscape(raw, text, ref at, ref written);
        }
    }

    private static void WriteEscape(ReadOnlySpan<byte> raw, Span<byte> text, ref int at, ref int written)
    {
        byte character = JsonText.Character(raw[at + 1]);
        if (character != 0)
        {
            text[written++] = character;
            at += 2;
            return;
        }

        written += JsonText.Decode(raw[at..], out int length).EncodeToUtf8(text[written..]);
        at += length;
    }
}
