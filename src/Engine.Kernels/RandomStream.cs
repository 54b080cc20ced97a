using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Engine.Kernels;

/// <summary>A reproducible stream of random numbers that belongs to one name: xoshiro256**, seeded by SHA-256 of (seed, name).</summary>
/// <remarks>Every step draws from its own stream, so adding a step never changes what another one draws. Source: Blackman and Vigna 2018 for the generator.</remarks>
public sealed class RandomStream
{
    /// <summary>Below one in so many, a sample keeps only what it swapped; a table entry costs about as much as ten plain places.</summary>
    private const int SparseShare = 16;

    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Opens the stream of a name.</summary>
    /// <param name="seed">The plan's seed.</param>
    /// <param name="name">Who draws: the step's name, with <c>/restart-2</c> and the like for streams within it.</param>
    public RandomStream(long seed, string name)
    {
        byte[] key = new byte[8 + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteInt64LittleEndian(key, seed);
        Encoding.UTF8.GetBytes(name, key.AsSpan(8));
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(key, digest);
        _s0 = BinaryPrimitives.ReadUInt64LittleEndian(digest);
        _s1 = BinaryPrimitives.ReadUInt64LittleEndian(digest[8..]);
        _s2 = BinaryPrimitives.ReadUInt64LittleEndian(digest[16..]);
        _s3 = BinaryPrimitives.ReadUInt64LittleEndian(digest[24..]);
    }

    /// <summary>The generator's four words: a stream with the same ones draws the same numbers.</summary>
    internal ulong[] State
    {
        get => [_s0, _s1, _s2, _s3];
        set => (_s0, _s1, _s2, _s3) = (value[0], value[1], value[2], value[3]);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number in [0, 1), uniform over multiples of 2^-53.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1L << 53));

    /// <summary>An integer in [0, <paramref name="bound"/>), exactly uniform.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is below 1.</exception>
    public long NextBelow(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        ulong limit = (ulong)bound;
        ulong high = Math.BigMul(NextBits(), limit, out ulong low);
        if (low < limit)
        {
            // Reject the few products that would favour small results (Lemire 2019).
            ulong reject = (0 - limit) % limit;
            while (low < reject) high = Math.BigMul(NextBits(), limit, out low);
        }

        return (long)high;
    }

    /// <summary>The first <paramref name="count"/> places of a random permutation of 0 .. <paramref name="bound"/> - 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or over the bound.</exception>
    public int[] Sample(int bound, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, bound);
        return count < bound / SparseShare ? SparseSample(bound, count) : DenseSample(bound, count);
    }

    private int[] DenseSample(int bound, int count)
    {
        int[] places = new int[bound];
        for (int i = 0; i < bound; i++) places[i] = i;
        for (int i = 0; i < count; i++)
        {
            int j = i + (int)NextBelow(bound - i);
            (places[i], places[j]) = (places[j], places[i]);
        }

        return places[..count];
    }

    /// <summary>The same shuffle, keeping only the places that were swapped: memory follows what is wanted, not what there is.</summary>
    private int[] SparseSample(int bound, int count)
    {
        int[] drawn = new int[count];
        Dictionary<int, int> swapped = new(count);
        for (int i = 0; i < count; i++)
        {
            int j = i + (int)NextBelow(bound - i);
            drawn[i] = swapped.GetValueOrDefault(j, j);
            swapped[j] = swapped.GetValueOrDefault(i, i);
        }

        return drawn;
    }
}
