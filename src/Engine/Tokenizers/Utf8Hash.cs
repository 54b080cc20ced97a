using System.Buffers.Binary;
using System.Numerics;

namespace Engine.Tokenizers;

/// <summary>A hash of bytes for tables in memory. Its seed differs from process to process, so that no file can be made to collide; nothing that leaves the process depends on it.</summary>
internal static class Utf8Hash
{
    private const ulong First = 0x9E37_79B9_7F4A_7C15, Second = 0xD6E8_FEB8_6659_FD93;

    private static readonly ulong _seed = (ulong)Random.Shared.NextInt64() | 1;

    /// <summary>The hash of a text.</summary>
    public static ulong Of(ReadOnlySpan<byte> text)
    {
        ulong hash = _seed ^ (ulong)text.Length * First;
        while (text.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[8..];
        }

        ulong rest = 0;
        if (text.Length >= 4) rest = BinaryPrimitives.ReadUInt32LittleEndian(text) | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^4..]) << 32;
        else if (text.Length > 0) rest = text[0] | (ulong)text[text.Length >> 1] << 8 | (ulong)text[^1] << 16;
        return Mix(hash ^ rest);
    }

    /// <summary>The hash of a number.</summary>
    public static ulong Of(ulong number) => Mix(_seed ^ number);

    private static ulong Mix(ulong value)
    {
        value *= Second;
        return BitOperations.RotateLeft(value ^ value >> 29, 23) * First;
    }
}
