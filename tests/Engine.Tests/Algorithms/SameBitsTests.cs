using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Algorithms end on the same bits for every instruction set, thread count, block size and storage of the same values.</summary>
public sealed class SameBitsTests
{
    private const int Count = 700, Dim = 19;

    [Fact]
    public void Instruction_sets_threads_and_blocks_change_no_bit()
    {
        float[] values = KernelCases.Gaussian(new RandomStream(71, "bits"), Count * Dim);
        string? expected = null;
        foreach (KernelSet set in KernelSets.All.Where(set => set.Supported))
        {
            foreach (int threads in new[] { 1, 3 })
            {
                using IKernels kernels = set.Create(threads);
                using ArrayRows rows = ArrayRows.From(values, Dim);
                using ShortBlocks shards = new(ArrayRows.From(values, Dim), 23);
                expected ??= Digest(rows, kernels);
                Assert.Equal(expected, Digest(rows, kernels));
                Assert.Equal(expected, Digest(shards, kernels));
            }
        }
    }

    [Fact]
    public void Storage_of_the_same_values_changes_no_bit()
    {
        // Whole numbers up to 127 are exact in every element type, also as 1/4 of themselves times 4.
        sbyte[] small = [.. KernelCases.Grid(new RandomStream(72, "storage"), Count * Dim, 255).Select(x => (sbyte)(x - 127))];
        using IKernels kernels = KernelSets.Best(threads: 2);
        using ArrayRows wide = ArrayRows.From(Array.ConvertAll(small, x => x * .25f), Dim);
        using ArrayRows half = ArrayRows.From(Array.ConvertAll(small, x => (Half)(x * .25f)), Dim);
        using ArrayRows brain = ArrayRows.FromBFloat16(Array.ConvertAll(small, x => (ushort)(BitConverter.SingleToUInt32Bits(x * .25f) >> 16)), Dim);
        using ArrayRows bytes = ArrayRows.From(small, Dim, .25f);
        string expected = Digest(wide, kernels);
        Assert.Equal(expected, Digest(half, kernels));
        Assert.Equal(expected, Digest(brain, kernels));
        Assert.Equal(expected, Digest(bytes, kernels));
    }

    [Fact]
    public void A_scale_that_rounds_leaves_every_row_at_distance_0_from_itself()
    {
        sbyte[] small = [.. KernelCases.Grid(new RandomStream(73, "scale"), 60 * Dim, 255).Select(x => (sbyte)(x - 127))];
        using IKernels kernels = KernelSets.Best(threads: 1);
        using ArrayRows rows = ArrayRows.From(small, Dim, scale: .1f);
        foreach (KCenterMetric metric in Enum.GetValues<KCenterMetric>())
        {
            KCenterResult result = KCenterGreedy.Select(rows, new() { Budget = 60, Metric = metric }, kernels, Pass.Unwatched);
            Assert.Equal(Enumerable.Range(0, 60), result.Picks.Order());
            Assert.Equal(0, result.Radii[^1]);
        }
    }

    private static string Digest(RowSource rows, IKernels kernels)
    {
        double[] norms = new double[Count];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        QueryGroups tasks = new(KernelCases.Gaussian(new RandomStream(74, "queries"), 5 * Dim), Dim, [0, 2, 5]);
        List<string> results = [];
        foreach ((bool spherical, int batch, double ratio) in new[] { (false, 0, 0), (true, 0, 0), (false, 50, 0), (true, 50, 0), (false, 50, .5), (true, 50, .5) })
        {
            KMeansOptions options = new() { K = 13, Restarts = 2, MaxIterations = 6, Spherical = spherical, BatchRows = batch, ReassignmentRatio = ratio };
            KMeansResult result = KMeans.Fit(rows, options, kernels, restart => new RandomStream(restart, "digest"), Pass.Unwatched);
            results.Add(Bits(result.InertiaHistory) + string.Join(',', result.Assignments) + Bits(Array.ConvertAll(result.Centroids, x => (double)x)));
        }

        foreach (KCenterStart start in new KCenterStart[] { new KCenterStart.Row(), new KCenterStart.NearestToCentre(), new KCenterStart.VirtualCentre() })
        {
            foreach (KCenterMetric metric in Enum.GetValues<KCenterMetric>())
            {
                KCenterResult result = KCenterGreedy.Select(rows, new() { Budget = 50, Start = start, Metric = metric }, kernels, Pass.Unwatched);
                results.Add(string.Join(',', result.Picks) + Bits(result.Radii));
            }
        }

        foreach (RdsReduce reduce in Enum.GetValues<RdsReduce>())
        {
            RdsResult result = Rds.Select(rows, norms, tasks, new() { Count = 90, Reduce = reduce, FirstDepth = 20 }, kernels, Pass.Unwatched);
            results.Add(string.Join(',', result.Rows) + Bits(result.Scores) + string.Join(',', result.Tasks ?? []) + string.Join(',', result.Queries ?? []));
        }

        return string.Join('\n', results);
    }

    private static string Bits(double[] values) => string.Join(',', values.Select(x => BitConverter.DoubleToInt64Bits(x).ToString("x", null)));
}
