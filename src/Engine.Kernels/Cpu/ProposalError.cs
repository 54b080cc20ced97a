using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>How far float32 proposals may lie from the canonical values: the constants of the error analysis.</summary>
/// <remarks>
/// u = 2^-24. A dot product whose terms go through at most n roundings each satisfies |computed - exact| &lt;= gamma(n) |x||y| with
/// gamma(n) = n u / (1 - n u), by the standard model and Cauchy-Schwarz, fused or not (Higham 2002, section 3.1); products that fall
/// below the normal range add at most 2^-149 each. A canonical float64 value lies within (dim + 32) 2^-52 of the exact one, relative to
/// the sum of its absolute terms: that many roundings of 2^-53, doubled for the terms of second order.
/// </remarks>
internal static class ProposalError
{
    /// <summary>u: half a unit in the last place of a float32 near 1.</summary>
    public const double Unit = 1.0 / (1 << 24);

    /// <summary>2^-149: no float32 product loses more to underflow.</summary>
    public const double Underflow = float.Epsilon;

    /// <summary>Magnitudes up to here cannot overflow in a float32 sum that Cauchy-Schwarz bounds by them.</summary>
    public const double SafeMagnitude = 1e37;

    /// <summary>Lengths between which what 8-bit estimates lose to underflow or overflow need not be thought of.</summary>
    public const double ShortestEstimated = 1e-12, LongestEstimated = 1e12;

    /// <summary>gamma(n) = n u / (1 - n u).</summary>
    public static double Gamma(int roundings) => roundings * Unit / (1 - (roundings * Unit));

    /// <summary>The canonical float64 error relative to the sum of absolute terms.</summary>
    public static double Canonical(int dim) => (dim + 32.0) / (1L << 52);

    /// <summary>A float32 at or above a value, and no more than a few units in the last place above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float RoundUp(double value)
    {
        // Which way a value is rounded cannot be foretold, so it is raised first. The branch is for what is below the normal range; MathF.BitIncrement is no inline code.
        float near = (float)(value + (2 * Unit * Math.Abs(value)));
        int bits = BitConverter.SingleToInt32Bits(near);
        return near < value ? BitConverter.Int32BitsToSingle(bits >= 0 ? bits + 1 : bits - 1) : near;
    }

    /// <summary>The greatest float32 at or below a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float RoundDown(double value)
    {
        float near = (float)value;
        return near > value ? MathF.BitDecrement(near) : near;
    }

    /// <summary>Of some proposals, a bit for each, those within a margin of the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe uint NearLowest(float* proposals, uint mask, double margin)
    {
        float lowest = float.PositiveInfinity;
        for (uint rest = mask; rest != 0; rest &= rest - 1) lowest = Math.Min(lowest, proposals[BitOperations.TrailingZeroCount(rest)]);
        float limit = RoundUp(lowest + margin);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
            if (proposals[BitOperations.TrailingZeroCount(rest)] > limit) mask ^= rest & (~rest + 1);
        return mask;
    }
}
