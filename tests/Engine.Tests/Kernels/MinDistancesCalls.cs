using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>One call with all its centres, for tests that have no traversal.</summary>
internal static class MinDistancesCalls
{
    /// <summary>Adds the centres and relaxes once.</summary>
    public static void RelaxMinDistances(
        this IKernels kernels, RowSource rows, double[] scales, ReadOnlySpan<int> which, ReadOnlySpan<double> centres, Span<int> seen, Span<double> minSquared, Pass pass, double enough = 0, int[]? nearest = null)
    {
        using IMinDistances distances = kernels.MinDistances(rows, scales);
        for (int at = 0; at < centres.Length; at += rows.Dim) distances.Add(centres.Slice(at, Math.Min(rows.Dim, centres.Length - at)), at / rows.Dim);
        distances.Relax(which, enough, seen, minSquared, nearest, pass);
    }
}
