using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>What must hold for k-means on any data.</summary>
public sealed class KMeansTests
{
    public static TheoryData<string> Kernels => KernelCases.Names;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Inertia_never_rises_and_the_result_is_consistent(string kernels)
    {
        RandomStream stream = new(21, "inertia");
        for (int round = 0; round < 40; round++)
        {
            int count = 1 + (int)stream.NextBelow(90), dim = 1 + (int)stream.NextBelow(20), k = 1 + (int)stream.NextBelow(Math.Min(count, 12));
            bool grid = stream.NextBelow(2) == 0, spherical = !grid && stream.NextBelow(2) == 0;
            float[] values = grid ? KernelCases.Grid(stream, count * dim, 3) : KernelCases.Gaussian(stream, count * dim);
            KMeansOptions options = new() { K = k, Init = (KMeansInit)stream.NextBelow(3), Spherical = spherical };

            KMeansResult result = Fit(kernels, values, dim, options);
            for (int i = 1; i < result.InertiaHistory.Length; i++)
                Assert.True(result.InertiaHistory[i] <= result.InertiaHistory[i - 1] * (1 + 1e-9) + 1e-9, $"round {round}: the inertia rose at update {i}.");
            Assert.Equal(result.Iterations + 1, result.InertiaHistory.Length);
            Assert.Equal(count, result.Sizes.Sum());
            int distinct = values.Chunk(dim).Select(row => string.Join(',', row)).Distinct().Count();
            Assert.Equal(Math.Min(k, distinct), result.Sizes.Count(size => size > 0));
            Assert.All(result.Assignments, cluster => Assert.InRange(cluster, 0, k - 1));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Equals_plain_Lloyd_in_float64(string kernels)
    {
        RandomStream stream = new(22, "lloyd");
        for (int round = 0; round < 20; round++)
        {
            const int Count = 120, Dim = 3, K = 5;
            float[] values = KernelCases.Gaussian(stream, Count * Dim);
            (int[] expected, double inertia) = PlainLloyd(values, Dim, K, updates: 6);
            KMeansResult actual = Fit(kernels, values, Dim, new() { K = K, Init = KMeansInit.First, MaxIterations = 6 });
            Assert.Equal(expected, actual.Assignments);
            Assert.Equal(inertia, actual.Inertia, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Centroids_are_the_means_of_their_rows_when_nothing_changes_any_more(string kernels)
    {
        const int Count = 200, Dim = 7, K = 9;
        float[] values = KernelCases.Gaussian(new RandomStream(23, "means"), Count * Dim);
        KMeansResult result = Fit(kernels, values, Dim, new() { K = K, MaxIterations = 1000 });
        for (int c = 0; c < K; c++)
        {
            int[] members = [.. Enumerable.Range(0, Count).Where(row => result.Assignments[row] == c)];
            for (int i = 0; i < Dim; i++)
                Assert.Equal((float)members.Average(row => (double)values[row * Dim + i]), result.Centroids[c * Dim + i], 1e-6f);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Magnitude_moves_no_assignment(string kernels)
    {
        // Powers of two scale every float32 exactly, so nothing but the exponents may differ, up to the ends of the range.
        const int Dim = 4;
        float[] values = KernelCases.Gaussian(new RandomStream(24, "magnitude"), 60 * Dim);
        KMeansOptions options = new() { K = 6 };
        KMeansResult one = Fit(kernels, values, Dim, options);
        foreach (int exponent in new[] { -90, 120 })
        {
            KMeansResult scaled = Fit(kernels, [.. values.Select(x => MathF.ScaleB(x, exponent))], Dim, options);
            Assert.Equal(one.Assignments, scaled.Assignments);
            Assert.Equal(one.Centroids, scaled.Centroids.Select(x => MathF.ScaleB(x, -exponent)));
        }

        Assert.Equal([0, 0, 0], Fit(kernels, new float[3 * Dim], Dim, new() { K = 2 }).Assignments);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Fewer_distinct_rows_than_clusters_end_with_the_surplus_empty(string kernels)
    {
        foreach (KMeansInit init in new[] { KMeansInit.KMeansPlusPlus, KMeansInit.Random, KMeansInit.First })
        {
            KMeansResult result = Fit(kernels, [1, 2, 1, 2, 5, 5, 1, 2, 5, 5], 2, new() { K = 4, Init = init, MaxIterations = 1000 });
            Assert.Equal(0, result.Inertia);
            Assert.Equal(2, result.Sizes.Count(size => size > 0));
            Assert.InRange(result.Iterations, 0, 4);
        }

        KMeansResult same = Fit(kernels, [.. Enumerable.Repeat(.1f, 50)], 5, new() { K = 3 });
        Assert.Equal([10, 0, 0], same.Sizes);
        Assert.Equal(0, same.Inertia);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Many_empty_clusters_take_distinct_far_rows_at_once(string kernels)
    {
        // 30 copies of each of 20 points: the first 20 rows are one point, so 19 clusters begin empty.
        float[] values = [.. Enumerable.Range(0, 600).Select(row => (float)(row / 30 * (row / 30)))];
        KMeansResult result = Fit(kernels, values, 1, new() { K = 20, Init = KMeansInit.First });
        Assert.All(result.Sizes, size => Assert.Equal(30, size));
        Assert.Equal(0, result.Inertia);
        Assert.InRange(result.Iterations, 1, 3);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void K_of_all_rows_and_k_of_one(string kernels)
    {
        const int Dim = 3;
        float[] values = KernelCases.Gaussian(new RandomStream(25, "k"), 17 * Dim);
        foreach (KMeansInit init in new[] { KMeansInit.KMeansPlusPlus, KMeansInit.Random, KMeansInit.First })
        {
            KMeansResult all = Fit(kernels, values, Dim, new() { K = 17, Init = init });
            Assert.Equal(0, all.Inertia);
            Assert.All(all.Sizes, size => Assert.Equal(1, size));
        }

        KMeansResult one = Fit(kernels, values, Dim, new() { K = 1 });
        Assert.Equal([17], one.Sizes);
        for (int i = 0; i < Dim; i++) Assert.Equal(values.Where((_, at) => at % Dim == i).Average(), one.Centroids[i], 1e-6f);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Restarts_keep_the_lowest_inertia_and_the_earlier_one_on_ties(string kernels)
    {
        const int Dim = 2;
        float[] values = KernelCases.Gaussian(new RandomStream(26, "restarts"), 80 * Dim);
        KMeansOptions options = new() { K = 8, Init = KMeansInit.Random, MaxIterations = 5 };
        double[] alone = [.. Enumerable.Range(0, 6).Select(restart => Fit(kernels, values, Dim, options, first: restart).Inertia)];
        for (int restarts = 1; restarts <= 6; restarts++)
        {
            KMeansResult result = Fit(kernels, values, Dim, options with { Restarts = restarts });
            Assert.Equal(alone[..restarts].Min(), result.Inertia);
            Assert.Equal(Array.IndexOf(alone, result.Inertia), result.Restart);
        }

        Assert.Equal(0, Fit(kernels, [1, 1, 1, 1], 1, options with { K = 1, Restarts = 4 }).Restart);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Spherical_clusters_by_direction_alone(string kernels)
    {
        const int Dim = 5, Count = 80;
        RandomStream stream = new(27, "spherical");
        float[] values = KernelCases.Gaussian(stream, Count * Dim);
        float[] stretched = [.. values.Select((x, i) => MathF.ScaleB(x, i / Dim % 7 - 3))];
        KMeansOptions options = new() { K = 6, Spherical = true };
        KMeansResult result = Fit(kernels, values, Dim, options);
        KMeansResult same = Fit(kernels, stretched, Dim, options);
        Assert.Equal(result.Assignments, same.Assignments);
        Assert.Equal(result.Centroids, same.Centroids);
        foreach (float[] centroid in result.Centroids.Chunk(Dim)) Assert.Equal(1, centroid.Sum(x => (double)x * x), 1e-6);

        double inertia = 0;
        for (int row = 0; row < Count; row++)
        {
            double[] x = [.. values.Skip(row * Dim).Take(Dim).Select(v => (double)v)];
            double norm = Math.Sqrt(x.Sum(v => v * v));
            inertia += 2 - 2 * x.Select((v, i) => v / norm * result.Centroids[result.Assignments[row] * Dim + i]).Sum();
        }

        Assert.Equal(inertia, result.Inertia, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_spherical_mean_of_zero_keeps_the_centroid(string kernels)
    {
        KMeansOptions options = new() { K = 1, Spherical = true, Init = KMeansInit.Given, Centroids = [0, 3] };
        KMeansResult result = Fit(kernels, [1, 0, -3, 0, 7, 0, -.1f, 0], 2, options);
        Assert.Equal([0, 1], result.Centroids);
        Assert.Equal(8, result.Inertia, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Permuted_rows_give_permuted_assignments(string kernels)
    {
        const int Count = 150, Dim = 6;
        RandomStream stream = new(28, "permutation");
        float[] values = KernelCases.Gaussian(stream, Count * Dim);
        int[] order = stream.Sample(Count, Count);
        KMeansOptions options = new() { K = 7, Init = KMeansInit.Given, Centroids = values[..(7 * Dim)] };
        KMeansResult straight = Fit(kernels, values, Dim, options);
        KMeansResult permuted = Fit(kernels, KernelCases.Gather(values, Dim, order), Dim, options);
        Assert.Equal(order.Select(row => straight.Assignments[row]), permuted.Assignments);
        Assert.Equal(straight.Centroids, permuted.Centroids);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Block_size_changes_no_bit(string kernels)
    {
        const int Dim = 9;
        float[] values = KernelCases.Gaussian(new RandomStream(29, "blocks"), 331 * Dim);
        foreach (bool spherical in new[] { false, true })
        {
            KMeansOptions options = new() { K = 11, Spherical = spherical, MaxIterations = 8 };
            KMeansResult whole = Fit(kernels, values, Dim, options);
            KMeansResult shards = Fit(kernels, values, Dim, options, most: 17);
            Assert.Equal(whole.Centroids, shards.Centroids);
            Assert.Equal(whole.Assignments, shards.Assignments);
            Assert.Equal(whole.InertiaHistory, shards.InertiaHistory);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Stops_within_a_block_when_cancelled(string name)
    {
        const int Dim = 4;
        float[] values = KernelCases.Gaussian(new RandomStream(30, "cancel"), 2000 * Dim);
        foreach (int lendings in new[] { 1, 300, 900, 2500 })
        {
            using IKernels kernels = KernelCases.Open(name);
            using CancellingRows rows = new(ArrayRows.From(values, Dim), lendings);
            Assert.ThrowsAny<OperationCanceledException>(() => KMeans.Fit(rows, new() { K = 20 }, kernels, Stream, rows.Pass));
            Assert.InRange(rows.LentAfterCancel, 0, 4 * kernels.Threads);
        }
    }

    [Fact]
    public void Progress_counts_iterations_of_all_restarts()
    {
        List<WorkDone> seen = [];
        Pass pass = new(new Listener(seen));
        using OracleKernels kernels = new();
        using ArrayRows rows = ArrayRows.From(KernelCases.Gaussian(new RandomStream(31, "progress"), 60), 2);
        KMeansResult result = KMeans.Fit(rows, new() { K = 4, Restarts = 3, MaxIterations = 10 }, kernels, Stream, pass);
        Assert.All(seen, work => Assert.Equal(("iterations", 30L), (work.Unit, work.Total)));
        Assert.Equal(seen.Select(work => work.Done).Order(), seen.Select(work => work.Done));
        Assert.Contains(seen, work => work.Done == 10 * result.Restart + result.Iterations);
    }

    [Fact]
    public void Bad_options_are_refused()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => Fit("oracle", [1, 2, 3], 1, new() { K = 4 }));
        Assert.Contains("k is 4", error.Message, StringComparison.Ordinal);
        Assert.Contains("3 rows", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit("oracle", [1, 2], 1, new() { K = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit("oracle", [1, 2], 1, new() { K = 1, MaxIterations = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit("oracle", [1, 2], 1, new() { K = 1, Restarts = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit("oracle", [1, 2], 1, new() { K = 1, Tolerance = double.NaN }));
        Assert.Throws<ArgumentException>(() => Fit("oracle", [1, 2], 1, new() { K = 1, Init = KMeansInit.Given }));
        Assert.Throws<ArgumentException>(() => Fit("oracle", [1, 2], 1, new() { K = 1, Init = KMeansInit.Given, Centroids = [1, 2] }));
        Assert.Throws<ArgumentException>(() => Fit("oracle", [1, 2], 1, new() { K = 1, Init = KMeansInit.Given, Centroids = [float.NaN] }));
        Assert.Contains("Row 1", Assert.Throws<ArgumentException>(() => Fit("oracle", [1, float.NaN], 1, new() { K = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("Row 0", Assert.Throws<ArgumentException>(() => Fit("oracle", [0, 1], 1, new() { K = 1, Spherical = true })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Fit("oracle", [], 1, new() { K = 1 }));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Mini_batches_are_running_means_of_what_was_drawn(string kernels)
    {
        RandomStream stream = new(31, "batches");
        int moved = 0;
        foreach ((int count, int dim, int k, int batch, int batches, double ratio) in new[]
        {
            (300, 5, 7, 40, 25, 0), (60, 3, 4, 100, 6, 0), (50, 2, 50, 1, 80, 0), (90, 17, 5, 30, 0, 0), (300, 5, 7, 40, 25, .5), (80, 3, 40, 20, 30, .3), (120, 18, 9, 7, 60, 1), (90, 2, 6, 30, 1, .5),
        })
        {
            float[] values = KernelCases.Gaussian(stream, count * dim);
            KMeansResult result = Fit(kernels, values, dim, new() { K = k, Init = KMeansInit.First, BatchRows = batch, MaxIterations = batches, ReassignmentRatio = ratio });

            double[][] rows = [.. values.Select(x => (double)x).Chunk(dim)], sums = [.. Enumerable.Range(0, k).Select(_ => new double[dim])];
            double[][] centroids = [.. rows.Take(k)];
            int[] sizes = new int[k];
            int drawnSince = 0;
            RandomStream draws = Stream(0);
            for (int b = 0; b < batches; b++)
            {
                int[] drawn = draws.Sample(count, Math.Min(batch, count));
                foreach ((int row, int c) in drawn.Select(row => (row, Enumerable.Range(0, k).MinBy(c => Squared(rows[row], centroids[c])))).ToArray())
                {
                    sizes[c]++;
                    for (int i = 0; i < dim; i++) sums[c][i] += rows[row][i];
                }

                for (int c = 0; c < k; c++)
                    if (sizes[c] > 0) centroids[c] = [.. sums[c].Select(sum => (double)(float)(sum / sizes[c]))];

                drawnSince += drawn.Length;
                if (ratio == 0 || b == batches - 1 || (sizes.All(size => size > 0) && drawnSince < 10 * k)) continue;
                drawnSince = 0;
                int[] starved = [.. Enumerable.Range(0, k).Where(c => sizes[c] < ratio * sizes.Max()).OrderBy(c => sizes[c]).ThenBy(c => c).Take(drawn.Length / 2).Order()];
                if (starved.Length == 0) continue;
                int least = Math.Max(1, Enumerable.Range(0, k).Except(starved).Min(c => sizes[c]));
                Array.Sort(drawn);
                foreach ((int c, int place) in starved.Zip(draws.Sample(drawn.Length, starved.Length)))
                {
                    (centroids[c], sums[c], sizes[c]) = (rows[drawn[place]], [.. rows[drawn[place]].Select(x => least * x)], least);
                    moved++;
                }
            }

            Assert.Equal(centroids.SelectMany(c => c), result.Centroids.Select(x => (double)x), (a, b) => Math.Abs(a - b) < 1e-6);
            Assert.Equal(rows.Select(row => Enumerable.Range(0, k).MinBy(c => Squared(row, centroids[c]))), result.Assignments);
            Assert.Equal((batches, 1), (result.Iterations, result.InertiaHistory.Length));
            Assert.Equal(rows.Select((row, r) => Squared(row, centroids[result.Assignments[r]])).Sum(), result.Inertia, 1e-6 * result.Inertia);
        }

        Assert.True(moved > 40, $"only {moved} centroids were starved");
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Starved_centroids_find_rows_of_their_own(string kernels)
    {
        // Half of the centroids begin where no row ever comes.
        const int Dim = 4, K = 10;
        RandomStream stream = new(33, "starved");
        float[] centres = KernelCases.Gaussian(stream, K * Dim), values = KernelCases.Gaussian(stream, 2000 * Dim), far = [.. centres];
        for (int i = 0; i < values.Length; i++) values[i] = values[i] / 16 + centres[i / Dim % K * Dim + i % Dim];
        Array.Fill(far, 1e4f, K / 2 * Dim, K / 2 * Dim);
        KMeansOptions options = new() { K = K, Init = KMeansInit.Given, Centroids = far, BatchRows = 100, MaxIterations = 200 };
        KMeansResult left = Fit(kernels, values, Dim, options), moved = Fit(kernels, values, Dim, options with { ReassignmentRatio = .1 });
        Assert.Equal(K / 2, left.Sizes.Count(size => size == 0));
        Assert.Equal(0, moved.Sizes.Count(size => size == 0));
        Assert.InRange(moved.Inertia, 0, left.Inertia / 2);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Mini_batches_come_near_what_Lloyd_finds(string kernels)
    {
        const int Dim = 8, K = 12;
        RandomStream stream = new(32, "near");
        float[] centres = KernelCases.Gaussian(stream, K * Dim), values = KernelCases.Gaussian(stream, 3000 * Dim);
        for (int i = 0; i < values.Length; i++) values[i] = values[i] / 8 + centres[i / Dim % K * Dim + i % Dim];
        foreach (bool spherical in new[] { false, true })
        {
            KMeansOptions options = new() { K = K, Restarts = 3, MaxIterations = 60, Spherical = spherical };
            double lloyd = Fit(kernels, values, Dim, options).Inertia, batches = Fit(kernels, values, Dim, options with { BatchRows = 200 }).Inertia;
            Assert.InRange(batches, lloyd * (1 - 1e-9), lloyd * 1.1);
        }
    }

    [Fact]
    public void Mini_batches_refuse_a_tolerance()
    {
        using IKernels kernels = KernelCases.Open("oracle");
        using ArrayRows rows = ArrayRows.From(new float[] { 1, 2, 3 }, 1);
        Assert.Throws<ArgumentException>(() => KMeans.Fit(rows, new() { K = 2, BatchRows = 2, Tolerance = .1 }, kernels, Stream, Pass.Unwatched));
        Assert.Throws<ArgumentOutOfRangeException>(() => KMeans.Fit(rows, new() { K = 2, BatchRows = -1 }, kernels, Stream, Pass.Unwatched));
        Assert.Throws<ArgumentOutOfRangeException>(() => KMeans.Fit(rows, new() { K = 2, BatchRows = 1, ReassignmentRatio = 1.5 }, kernels, Stream, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => KMeans.Fit(rows, new() { K = 2, ReassignmentRatio = .1 }, kernels, Stream, Pass.Unwatched));
    }

    [Theory]
    [InlineData(1, 1.0, 62)]
    [InlineData(3, 1.0, 60)]
    [InlineData(6, 5.0, 57)]
    [InlineData(1024, .5, 53)]
    [InlineData(1, 1.401298464324817e-45, 211)]
    [InlineData(int.MaxValue, 3.4028234663852886e38, -97)]
    [InlineData(9, 0.0, 0)]
    public void Fixed_point_fills_62_bits(int rows, double largest, int bits) => Assert.Equal(bits, FixedPoint.FractionBits(rows, largest));

    private static KMeansResult Fit(string name, float[] values, int dim, KMeansOptions options, int first = 0, int most = int.MaxValue)
    {
        using IKernels kernels = KernelCases.Open(name);
        using ShortBlocks rows = new(ArrayRows.From(values, dim), most);
        return KMeans.Fit(rows, options, kernels, restart => Stream(first + restart), Pass.Unwatched);
    }

    private static RandomStream Stream(int restart) => new(77, $"test/restart-{restart}");

    private static (int[] Assignments, double Inertia) PlainLloyd(float[] values, int dim, int k, int updates)
    {
        double[][] rows = [.. values.Select(x => (double)x).Chunk(dim)];
        double[][] centroids = [.. rows.Take(k)];
        for (int update = 0; ; update++)
        {
            int[] nearest = [.. rows.Select(row => Enumerable.Range(0, k).MinBy(c => Squared(row, centroids[c])))];
            if (update == updates) return (nearest, rows.Select((row, r) => Squared(row, centroids[nearest[r]])).Sum());
            centroids = [.. Enumerable.Range(0, k).Select(c => Enumerable.Range(0, dim).Select(i => rows.Where((_, r) => nearest[r] == c).Average(row => row[i])).ToArray())];
        }
    }

    private static double Squared(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

    private sealed class Listener(List<WorkDone> seen) : IProgress<WorkDone>
    {
        public void Report(WorkDone value) => seen.Add(value);
    }
}
