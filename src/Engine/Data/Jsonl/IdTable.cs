using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Engine.Data.Jsonl;

/// <summary>Finds rows by id without keeping ids: 64-bit hashes in memory, equality decided on the bytes in the file.</summary>
/// <param name="equals">Whether a row's id is exactly the given text.</param>
internal sealed class IdTable(IdTable.IdEquals equals)
{
    // Hashes are seeded anew in every process, so that no file can be made to collide.
    private static readonly ulong Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    private readonly ChunkedList<ulong> _hashes = new();
    private int[] _slots = new int[1024];

    /// <summary>Whether a row's id is exactly the given UTF-8 text.</summary>
    internal delegate bool IdEquals(int row, ReadOnlySpan<byte> id);

    /// <summary>Adds the id of the next row.</summary>
    /// <param name="id">The id's UTF-8 text, unescaped.</param>
    /// <returns>The row that has the same id already, or -1 when the id is new and now known.</returns>
    public int Add(ReadOnlySpan<byte> id)
    {
        if (_hashes.Count >= _slots.Length / 2) Grow();
        ulong hash = Hash(id);
        int slot = Locate(id, hash, out int found);
        if (found >= 0) return found;
        _hashes.Add(hash);
        _slots[slot] = _hashes.Count;
        return -1;
    }

    /// <summary>The row with an id, or -1.</summary>
    public int Find(ReadOnlySpan<byte> id)
    {
        Locate(id, Hash(id), out int found);
        return found;
    }

    private int Locate(ReadOnlySpan<byte> id, ulong hash, out int found)
    {
        int mask = _slots.Length - 1;
        for (int slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            found = _slots[slot] - 1;
            if (found < 0 || _hashes[found] == hash && equals(found, id)) return slot;
        }
    }

    private void Grow()
    {
        int[] slots = new int[checked(_slots.Length * 2)];
        int mask = slots.Length - 1;
        for (int row = 0; row < _hashes.Count; row++)
        {
            int slot = (int)_hashes[row] & mask;
            while (slots[slot] != 0) slot = (slot + 1) & mask;
            slots[slot] = row + 1;
        }

        _slots = slots;
    }

    // Folded 64 x 64 -> 128 bit products, eight bytes at a time.
    private static ulong Hash(ReadOnlySpan<byte> text)
    {
        ulong hash = Mix(Seed, (ulong)text.Length);
        for (; text.Length >= 8; text = text[8..]) hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(text));
        ulong rest = 0;
        for (int i = text.Length - 1; i >= 0; i--) rest = rest << 8 | text[i];
        return Mix(hash, rest);
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        ulong high = Math.BigMul(hash ^ 0x9e3779b97f4a7c15, value ^ BitOperations.RotateLeft(hash, 32) ^ 0xd6e8feb86659fd93, out ulong low);
        return high ^ low;
    }
}
