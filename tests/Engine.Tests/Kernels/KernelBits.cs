using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Every kernel's results on fixed inputs as one hash, and what a child process says about itself.</summary>
internal static class KernelBits
{
    private const int Count = 80;

    /// <summary>A child prints what its runtime really offers, then the hash of every set it can run.</summary>
    public static void Print(TextWriter to)
    {
        to.WriteLine($"Vector512={Vector512.IsHardwareAccelerated}");
        to.WriteLine($"Vector256={Vector256.IsHardwareAccelerated}");
        to.WriteLine($"Vector128={Vector128.IsHardwareAccelerated}");
        to.WriteLine($"Avx512={Avx512F.IsSupported}");
        to.WriteLine($"Avx2={Avx2.IsSupported}");
        to.WriteLine($"Fma={Fma.IsSupported}");
        to.WriteLine($"AdvSimd={AdvSimd.IsSupported}");
        foreach (string name in Cases.SetNames) to.WriteLine($"{name}={Hash(name, 2, 50)}");
    }

    /// <summary>SHA-256 over the bits of all results.</summary>
    public static string Hash(string set, int threads, int longestBlock)
    {
        using IKernels kernels = Cases.Open(set, threads);
        return Hash(kernels, longestBlock);
    }

    /// <summary>The same of a set that is open.</summary>
    public static string Hash(IKernels kernels, int longestBlock)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int dim in new[] { 1, 16, 37, 270 })
            foreach (ElementType element in Cases.Elements) Add(hash, kernels, dim, element, longestBlock);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, IKernels kernels, int dim, ElementType element, int longestBlock)
    {
        const int K = 35;

        // Every third row is another's copy, so that ties are part of the test.
        float[] values = Cases.Values(dim, Count * dim);
        for (int r = 3; r < Count; r += 3) values.AsSpan((r - 3) * dim, dim).CopyTo(values.AsSpan(r * dim, dim));
        for (int r = 0; r < Count; r++) values[r * dim] = values[r * dim] < 0.1f ? 1.5f : values[r * dim];
        using TestRows rows = new(values, dim, element, Cases.ScaleOf(element), padding: 4, longestBlock: longestBlock);

        double[] norms = new double[Count];
        RowFacts facts = kernels.Inspect(rows, norms, Pass.Unwatched);

        // Field by field: what lies between the fields of a structure is left to chance.
        Add(hash, new[] { facts.FirstNonFiniteRow, facts.FirstZeroRow });
        Add(hash, new[] { facts.LargestMagnitude });
        Add(hash, norms);

        float[] pooled = new float[4 * dim];
        foreach (Pooling pooling in Enum.GetValues<Pooling>())
        {
            kernels.Pool(rows, [0, 1, 7, 60, Count], pooling, true, pooled, Pass.Unwatched);
            Add(hash, pooled);
        }

        double[] scales = Array.ConvertAll(norms, norm => 1 / norm);
        float[] centroids = Cases.Values(dim + 1, K * dim);
        int[] nearest = new int[Count];
        double[] squared = new double[Count];
        foreach (double[] scale in new[] { [], scales })
        {
            kernels.AssignNearest(rows, scale, centroids, nearest, squared, Pass.Unwatched);
            long[] sums = new long[K * dim];
            kernels.AccumulateCentroids(rows, scale, nearest, 40, sums, Pass.Unwatched);
            int[] seen = new int[Count];
            double[] least = [.. Enumerable.Repeat(double.PositiveInfinity, Count)];
            double[] centres = Array.ConvertAll(centroids, v => v / 3.0);
            kernels.RelaxMinDistances(rows, scale, [5, 3, 79], centres.AsSpan(0, 6 * dim), seen, least, Pass.Unwatched);
            Add(hash, least);
            kernels.RelaxMinDistances(rows, scale, [], centres, seen, least, Pass.Unwatched);
            Add(hash, nearest);
            Add(hash, squared);
            Add(hash, sums);
            Add(hash, seen);
            Add(hash, least);
        }

        AddJoins(hash, kernels, rows, norms);

        // Enough queries for 8-bit estimates where the rows are long enough.
        int asked = dim > 64 ? 70 : 21;
        QueryGroups queries = new(Cases.Values(dim + 2, asked * dim), dim, [0, 1, 18, asked]);
        ScoreRange[] ranges = kernels.SimilarityRanges(rows, norms, queries, Pass.Unwatched);
        Add(hash, ranges);
        foreach (Combination combination in Enum.GetValues<Combination>())
        {
            ScoreRange[] given = combination == Combination.NormalizedMean ? ranges : [];
            double[] highest = new double[Count];
            RankedRows[] lists = kernels.TopSimilarities(rows, norms, queries, combination, given, 12, Pass.Unwatched, highest: highest);
            Add(hash, highest);
            foreach (RankedRows list in lists)
            {
                Add(hash, list.Rows);
                Add(hash, list.Scores);
                Add(hash, list.Queries ?? []);
            }
        }
    }

    private static void AddJoins(IncrementalHash hash, IKernels kernels, TestRows rows, double[] norms)
    {
        int[] which = [.. Enumerable.Range(0, Count).Where(r => r % 4 != 1).Reverse()], queries = [3, 0, 79, 40, 41, 42, 6];
        double[] covered = [.. Enumerable.Range(0, Count).Select(r => (r % 5 * 0.4) - 1)];
        long[] gains = new long[queries.Length];
        kernels.CoverageGains(rows, norms, covered, queries, 45, gains, Pass.Unwatched);
        Add(hash, gains);
        double[] products = new double[Count * 5];
        kernels.DotProducts(rows, Array.ConvertAll(Cases.Values(9, 5 * rows.Dim), v => v / 3.0), products, Pass.Unwatched);
        Add(hash, products);
        double[] losses = new double[Count];
        kernels.TokenLosses(rows, [.. Enumerable.Range(0, Count).Select(r => r * 7 % rows.Dim)], losses, Pass.Unwatched);
        Add(hash, losses);
        foreach (RankedRows list in (RankedRows[])
            [
                .. kernels.SimilarRows(rows, norms, which, queries, [9, 60, 0, 33, 34, 35, 1], 4, 0.2, Pass.Unwatched),
                .. kernels.SimilarRows(rows, norms, [], queries, [], 7, double.NegativeInfinity, Pass.Unwatched),
                .. kernels.NearestRows(rows, norms, queries, 9, Pass.Unwatched),
            ])
        {
            Add(hash, list.Rows);
            Add(hash, list.Scores);
        }
    }

    private static void Add<T>(IncrementalHash hash, T[] values)
        where T : unmanaged => hash.AppendData(MemoryMarshal.AsBytes<T>(values));
}
