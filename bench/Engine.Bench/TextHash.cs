using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Engine.Bench;

/// <summary>One number that no reader can know without having touched every byte of every text, and cheap enough not to be what is timed.</summary>
/// <remarks>FNV-1a over 64-bit words, two for every text: the sum modulo 2^64 of the text's little-endian words, the last one filled up with zeros, and its length in bytes.</remarks>
internal static class TextHash
{
    /// <summary>Where it starts: FNV's offset basis.</summary>
    public const ulong Start = 0xcbf29ce484222325;

    private const ulong Prime = 0x100000001b3;

    /// <summary>Goes on with one text.</summary>
    public static ulong Add(ulong hash, ReadOnlySpan<byte> text) => ((hash ^ Sum(text)) * Prime ^ (ulong)text.Length) * Prime;

    private static ulong Sum(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<Vector256<ulong>> fours = MemoryMarshal.Cast<byte, Vector256<ulong>>(text);
        Vector256<ulong> a = default, b = default;
        int i = 0;
        for (; i + 1 < fours.Length; i += 2)
        {
            a += fours[i];
            b += fours[i + 1];
        }

        if (i < fours.Length) a += fours[i];
        ulong sum = Vector256.Sum(a + b);
        text = text[(fours.Length * Vector256<byte>.Count)..];
        for (; text.Length >= sizeof(ulong); text = text[sizeof(ulong)..]) sum += BinaryPrimitives.ReadUInt64LittleEndian(text);
        ulong last = 0;
        for (int at = text.Length; --at >= 0;) last = last << 8 | text[at];
        return sum + last;
    }
}
