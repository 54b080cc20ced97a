using System.Runtime.Intrinsics;
using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>8-bit estimates only propose: the canonically nearest centroid is found whatever rows and centroids are like, and estimates are used where they pay.</summary>
public class EstimatedCentroidsTests
{
    private const long Plenty = 1 << 24;

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void Embeddings(string set)
    {
        foreach ((int dim, int k) in new[] { (64, 64), (83, 70), (130, 133) })
        {
            (float[] values, float[] centroids) = EstimateTests.Embeddings(dim, 230, k, dim);
            float[] twins = [.. centroids];
            for (int c = 1; c < k; c += 2) twins.AsSpan((c - 1) * dim, dim).CopyTo(twins.AsSpan(c * dim));
            foreach (ElementType element in Cases.Elements)
            {
                using TestRows rows = new(values, dim, element, Cases.ScaleOf(element), padding: 4, longestBlock: 111);
                double[] unit = Array.ConvertAll(Cases.Norms(rows), norm => 1 / norm);
                foreach (long bytes in new[] { 0, Plenty })
                {
                    NearestCentroidsTests.Follow(set, rows, [], [.. NearestCentroidsTests.Walk(centroids, step: .1f)[..4], twins], bytes);
                    NearestCentroidsTests.Follow(set, rows, unit, [centroids, twins], bytes);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void RowsAndCentroidsThatQuantiseBadly(string set)
    {
        const int Dim = 83;
        foreach ((string _, float[] values, float[] centroids) in EstimateTests.BadCases(Dim, 60))
        {
            using TestRows rows = new(values, Dim);
            float[] half = Array.ConvertAll(centroids, v => v / 2), fewLong = [.. centroids.Select((v, i) => i / Dim % 9 == 0 ? v : v * 1e-3f)];
            NearestCentroidsTests.Follow(set, rows, [], [centroids, half, fewLong, centroids], Plenty);
            foreach (double scale in new[] { 0, -2.5, 1e-30, 1e30 }) NearestCentroidsTests.Follow(set, rows, [.. Enumerable.Repeat(scale, (int)rows.Rows)], [centroids], 0);
        }
    }

    [Theory]
    [InlineData("cpu-512")]
    [InlineData("cpu-256")]
    [InlineData("cpu-128")]
    [InlineData("cpu-scalar")]
    public void TheyAreUsedWhereTheyPayAndNotWhereTheyDoNot(string set)
    {
        if (!Cases.SetNames.Contains(set)) return;
        const int Dim = 128, Count = 4000, K = 256;
        float[] centroids = Cases.Values(44, K * Dim), values = [.. Cases.Values(45, Count * Dim).Select((noise, i) => centroids[i % centroids.Length] + (noise / 4))];
        bool has = set is "cpu-512" or "cpu-256";
        if (has) Assert.InRange(Estimated(set, values, centroids, Dim), Count / 2, Count);
        else Assert.Equal(0, Estimated(set, values, centroids, Dim));

        // Centroids that differ by less than 8 bits can tell; too few of them; too few elements.
        float[] alike = [.. centroids.Select((v, i) => centroids[(i / Dim % 2 * 7 * Dim) + (i % Dim)] + (v * 1e-4f))];
        Assert.InRange(Estimated(set, values, alike, Dim), 0, Count / 20);
        Assert.Equal(0, Estimated(set, values, centroids[..(63 * Dim)], Dim));
        Assert.Equal(0, Estimated(set, values, centroids, Dim / 4));
    }

    /// <summary>Rows for which estimates were enough in one sweep.</summary>
    private static long Estimated(string set, float[] values, float[] centroids, int dim) => set switch
    {
        "cpu-512" => Estimated<Lanes512, Vector512<float>, Double512x2>(values, centroids, dim),
        "cpu-256" => Estimated<Lanes256, Float256x2, Double256x4>(values, centroids, dim),
        "cpu-128" => Estimated<Lanes128, Float128x4, Double128x8>(values, centroids, dim),
        _ => Estimated<LanesScalar, Float16Lanes, Double16Lanes>(values, centroids, dim),
    };

    private static unsafe long Estimated<TLanes, TFloat, TDouble>(float[] values, float[] centroids, int dim)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged
    {
        using TestRows rows = new(values, dim);
        int[] nearest = new int[rows.Rows], order = [.. Enumerable.Range(0, centroids.Length / dim)];
        double[] squared = new double[rows.Rows];

        // All arrays stay fixed until the sweep is done.
        fixed (float* from = centroids)
        fixed (int* to = nearest)
        fixed (double* distances = squared)
        {
            using CentroidColumns<TLanes, TFloat, TDouble> columns = new(from, order, dim, groupPanels: 1, estimated: true);
            CentroidJob<TLanes, TFloat, TDouble> job = new(rows, null, columns, to, distances, null, isFirst: true, Pass.Unwatched);
            Workers.Run(1, rows.Rows, rows.Rows, "rows", Pass.Unwatched, () => new CentroidSweep<TLanes, TFloat, TDouble, Float32Element>(job));
            return job.Estimated;
        }
    }
}
