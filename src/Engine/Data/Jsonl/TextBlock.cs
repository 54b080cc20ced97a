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

    /// <summary>What every byte stands for behind a backslash; a byte that is no control character's letter stands for itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Unescaped(Vector512<byte> block)
    {
        Vector512<byte> characters = Replace(block, block, 'n', '\n');
        characters = Replace(block, characters, 't', '\t');
        characters = Replace(block, characters, 'r', '\r');
        characters = Replace(block, characters, 'b', '\b');
        return Replace(block, characters, 'f', '\f');
    }

    /// <summary>All bits of the bytes whose bits are set, none of the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Mask(ulong bits)
    {
        Vector512<byte> spread = Vector512.Shuffle(Vector512.Create(bits).AsByte(), Eighths);
        Vector512<byte> single = Vector512.Create(0x8040201008040201).AsByte();
        return Vector512.Equals(spread & single, single);
    }

    private static Vector512<byte> Eighths => Vector512.Create(
        0x0000000000000000UL, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303, 0x0404040404040404, 0x0505050505050505, 0x0606060606060606, 0x0707070707070707).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Replace(Vector512<byte> block, Vector512<byte> characters, char letter, char character) =>
        Vector512.ConditionalSelect(Vector512.Equals(block, Vector512.Create((byte)letter)), Vector512.Create((byte)character), characters);
}
