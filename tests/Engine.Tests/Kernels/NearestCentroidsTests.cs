using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Repeated assignment remembers what it saw, and still gives the canonically nearest centroid every time.</summary>
public class NearestCentroidsTests
{
    private const long Plenty = 1 << 24;

    [Theory]
    [InlineData(1, 20, 1)]
    [InlineData(5, 17, 100)]
    [InlineData(16, 64, 300)]
    [InlineData(33, 100, 300)]
    [InlineData(70, 300, 200)]
    [InlineData(530, 40, 50)]
    public void CentroidsThatSettleDown(int dim, int k, int count)
    {
        foreach (string set in Cases.SetNames)
        {
            foreach (ElementType element in Cases.Elements)
            {
                using TestRows rows = new(Clustered(count, dim, k, seed: dim), dim, element, Cases.ScaleOf(element), padding: 4, longestBlock: 111);
                double[] scales = [.. Cases.Norms(rows).Select(norm => norm == 0 ? 1 : 1 / norm)];
                Follow(set, rows, [], Walk(Cases.Values(k, k * dim), step: .3f), Plenty);
                Follow(set, rows, scales, Walk(Cases.Values(k, k * dim), step: .01f), Plenty);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void LittleMemoryMakesLargeGroups(string set)
    {
        const int Dim = 12, K = 260, Count = 400, Least = 68 * Count;
        using TestRows rows = new(Clustered(Count, Dim, K, seed: 3), Dim);
        foreach (long bytes in new[] { 0L, Least - 1, Least, 2 * Least, Plenty })
        {
            long looked = Follow(set, rows, [], Walk(Clustered(K, Dim, K, seed: 3), step: 1e-3f), bytes);
            if (bytes < Least) Assert.Equal(12L * Count * K, looked);
        }
    }

    [Theory]
    [MemberData(nameof(Cases.ProcessorSets), MemberType = typeof(Cases))]
    public void WhatBoundsRuleOutIsNotLookedAt(string set)
    {
        const int Dim = 24, K = 320, Count = 2000;
        using TestRows rows = new(Clustered(Count, Dim, K, seed: 5), Dim);
        long looked = Follow(set, rows, [], Walk(Clustered(K, Dim, K, seed: 5), step: 1e-3f), Plenty);
        Assert.InRange(looked, (long)Count * K, 4L * Count * K);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void MostCentroidsStay(string set)
    {
        const int Dim = 20, K = 96, Count = 1500;
        using TestRows rows = new(Clustered(Count, Dim, K, seed: 15), Dim, longestBlock: 400);
        double[] scales = [.. Enumerable.Range(0, Count).Select(r => 1 + (r % 3 / 50.0))];
        float[][] walk = Walk(Clustered(K, Dim, K, seed: 15), step: .5f);
        for (int t = 1; t < walk.Length; t++)
            for (int c = 0; c < K; c++)
                if ((c + t) % 5 != 0) walk[t - 1].AsSpan(c * Dim, Dim).CopyTo(walk[t].AsSpan(c * Dim));
        Follow(set, rows, scales, walk, Plenty);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void JumpsTiesAndStandstill(string set)
    {
        const int Dim = 9, K = 50, Count = 150;
        float[] values = Clustered(Count, Dim, K, seed: 7), first = Clustered(K, Dim, K, seed: 7);
        using TestRows rows = new(values, Dim);
        float[] twins = [.. first];
        for (int c = 1; c < K; c += 2) twins.AsSpan((c - 1) * Dim, Dim).CopyTo(twins.AsSpan(c * Dim));
        float[] swapped = [.. twins[^Dim..], .. twins[Dim..^Dim], .. twins[..Dim]];
        float[] jumped = [.. first];
        values.AsSpan(0, Dim).CopyTo(jumped.AsSpan(20 * Dim));
        float[] far = Array.ConvertAll(first, v => v * 1e30f);
        Follow(set, rows, [], [first, first, twins, twins, swapped, first, jumped, jumped, far, first, first], Plenty);
    }

    [Theory]
    [InlineData(1e38f, 1)]
    [InlineData(1e19f, 1)]
    [InlineData(1e-23f, 1)]
    [InlineData(1e-38f, 1e38)]
    [InlineData(1, 0)]
    [InlineData(1, -2.5)]
    public void Magnitudes(float size, double scale)
    {
        const int Dim = 21, K = 40, Count = 90;
        using TestRows rows = new(Array.ConvertAll(Clustered(Count, Dim, K, seed: 9), v => v / 20 * size), Dim);
        double[] scales = [.. Enumerable.Repeat(scale, Count)];
        float[][] walk = Walk(Clustered(K, Dim, K, seed: 9), step: .05f);
        foreach (string set in Cases.SetNames) Follow(set, rows, scales, Array.ConvertAll(walk, c => Array.ConvertAll(c, v => v / 20 * (float)(size * scale))), Plenty);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void ALargeCommonOffset(string set)
    {
        const int Dim = 40, K = 64, Count = 120;
        using TestRows rows = new(Array.ConvertAll(Clustered(Count, Dim, K, seed: 11), v => 1e4f + (v / 50)), Dim);
        float[][] walk = Walk(Clustered(K, Dim, K, seed: 11), step: .05f);
        Follow(set, rows, [], Array.ConvertAll(walk, c => Array.ConvertAll(c, v => 1e4f + (v / 50))), Plenty);
    }

    [Fact]
    public void ACallThatWasCutShortIsForgotten()
    {
        const int Dim = 8, K = 40, Count = 500;
        using TestRows rows = new(Clustered(Count, Dim, K, seed: 13), Dim, longestBlock: 50);
        float[][] walk = Walk(Clustered(K, Dim, K, seed: 13), step: .02f);
        using IKernels kernels = KernelSets.Best(1);
        using INearestCentroids session = kernels.NearestCentroids(rows, [], K, Plenty);
        int[] nearest = new int[Count];
        double[] squared = new double[Count];
        session.Assign(walk[0], nearest, squared, Pass.Unwatched);
        using CancellationTokenSource cancel = new();
        Assert.Throws<OperationCanceledException>(() => session.Assign(walk[1], nearest, squared, new Pass(new Stopper(cancel), cancel.Token)));
        session.Assign(walk[2], nearest, squared, Pass.Unwatched);
        Same(rows, [], walk[2], nearest, squared);
    }

    /// <summary>Assigns under every set of centroids and compares with the oracle.</summary>
    /// <returns>Distances looked at.</returns>
    internal static long Follow(string set, TestRows rows, double[] scales, float[][] centroids, long bytes)
    {
        int n = (int)rows.Rows;
        int[] nearest = new int[n];
        double[] squared = new double[n];
        using IKernels kernels = Cases.Open(set, 2);
        using INearestCentroids session = kernels.NearestCentroids(rows, scales, centroids[0].Length / rows.Dim, bytes);
        foreach (float[] now in centroids)
        {
            using GuardedArray<float> guarded = new(now);
            session.Assign(guarded.Span, nearest, squared, Pass.Unwatched);
            Same(rows, scales, now, nearest, squared);
        }

        return session.DistancesComputed;
    }

    private static void Same(TestRows rows, double[] scales, float[] centroids, int[] nearest, double[] squared)
    {
        double[][] all = Array.ConvertAll(Cases.Split(centroids, rows.Dim), c => Array.ConvertAll(c, v => (double)v));
        for (int r = 0; r < nearest.Length; r++)
            Assert.Equal(Oracle.Nearest(rows.Decoded[r], scales.Length == 0 ? 1 : scales[r], all), (nearest[r], squared[r]));
    }

    /// <summary>Twelve sets of centroids whose moves grow ever smaller, some of them none, one of them long.</summary>
    internal static float[][] Walk(float[] start, float step)
    {
        float[][] walk = new float[12][];
        walk[0] = start;
        for (int t = 1; t < walk.Length; t++)
        {
            float[] noise = Cases.Values(100 + t, start.Length);
            float length = step / t * (t == 6 ? 30 : 1);
            walk[t] = [.. walk[t - 1].Select((v, i) => i % 3 == t % 3 ? v : v + (noise[i] * length))];
        }

        return walk;
    }

    /// <summary>Points around a few of the places that <paramref name="k"/> centroids of the same seed begin at.</summary>
    private static float[] Clustered(int count, int dim, int k, int seed)
    {
        float[] places = Cases.Values(seed, k * dim), noise = Cases.Values(seed + 1, count * dim);
        for (int i = 0; i < noise.Length; i++) noise[i] = places[(i / dim % k * dim) + (i % dim)] + (noise[i] / 16);
        return noise;
    }

    private sealed class Stopper(CancellationTokenSource cancel) : IProgress<WorkDone>
    {
        public void Report(WorkDone value) => cancel.Cancel();
    }
}
