using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>What must hold for farthest-first traversal on any data; above all that lazy bounds change nothing.</summary>
public sealed class KCenterTests
{
    public static TheoryData<string> Kernels => KernelCases.Names;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Equals_naive_greedy_with_ties_and_copies(string kernels)
    {
        RandomStream stream = new(41, "greedy");
        for (int round = 0; round < 300; round++)
        {
            int count = 1 + (int)stream.NextBelow(120), dim = 1 + (int)stream.NextBelow(6);
            bool grid = round % 3 != 0;
            bool cosine = !grid && round % 2 == 0;
            float[] values = grid ? KernelCases.Grid(stream, count * dim, 2 + round % 4) : KernelCases.Gaussian(stream, count * dim);
            int[]? within = round % 5 == 0 ? stream.Sample(count, 1 + (int)stream.NextBelow(count)) : null;
            int budget = 1 + (int)stream.NextBelow(within?.Length ?? count);
            int[] preselected = round % 4 == 1 ? stream.Sample(count, Math.Min(count, 3)) : [];
            int start = within?[0] ?? (int)stream.NextBelow(count);

            (int[] picks, double[] radii) = NaiveGreedy(values, dim, budget, cosine, preselected.Length > 0 ? preselected : null, start, within);
            KCenterOptions options = new()
            {
                Budget = budget,
                Metric = cosine ? KCenterMetric.Cosine : KCenterMetric.L2,
                Start = preselected.Length > 0 ? new KCenterStart.Rows(preselected) : new KCenterStart.Row(start),
                Within = within,
                CentreWindow = round % 7 == 0 ? 1 + round % 9 : 0,
            };
            KCenterResult result = KCenterGoldenTests.Select(kernels, values, options, dim);
            Assert.Equal(picks, result.Picks);
            for (int i = 0; i < radii.Length; i++) Assert.Equal(radii[i], result.Radii[i], 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Equals_naive_greedy_over_many_batches(string kernels)
    {
        const int Count = 3000, Dim = 5, Budget = 60;
        RandomStream stream = new(42, "batches");
        foreach (float[] values in new[] { KernelCases.Gaussian(stream, Count * Dim), KernelCases.Grid(stream, Count * Dim, 6) })
        {
            (int[] picks, _) = NaiveGreedy(values, Dim, Budget, cosine: false, null, 0, null);
            KCenterResult result = KCenterGoldenTests.Select(kernels, values, new() { Budget = Budget }, Dim);
            Assert.Equal(picks, result.Picks);
        }
    }

    [Fact]
    public void Lazy_bounds_save_most_distances_and_count_what_they_ask_for()
    {
        const int Count = 4000, Dim = 3, Budget = 100;
        using CountingKernels kernels = new();
        using ArrayRows rows = ArrayRows.From(KernelCases.Gaussian(new RandomStream(52, "lazy"), Count * Dim), Dim);
        KCenterResult result = KCenterGreedy.Select(rows, new() { Budget = Budget }, kernels, Pass.Unwatched);
        Assert.Equal(kernels.Distances, result.DistancesComputed);
        Assert.InRange(result.DistancesComputed, Count, Count * Budget / 2);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Radius_never_rises_and_is_at_most_twice_the_best(string kernels)
    {
        RandomStream stream = new(43, "radius");
        for (int round = 0; round < 60; round++)
        {
            const int Count = 9, Dim = 2;
            float[] values = KernelCases.Gaussian(stream, Count * Dim);
            KCenterResult result = KCenterGoldenTests.Select(kernels, values, new() { Budget = 3 });
            Assert.Equal(result.Radii.OrderDescending(), result.Radii);

            double best = double.PositiveInfinity;
            for (int set = 0; set < 1 << Count; set++)
            {
                if (int.PopCount(set) != 3) continue;
                double radius = Enumerable.Range(0, Count).Max(row => Enumerable.Range(0, Count).Where(c => (set >> c & 1) == 1).Min(c => Distance(values, Dim, row, c)));
                best = Math.Min(best, radius);
            }

            Assert.InRange(result.Radii[^1], best, 2 * best + 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Within_equals_the_same_run_on_those_rows_alone(string kernels)
    {
        RandomStream stream = new(44, "within");
        for (int round = 0; round < 40; round++)
        {
            const int Count = 70, Dim = 3;
            float[] values = KernelCases.Gaussian(stream, Count * Dim);
            int[] within = [.. stream.Sample(Count, 5 + (int)stream.NextBelow(30)).Order()];
            float[] alone = KernelCases.Gather(values, Dim, within);
            KCenterMetric metric = (KCenterMetric)(round % 2);
            foreach (KCenterStart start in new KCenterStart[] { new KCenterStart.NearestToCentre(), new KCenterStart.VirtualCentre(), new KCenterStart.NearestToCentre([1, 0, -1]) })
            {
                KCenterOptions options = new() { Budget = 5, Metric = metric, Start = start };
                KCenterResult expected = KCenterGoldenTests.Select(kernels, alone, options, Dim);
                KCenterResult actual = KCenterGoldenTests.Select(kernels, values, options with { Within = [.. within.Reverse(), within[0]] }, Dim);
                Assert.Equal(expected.Picks.Select(pick => within[pick]), actual.Picks);
                for (int i = 0; i < expected.Radii.Length; i++) Assert.Equal(expected.Radii[i], actual.Radii[i], 1e-9);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Permuted_rows_give_permuted_picks(string kernels)
    {
        const int Count = 200, Dim = 8;
        RandomStream stream = new(45, "permutation");
        float[] values = KernelCases.Gaussian(stream, Count * Dim);
        int[] order = stream.Sample(Count, Count);
        foreach (KCenterMetric metric in Enum.GetValues<KCenterMetric>())
        {
            KCenterOptions options = new() { Budget = 40, Metric = metric, Start = new KCenterStart.Row(order[17]) };
            KCenterResult straight = KCenterGoldenTests.Select(kernels, values, options, Dim);
            KCenterResult permuted = KCenterGoldenTests.Select(kernels, KernelCases.Gather(values, Dim, order), options with { Start = new KCenterStart.Row(17) }, Dim);
            Assert.Equal(straight.Picks, permuted.Picks.Select(pick => order[pick]));
            Assert.Equal(straight.Radii, permuted.Radii);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Block_size_and_centre_window_change_nothing(string name)
    {
        const int Count = 500, Dim = 5;
        float[] values = KernelCases.Gaussian(new RandomStream(46, "blocks"), Count * Dim);
        using IKernels kernels = KernelCases.Open(name);
        using ArrayRows rows = ArrayRows.From(values, Dim);
        using ShortBlocks shards = new(ArrayRows.From(values, Dim), 7);
        foreach (KCenterStart start in new KCenterStart[] { new KCenterStart.Row(3), new KCenterStart.VirtualCentre(), new KCenterStart.Rows([1, 2, 3, 4, 5]) })
        {
            KCenterOptions options = new() { Budget = 90, Start = start };
            KCenterResult whole = KCenterGreedy.Select(rows, options, kernels, Pass.Unwatched);
            foreach (int window in new[] { 0, 1, 2, 10 })
            {
                KCenterResult other = KCenterGreedy.Select(shards, options with { CentreWindow = window }, kernels, Pass.Unwatched);
                Assert.Equal(whole.Picks, other.Picks);
                Assert.Equal(whole.Radii, other.Radii);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Budget_of_all_rows_visits_every_row_once(string kernels)
    {
        const int Count = 64, Dim = 3;
        float[] values = KernelCases.Gaussian(new RandomStream(47, "all"), Count * Dim);
        KCenterResult result = KCenterGoldenTests.Select(kernels, values, new() { Budget = Count }, Dim);
        Assert.Equal(Enumerable.Range(0, Count), result.Picks.Order());
        Assert.Equal(0, result.Radii[^1]);
        Assert.All(result.Radii[..^1], radius => Assert.True(radius > 0));

        // Doubled rows: the second copies are never wanted.
        KCenterResult doubled = KCenterGoldenTests.Select(kernels, [.. values, .. values], new() { Budget = 2 * Count }, Dim);
        Assert.Equal(result.Picks, doubled.Picks);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Cosine_ignores_length_and_treats_parallel_rows_as_one(string kernels)
    {
        const int Count = 50, Dim = 6;
        float[] values = KernelCases.Gaussian(new RandomStream(48, "cosine"), Count * Dim);
        float[] lengths = [.. values.Select((x, i) => MathF.ScaleB(x, i / Dim % 5 - 2))];
        KCenterOptions options = new() { Budget = Count, Metric = KCenterMetric.Cosine };
        KCenterResult one = KCenterGoldenTests.Select(kernels, values, options, Dim);
        Assert.Equal(one.Picks, KCenterGoldenTests.Select(kernels, lengths, options, Dim).Picks);
        Assert.All(one.Radii, radius => Assert.InRange(radius, 0, 2));

        // Small whole numbers times 3 and 7 stay whole, but 1/norm rounds: only the floor makes them one direction.
        float[] whole = [.. KernelCases.Grid(new RandomStream(49, "whole"), 20 * Dim, 50).Select(x => x + 1)];
        float[] parallel = [.. whole, .. whole.Select(x => 3 * x), .. whole.Select(x => 7 * x)];
        Assert.Equal(20, KCenterGoldenTests.Select(kernels, parallel, options with { Budget = 60 }, Dim).Picks.Length);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Random_start_is_one_of_the_candidates_and_counts(string kernels)
    {
        float[] values = KernelCases.Gaussian(new RandomStream(50, "random"), 40);
        HashSet<int> starts = [];
        for (int seed = 0; seed < 60; seed++)
        {
            KCenterOptions options = new() { Budget = 2, Within = [3, 9, 17], Start = new KCenterStart.Random(new RandomStream(seed, "start")) };
            KCenterResult result = KCenterGoldenTests.Select(kernels, values, options);
            Assert.Equal(2, result.Picks.Length);
            starts.Add(result.Picks[0]);
        }

        Assert.Equal([3, 9, 17], starts.Order());
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Preselected_rows_outside_the_restriction_still_cover(string kernels)
    {
        KCenterOptions options = new() { Budget = 2, Within = [0, 1, 2], Start = new KCenterStart.Rows([4, 4]) };
        KCenterResult result = KCenterGoldenTests.Select(kernels, [0, 1, 5, 90, 5.5f], options, dim: 1);
        Assert.Equal([0, 1], result.Picks);
        Assert.Equal([1, .5], result.Radii);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Stops_within_a_block_when_cancelled(string name)
    {
        float[] values = KernelCases.Gaussian(new RandomStream(51, "cancel"), 8000);
        foreach (int lendings in new[] { 1, 400, 3000 })
        {
            using IKernels kernels = KernelCases.Open(name);
            using CancellingRows rows = new(ArrayRows.From(values, 4), lendings);
            Assert.ThrowsAny<OperationCanceledException>(() => KCenterGreedy.Select(rows, new() { Budget = 900 }, kernels, rows.Pass));
            Assert.InRange(rows.LentAfterCancel, 0, 256 * kernels.Threads);
        }
    }

    [Fact]
    public void Bad_options_are_refused()
    {
        float[] line = [0, 1, 2, 4];
        void Refused<T>(KCenterOptions options, params string[] words)
            where T : ArgumentException
        {
            T error = Assert.Throws<T>(() => KCenterGoldenTests.Select("oracle", line, options, dim: 1));
            Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        }

        Refused<ArgumentOutOfRangeException>(new() { Budget = 5 }, "5 rows", "only 4");
        Refused<ArgumentOutOfRangeException>(new() { Budget = 3, Within = [1, 2, 1], Start = new KCenterStart.Row(1) }, "3 rows", "only 2");
        Refused<ArgumentOutOfRangeException>(new() { Budget = 0 });
        Refused<ArgumentOutOfRangeException>(new() { Budget = 1, StopRadius = double.NaN });
        Refused<ArgumentOutOfRangeException>(new() { Budget = 1, Start = new KCenterStart.Row(4) }, "row 4", "4 rows");
        Refused<ArgumentOutOfRangeException>(new() { Budget = 1, Start = new KCenterStart.Rows([0, -1]) }, "row -1");
        Refused<ArgumentOutOfRangeException>(new() { Budget = 1, Within = [7] }, "4 rows");
        Refused<ArgumentException>(new() { Budget = 1, Within = [] });
        Refused<ArgumentException>(new() { Budget = 1, Start = new KCenterStart.Rows([]) });
        Refused<ArgumentException>(new() { Budget = 1, Within = [1, 2] }, "row 0");
        Refused<ArgumentException>(new() { Budget = 1, Metric = KCenterMetric.Cosine }, "Row 0");
        Refused<ArgumentException>(new() { Budget = 1, Metric = KCenterMetric.Cosine, Norms = [1] }, "1 norms", "4 rows");
        Refused<ArgumentException>(new() { Budget = 1, Start = new KCenterStart.VirtualCentre([1, 2]) }, "2 elements");

        KCenterOptions mean = new() { Budget = 1, Metric = KCenterMetric.Cosine, Start = new KCenterStart.VirtualCentre() };
        Assert.Throws<ArgumentException>(() => KCenterGoldenTests.Select("oracle", [3, 1, -3, -1], mean));
        Assert.Throws<ArgumentException>(() => KCenterGoldenTests.Select("oracle", [3, 1, 4, 1], mean with { Start = new KCenterStart.NearestToCentre([0, 0]) }));
    }

    /// <summary>All distances to every centre: the minimum to the centres so far, then its largest, then the lower row.</summary>
    private static (int[] Picks, double[] Radii) NaiveGreedy(float[] values, int dim, int budget, bool cosine, int[]? preselected, int start, int[]? within)
    {
        double[][] rows = [.. values.Select(x => (double)x).Chunk(dim)];
        if (cosine)
        {
            foreach (double[] row in rows)
            {
                double scale = 1 / Math.Sqrt(row.Sum(x => x * x));
                for (int i = 0; i < dim; i++) row[i] *= scale;
            }
        }

        int[] candidates = [.. (within ?? [.. Enumerable.Range(0, rows.Length)]).Order()];
        List<int> picks = preselected is null ? [start] : [];
        List<double> radii = [];
        double[] squared = [.. candidates.Select(row => (preselected ?? [start]).Min(c => Squared(rows[row], rows[c], cosine)))];
        while (true)
        {
            double farthest = squared.Max();
            if (picks.Count > 0) radii.Add(Math.Sqrt(farthest));
            if (farthest == 0 || picks.Count == budget) return ([.. picks], [.. radii]);
            int pick = candidates[Array.IndexOf(squared, farthest)];
            picks.Add(pick);
            for (int i = 0; i < squared.Length; i++) squared[i] = Math.Min(squared[i], Squared(rows[candidates[i]], rows[pick], cosine));
        }
    }

    private static double Squared(double[] a, double[] b, bool cosine)
    {
        double squared = 0;
        for (int i = 0; i < a.Length; i++) squared += (a[i] - b[i]) * (a[i] - b[i]);
        return cosine && squared < 1e-28 ? 0 : squared;
    }

    private static double Distance(float[] values, int dim, int a, int b) =>
        Math.Sqrt(Enumerable.Range(0, dim).Sum(i => Math.Pow((double)values[a * dim + i] - values[b * dim + i], 2)));
}
