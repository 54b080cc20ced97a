using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>Fixed-point sums: half to even, exact for large terms, and the same whoever adds.</summary>
public class CentroidSumsTests
{
    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void HalvesRoundToEven(string set)
    {
        float[] values = [.. Enumerable.Range(-20, 40).Select(i => i / 4f)];
        using TestRows rows = new(values, 40);
        long[] sums = new long[40];
        using IKernels kernels = Cases.Open(set);
        kernels.AccumulateCentroids(rows, [], [0], 1, sums, Pass.Unwatched);
        Assert.Equal(values.Select(v => (long)Math.Round(2.0 * v, MidpointRounding.ToEven)), sums);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void TermsOfAnySizeAreExact(string set)
    {
        // Around 2^51, where rounding by addition ends, and near 2^62, next to small terms in the same group of sixteen.
        float[] values = new float[33];
        for (int j = 0; j < 33; j++) values[j] = j % 5 == 0 ? MathF.ScaleB(1.0000001f, 28 + j) * (j % 2 == 0 ? 1 : -1) : j - 0.5f;
        using TestRows rows = new(values, 33);
        long[] sums = new long[33];
        using IKernels kernels = Cases.Open(set);
        foreach (int bits in new[] { 0, 1, 20, -3, -40 })
        {
            Array.Clear(sums);
            kernels.AccumulateCentroids(rows, bits == 20 ? [1e-7] : [], [0], bits, sums, Pass.Unwatched);
            double scale = bits == 20 ? 1e-7 : 1;
            for (int j = 0; j < 33; j++)
                Assert.Equal((long)Math.Round(scale * values[j] * Math.Pow(2, bits), MidpointRounding.ToEven), sums[j]);
        }
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 7)]
    [InlineData(3, 1)]
    [InlineData(3, 100_000)]
    public void ThreadsAndBlocksChangeNothing(int threads, int block)
    {
        const int Dim = 18, K = 5, Count = 3000;
        using TestRows rows = new(Cases.Values(3, Count * Dim), Dim, longestBlock: block);
        int[] assignments = [.. Enumerable.Range(0, Count).Select(r => (r * 7 % (K + 1)) - 1)];
        long[] expected = new long[K * Dim];
        for (int r = 0; r < Count; r++)
            for (int j = 0; j < Dim && assignments[r] >= 0; j++)
                expected[(assignments[r] * Dim) + j] += (long)Math.Round(rows.Decoded[r][j] * (double)(1L << 30), MidpointRounding.ToEven);

        foreach (string set in Cases.SetNames)
        {
            long[] sums = new long[K * Dim];
            using IKernels kernels = Cases.Open(set, threads);
            kernels.AccumulateCentroids(rows, [], assignments, 30, sums, Pass.Unwatched);
            Assert.Equal(expected, sums);
        }

        // Rows that changed their cluster, left it or came into one are moved; the others are not looked at.
        int[] before = [.. Enumerable.Range(0, Count).Select(r => r % 3 == 0 ? assignments[r] : (r * 5 % (K + 1)) - 1)];
        foreach (string set in Cases.SetNames)
        {
            long[] sums = new long[K * Dim];
            using IKernels kernels = Cases.Open(set, threads);
            kernels.AccumulateCentroids(rows, [], before, 30, sums, Pass.Unwatched);
            Assert.NotEqual(expected, sums);
            kernels.AccumulateCentroids(rows, [], assignments, 30, sums, Pass.Unwatched, before);
            Assert.Equal(expected, sums);
        }

        // The same with one set of sums for all workers, a cluster locked while it grows.
        long[] shared = new long[K * Dim];
        CentroidSums<LanesScalar, Float16Lanes, Double16Lanes, Float32Element>.Run(rows, [], assignments, [], 30, shared, threads, Pass.Unwatched, ownSumsBytes: 0);
        Assert.Equal(expected, shared);
        Assert.Equal(0, rows.Borrowed);
    }
}
