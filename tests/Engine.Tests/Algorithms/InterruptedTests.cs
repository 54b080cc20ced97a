using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Steps;
using Engine.Tests.Kernels;
using KMeans = Engine.Kernels.Algorithms.KMeans;
using Rds = Engine.Kernels.Algorithms.Rds;

namespace Engine.Tests.Algorithms;

/// <summary>An algorithm that was interrupted anywhere gives the bits of one that was not, its account of work included.</summary>
public sealed class InterruptedTests
{
    private const int Rows = 3000, Dim = 6;

    private static readonly float[] Values = KernelCases.Gaussian(new RandomStream(77, "interrupted"), Rows * Dim);

    public static TheoryData<KMeansInit, int, double, bool, int, double> Clusterings => new()
    {
        { KMeansInit.KMeansPlusPlus, 3, 0, false, 0, 0 },
        { KMeansInit.KMeansPlusPlus, 2, .001, true, 0, 0 },
        { KMeansInit.Random, 4, 0, false, 0, 0 },
        { KMeansInit.First, 1, 0, true, 0, 0 },
        { KMeansInit.KMeansPlusPlus, 2, 0, false, 400, 0 },
        { KMeansInit.First, 3, 0, true, 300, .5 },
    };

    public static TheoryData<string> Starts => ["row", "random", "nearest", "virtual", "rows", "window", "restricted"];

    public static TheoryData<RdsReduce> Reductions => [.. Enum.GetValues<RdsReduce>()];

    [Theory]
    [MemberData(nameof(Clusterings))]
    public void KMeans_goes_on(KMeansInit init, int restarts, double tolerance, bool spherical, int batch, double ratio)
    {
        KMeansOptions options = new()
        {
            K = 60,
            Init = init,
            Restarts = restarts,
            Tolerance = tolerance,
            Spherical = spherical,
            MaxIterations = 25,
            BatchRows = batch,
            ReassignmentRatio = ratio,
        };
        using IKernels kernels = KernelSets.Best(2);
        using ArrayRows rows = ArrayRows.From(Values, Dim);
        KMeansResult whole = KMeans.Fit(rows, options, kernels, Stream, Pass.Unwatched);
        for (int seed = 0; seed < 4; seed++)
        {
            (KMeansResult found, int stops) = Interruption.Run(
                Values, Dim, PositionFormats.KMeans, new Random(seed), (source, set, pass, resume) => KMeans.Fit(source, options, set, Stream, pass, resume));
            Assert.InRange(stops, 3, 2000);
            Assert.Equal(whole.Centroids, found.Centroids);
            Assert.Equal(whole.Assignments, found.Assignments);
            Assert.Equal(whole.Sizes, found.Sizes);
            Assert.Equal(whole.InertiaHistory, found.InertiaHistory);
            Assert.Equal((whole.Inertia, whole.Iterations, whole.Restart, whole.Updates), (found.Inertia, found.Iterations, found.Restart, found.Updates));
        }
    }

    [Theory]
    [MemberData(nameof(Starts))]
    public void KCenter_goes_on(string start)
    {
        KCenterOptions Options() => new()
        {
            Budget = 150,
            Metric = start is "nearest" or "rows" ? KCenterMetric.Cosine : KCenterMetric.L2,
            CentreWindow = start is "window" or "rows" ? 40 : 0,
            Within = start == "restricted" ? [.. Enumerable.Range(0, Rows).Where(r => r % 3 != 1)] : null,
            Start = start switch
            {
                "random" => new KCenterStart.Random(new RandomStream(5, "start")),
                "nearest" => new KCenterStart.NearestToCentre(),
                "virtual" => new KCenterStart.VirtualCentre(),
                "rows" => new KCenterStart.Rows([.. Enumerable.Range(0, 50).Select(i => i * 7)]),
                _ => new KCenterStart.Row(),
            },
        };
        using IKernels kernels = KernelSets.Best(2);
        using ArrayRows rows = ArrayRows.From(Values, Dim);
        KCenterResult whole = KCenterGreedy.Select(rows, Options(), kernels, Pass.Unwatched);
        for (int seed = 0; seed < 3; seed++)
        {
            (KCenterResult found, int stops) = Interruption.Run(
                Values, Dim, PositionFormats.KCenter, new Random(seed), (source, set, pass, resume) => KCenterGreedy.Select(source, Options(), set, pass, resume));
            Assert.InRange(stops, 3, 2000);
            Assert.Equal(whole.Picks, found.Picks);
            Assert.Equal(whole.Radii, found.Radii);
            Assert.Equal(whole.DistancesComputed, found.DistancesComputed);
        }
    }

    [Fact]
    public void KCenter_goes_on_with_hubs()
    {
        // Far rows are picked first; those in the middle walk past them to a few centres that lie near many.
        const int Many = 2400, Budget = 420;
        float[] values = KernelCases.Gaussian(new RandomStream(79, "hubs"), Many * Dim);
        for (int r = 0; r < Many; r++)
            for (int j = 0; j < Dim; j++) values[(r * Dim) + j] = r % 8 == 1 ? 40 * values[(r * Dim) + j] : (8 * values[(r % 40 / 8 * 8 * Dim) + j]) + (0.6f * values[(r * Dim) + j]);
        using IKernels kernels = KernelSets.Best(2);
        using ArrayRows rows = ArrayRows.From(values, Dim);
        KCenterResult whole = KCenterGreedy.Select(rows, new() { Budget = Budget }, kernels, Pass.Unwatched);
        int withHubs = 0;
        for (int seed = 0; seed < 3; seed++)
        {
            (KCenterResult found, _) = Interruption.Run(
                values, Dim, PositionFormats.KCenter, new Random(seed),
                (source, set, pass, resume) => KCenterGreedy.Select(source, new() { Budget = Budget }, set, pass, new Watched<KCenterPosition>(resume, position => withHubs += position.Hubs.Length > 0 && position.Descending ? 1 : 0)));
            Assert.Equal(whole.Picks, found.Picks);
            Assert.Equal(whole.Radii, found.Radii);
            Assert.Equal(whole.DistancesComputed, found.DistancesComputed);
        }

        Assert.True(withHubs > 0, "no call was cut short while hubs were shown");
    }

    [Fact]
    public void KCenter_finds_the_same_rows_from_any_bounds_that_are_not_too_low()
    {
        const int Budget = 60;
        using IKernels kernels = KernelSets.Best(2);
        using ArrayRows rows = ArrayRows.From(Values, Dim);
        KCenterResult whole = KCenterGreedy.Select(rows, new() { Budget = Budget }, kernels, Pass.Unwatched);
        var random = new Random(3);
        for (int taken = 1; taken < Budget; taken += 7)
        {
            // Every row has seen some of the centres, drawn at random: its bound is its distance to the nearest of those.
            int[] picks = whole.Picks[..taken];
            int[] seen = [.. Enumerable.Range(0, Rows).Select(_ => random.Next(taken + 1))];
            double[] squared = [.. Enumerable.Repeat(double.PositiveInfinity, Rows)];
            for (int count = 1; count <= taken; count++)
            {
                int[] which = [.. Enumerable.Range(0, Rows).Where(r => seen[r] == count)];
                if (which.Length == 0) continue;
                double[] centres = [.. picks[..count].SelectMany(p => Values.AsSpan(p * Dim, Dim).ToArray()).Select(x => (double)x)];
                int[] none = new int[Rows];
                kernels.RelaxMinDistances(rows, [], which, centres, none, squared, Pass.Unwatched);
            }

            foreach (int pick in picks) squared[pick] = 0;
            var position = new KCenterPosition(picks, whole.Radii[..(taken - random.Next(2))], seen, squared, 0, 0, false, [], 32, 0, 1 << 20, double.PositiveInfinity, 0, 0, [.. Enumerable.Repeat(-1, Rows)], [], 0, false);
            KCenterResult found = KCenterGreedy.Select(rows, new() { Budget = Budget }, kernels, Pass.Unwatched, new Given<KCenterPosition>(position));
            Assert.Equal(whole.Picks, found.Picks);
            Assert.Equal(whole.Radii, found.Radii);
        }
    }

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Rds_goes_on(RdsReduce reduce)
    {
        QueryGroups tasks = new(KernelCases.Gaussian(new RandomStream(78, "queries"), 7 * Dim), Dim, [0, 2, 6, 7]);
        RdsOptions Options() => new() { Count = 200, Reduce = reduce, FirstDepth = 20, Caps = null, Allowed = row => row % 2 == 0 };
        using IKernels kernels = KernelSets.Best(2);
        using ArrayRows rows = ArrayRows.From(Values, Dim);
        double[] norms = new double[Rows];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        RdsResult whole = Rds.Select(rows, norms, tasks, Options(), kernels, Pass.Unwatched);
        for (int seed = 0; seed < 4; seed++)
        {
            (RdsResult found, int stops) = Interruption.Run(
                Values, Dim, PositionFormats.Rds, new Random(seed), (source, set, pass, resume) => Rds.Select(source, norms, tasks, Options(), set, pass, resume));
            Assert.InRange(stops, 3, 2000);
            Assert.Equal(whole.Rows, found.Rows);
            Assert.Equal(whole.Scores, found.Scores);
            Assert.Equal(whole.Tasks, found.Tasks);
            Assert.Equal(whole.Queries, found.Queries);
            Assert.Equal((whole.Depth, whole.Passes), (found.Depth, found.Passes));
        }
    }

    [Fact]
    public void Neighbours_go_on()
    {
        // Several blocks of rows, and a last one that is not whole.
        const int Narrow = 2, Many = Rows * Dim / Narrow;
        using ArrayRows rows = ArrayRows.From(Values, Narrow);
        using IKernels kernels = KernelSets.Best(2);
        double[] norms = new double[Many];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        double[][] whole = NearestNeighbours.Distances(rows, norms, [3, 1], kernels, Pass.Unwatched);
        var random = new Random(6);
        NeighbourPosition? kept = null;
        int stops = 0;
        for (double[][]? found = null; found is null; stops++)
        {
            using var stop = new CancellationTokenSource();
            int tiles = random.Next(1, 4);
            var watch = new Counter(() => { if (--tiles == 0) stop.Cancel(); });
            var resume = new Given<NeighbourPosition>(kept);
            try
            {
                using IKernels set = KernelSets.Best(random.Next(1, 4));
                found = NearestNeighbours.Distances(rows, norms, [3, 1], set, new Pass(watch, stop.Token), resume);
                Assert.Equal(whole, found);
            }
            catch (OperationCanceledException)
            {
                kept = resume.Kept;
            }
        }

        Assert.InRange(stops, 2, 60);
    }

    private static RandomStream Stream(int restart) => new(9, $"restart-{restart}");

    private sealed class Counter(Action seen) : IProgress<WorkDone>
    {
        public void Report(WorkDone value)
        {
            lock (this) seen();
        }
    }

    /// <summary>Begins at a position, wants none until the end.</summary>
    private sealed class Given<T>(T? from) : IResumePoint<T>
        where T : class
    {
        public T? Kept { get; private set; } = from;

        public T? From { get; } = from;

        public TimeSpan Interval => TimeSpan.FromHours(1);

        public bool IsDue => false;

        public void Keep(T position) => Kept = position;
    }

    /// <summary>Sees the positions that are kept.</summary>
    private sealed class Watched<T>(IResumePoint<T> inner, Action<T> seen) : IResumePoint<T>
        where T : class
    {
        public T? From => inner.From;

        public TimeSpan Interval => inner.Interval;

        public bool IsDue => inner.IsDue;

        public void Keep(T position)
        {
            seen(position);
            inner.Keep(position);
        }
    }
}
