using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Algorithms;

/// <summary>Finds a value that about a sixty-fourth of all rows' bounds lie above: from rows at equal intervals, so that it is the same in every run.</summary>
/// <param name="rows">Rows that count.</param>
/// <param name="least">Bounds below this count as 0.</param>
internal sealed class BoundSample(int rows, double least)
{
    private const int Sampled = 2048;
    private const int Share = 64;

    /// <summary>Neighbours that are asked together: their bounds lie in one cache line.</summary>
    private static readonly int Together = Vector512<double>.Count;

    private readonly double[] _highest = new double[Sampled / Share];
    private readonly int _stride = Together * Math.Max(1, (rows + Sampled - 1) / Sampled);

    /// <summary>The lower end of the highest part of the bounds; 0 when that part is all that is left.</summary>
    /// <param name="squared">Bounds by row.</param>
    /// <param name="within">The rows that count, or null for all.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Threshold(ReadOnlySpan<double> squared, int[]? within)
    {
        // The highest so far, ascending: few bounds get in among them, which costs less than to sort all.
        Span<double> highest = _highest.AsSpan(0, Math.Max(1, rows / (_stride / Together) / Share));
        highest.Clear();
        int count = 0;
        Vector512<double> low = Vector512.Create(least);
        Span<double> some = stackalloc double[Vector512<double>.Count];
        for (int from = 0; from < rows; from += _stride)
        {
            ReadOnlySpan<double> asked = some;
            if (within is null && rows - from >= Together)
            {
                asked = squared.Slice(from, Together);
            }
            else
            {
                // Rows that are not there count as nothing.
                some.Fill(double.NaN);
                for (int i = from; i < Math.Min(from + Together, rows); i++) some[i - from] = squared[within is null ? i : within[i]];
            }

            Vector512<double> bounds = Vector512.Create(asked), counted = Vector512.GreaterThanOrEqual(bounds, low);
            count += BitOperations.PopCount(counted.ExtractMostSignificantBits());
            ulong higher = (counted & Vector512.GreaterThan(bounds, Vector512.Create(highest[0]))).ExtractMostSignificantBits();
            for (; higher != 0; higher &= higher - 1) Insert(highest, asked[BitOperations.TrailingZeroCount(higher)]);
        }

        return count <= highest.Length ? 0 : highest[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Insert(Span<double> highest, double bound)
    {
        if (bound <= highest[0]) return;
        int place = 0;
        for (; place + 1 < highest.Length && highest[place + 1] < bound; place++) highest[place] = highest[place + 1];
        highest[place] = bound;
    }
}
