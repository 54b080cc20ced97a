using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Data.Jsonl;

/// <summary>Sixty-four bytes of text, and questions about all of them at once. Answers have one bit a byte, the lowest for the first one.</summary>
/// <remarks>A machine without 512-bit vectors answers with two or four narrower ones: the same bits.</remarks>
internal static class TextBlock
{
    /// <summary>Bytes in a block, and the least that a text has.</summary>
    public const int Bytes = 64;

    /// <summary>Takes a block.</summary>
    /// <param name="text">At least <see cref="Bytes"/> long.</param>
    /// <param name="at">Where the block begins in the text.</param>
    /// <param name="earlier">How many bytes earlier it was taken, because the text ends inside it: as many low bits are to be shifted out of every answer.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Take(ReadOnlySpan<byte> text, int at, out int earlier)
    {
        int start = Math.Min(at, text.Length - Bytes);
        earlier = at - start;
        return Vector512.Create(text.Slice(start, Bytes));
    }

    /// <summary>The bytes that are a certain letter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Equal(Vector512<byte> block, char letter) => Vector512.Equals(block, Vector512.Create((byte)letter)).ExtractMostSignificantBits();

    /// <summary>The control characters, below 0x20: never part of a JSON string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Controls(Vector512<byte> block) => Vector512.LessThan(block, Vector512.Create((byte)0x20)).ExtractMostSignificantBits();

    /// <summary>What may stand behind a backslash, <c>u</c> left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong EscapeLetters(Vector512<byte> block) =>
        Equal(block, '"') | Equal(block, '\\') | Equal(block, '/') | Equal(block, 'b') | Equal(block, 'f') | Equal(block, 'n') | Equal(block, 'r') | Equal(block, 't');
}
