using System.Runtime.CompilerServices;

namespace Engine.Kernels.Algorithms;

/// <summary>64-bit hashes of text features: multiply and xor-shift per rune, then the finaliser of splitmix64.</summary>
/// <remarks>Arithmetic on 64-bit integers alone: the same on every machine. Every kind of feature begins with its own seed.</remarks>
internal static class FeatureHash
{
    /// <summary>What a word begins with.</summary>
    public const ulong WordSeed = 0x243F6A8885A308D3;

    /// <summary>What a character n-gram begins with.</summary>
    public const ulong NGramSeed = 0x13198A2E03707344;

    /// <summary>The one feature of a text without words.</summary>
    public const ulong OfEmptyText = 0xA4093822299F31D0;

    private const ulong PairSeed = 0x082EFA98EC4E6C89;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    /// <summary>Adds a rune.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extend(ulong hash, int rune)
    {
        hash = (hash ^ (uint)rune) * Multiplier;
        return hash ^ (hash >> 32);
    }

    /// <summary>The feature of two neighbouring words, in their order.</summary>
    public static ulong OfPair(ulong first, ulong second) => Finish((Finish(first ^ PairSeed) * Multiplier) ^ second);

    /// <summary>Spreads every bit over all 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Finish(ulong hash)
    {
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return hash ^ (hash >> 31);
    }
}
