using System.Numerics;

namespace Engine.Tokenizers;

/// <summary>From a pair of numbers to another pair, packed into 16 bytes a slot: the merges of byte-pair encoding, and the edges of a trie.</summary>
/// <remarks>Built by one thread; afterwards any number of threads may read.</remarks>
internal sealed class PairTable
{
    /// <summary>What a look-up gives for a pair that is not there. It is above every value.</summary>
    public const ulong Absent = ulong.MaxValue;

    private ulong[] _keys;
    private ulong[] _values;
    private int _count;

    /// <summary>Makes an empty one.</summary>
    /// <param name="pairs">How many pairs to make room for.</param>
    public PairTable(int pairs)
    {
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, pairs + pairs / 2L));
        (_keys, _values) = (new ulong[slots], new ulong[slots]);
        Array.Fill(_values, Absent);
    }

    /// <summary>The value of a pair.</summary>
    /// <returns><c>high &lt;&lt; 32 | low</c> as it was set, or <see cref="Absent"/>.</returns>
    public ulong Find(int first, int second)
    {
        ulong key = Pack(first, second);
        ulong[] keys = _keys, values = _values;
        int mask = keys.Length - 1, slot = (int)(Utf8Hash.Of(key) >> 20) & mask;
        while (values[slot] != Absent)
        {
            if (keys[slot] == key) return values[slot];
            slot = (slot + 1) & mask;
        }

        return Absent;
    }

    /// <summary>Sets the value of a pair; an earlier one is replaced.</summary>
    /// <param name="first">The pair's first number, not negative.</param>
    /// <param name="second">Its second.</param>
    /// <param name="high">The value's high half, below 2^31.</param>
    /// <param name="low">Its low half.</param>
    public void Set(int first, int second, int high, int low)
    {
        if (3L * (_count + 1) > 2L * _keys.Length) Grow();
        if (Put(Pack(first, second), Pack(high, low))) _count++;
    }

    private static ulong Pack(int high, int low) => (ulong)(uint)high << 32 | (uint)low;

    private bool Put(ulong key, ulong value)
    {
        int mask = _keys.Length - 1, slot = (int)(Utf8Hash.Of(key) >> 20) & mask;
        while (_values[slot] != Absent && _keys[slot] != key) slot = (slot + 1) & mask;
        bool isNew = _values[slot] == Absent;
        (_keys[slot], _values[slot]) = (key, value);
        return isNew;
    }

    private void Grow()
    {
        (ulong[] keys, ulong[] values) = (_keys, _values);
        (_keys, _values) = (new ulong[2 * keys.Length], new ulong[2 * keys.Length]);
        Array.Fill(_values, Absent);
        for (int i = 0; i < keys.Length; i++)
            if (values[i] != Absent) Put(keys[i], values[i]);
    }
}
