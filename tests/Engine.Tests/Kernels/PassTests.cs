using System.Collections.Concurrent;
using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Failures come out as themselves, a cancelled call stops, progress adds up, and every block is given back.</summary>
public class PassTests
{
    private const int Count = 5000;
    private const int Dim = 3;

    public static TheoryData<string, int> CallsAndThreads
    {
        get
        {
            TheoryData<string, int> data = [];
            foreach (string call in Calls.Keys)
                foreach (int threads in new[] { 1, 3 }) data.Add(call, threads);
            return data;
        }
    }

    private static Dictionary<string, Action<IKernels, TestRows, Pass>> Calls { get; } = new()
    {
        ["inspect"] = (kernels, rows, pass) => kernels.Inspect(rows, [], pass),
        ["pool"] = (kernels, rows, pass) =>
            kernels.Pool(rows, [.. Enumerable.Range(0, Count + 1).Select(i => (long)i)], Pooling.Mean, false, new float[Count * Dim], pass),
        ["assign"] = (kernels, rows, pass) => kernels.AssignNearest(rows, [], new float[Dim], new int[Count], new double[Count], pass),
        ["accumulate"] = (kernels, rows, pass) => kernels.AccumulateCentroids(rows, [], new int[Count], 10, new long[Dim], pass),
        ["relax all"] = (kernels, rows, pass) => kernels.RelaxMinDistances(rows, [], [], new double[Dim], new int[Count], new double[Count], pass),
        ["relax some"] = (kernels, rows, pass) =>
            kernels.RelaxMinDistances(rows, [], [.. Enumerable.Range(0, Count)], new double[Dim], new int[Count], new double[Count], pass),
        ["top"] = (kernels, rows, pass) => kernels.TopSimilarities(rows, Ones, new([1, 2, 3], Dim, [0, 1]), Combination.Each, [], 5, pass),
        ["mean"] = (kernels, rows, pass) => kernels.TopSimilarities(rows, Ones, new([1, 2, 3], Dim, [0, 1]), Combination.Mean, [], 5, pass),
        ["ranges"] = (kernels, rows, pass) => kernels.SimilarityRanges(rows, Ones, new([1, 2, 3], Dim, [0, 1]), pass),
    };

    private static double[] Ones => [.. Enumerable.Repeat(1.0, Count)];

    [Theory]
    [MemberData(nameof(CallsAndThreads))]
    public void AFailureComesOutAsItself(string call, int threads)
    {
        IOException failure = new("the disk is gone");
        using TestRows rows = new(new float[Count * Dim], Dim, longestBlock: 50) { Trap = (3333, failure) };
        using IKernels kernels = KernelSets.Best(threads);
        Assert.Same(failure, Assert.Throws<IOException>(() => Calls[call](kernels, rows, Pass.Unwatched)));
        Assert.Equal(0, rows.Borrowed);
    }

    [Theory]
    [MemberData(nameof(CallsAndThreads))]
    public void ACancelledCallStops(string call, int threads)
    {
        using CancellationTokenSource source = new();
        using TestRows rows = new(new float[Count * Dim], Dim, longestBlock: 50);
        using IKernels kernels = KernelSets.Best(threads);
        Counter counter = new(source);
        Assert.Throws<OperationCanceledException>(() => Calls[call](kernels, rows, new Pass(counter, source.Token)));
        Assert.InRange(counter.Seen.Max(work => work.Done), 1, Count - 1);
        Assert.Equal(0, rows.Borrowed);
        Assert.Throws<OperationCanceledException>(() => Calls[call](kernels, rows, new Pass(null, new CancellationToken(true))));
    }

    [Theory]
    [MemberData(nameof(CallsAndThreads))]
    public void ProgressAddsUp(string call, int threads)
    {
        using TestRows rows = new(new float[Count * Dim], Dim, longestBlock: 70);
        using IKernels kernels = KernelSets.Best(threads);
        Counter counter = new(null);
        Calls[call](kernels, rows, new Pass(counter));
        Assert.All(counter.Seen, work => Assert.Equal(Count, work.Total));
        Assert.Equal(Count, counter.Seen.Max(work => work.Done));
        Assert.Equal(counter.Seen.Count, counter.Seen.Select(work => work.Done).Distinct().Count());
        Assert.Equal(call == "pool" ? "records" : "rows", counter.Seen.First().Unit);
    }

    [Fact]
    public void ARowWithoutDirectionIsNamed()
    {
        double[] norms = Ones;
        norms[4321] = 0;
        using TestRows rows = new(new float[Count * Dim], Dim);
        using IKernels kernels = KernelSets.Best(2);
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => kernels.SimilarityRanges(rows, norms, new([1, 2, 3], Dim, [0, 1]), Pass.Unwatched));
        Assert.Contains("Row 4321 ", refused.Message, StringComparison.Ordinal);
        refused = Assert.Throws<ArgumentException>(
            () => kernels.SimilarityRanges(rows, Ones, new([1, 2, 3, 0, 0, 0], Dim, [0, 2]), Pass.Unwatched));
        Assert.Contains("Query 1 ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ShapesAreChecked()
    {
        using TestRows rows = new(new float[12], 3);
        using IKernels kernels = KernelSets.Best(1);
        QueryGroups queries = new([1, 2, 3], 3, [0, 1]);
        double[] four = new double[4];
        int[] ints = new int[4];
        Action[] wrong =
        [
            () => kernels.Inspect(rows, new double[3], Pass.Unwatched),
            () => kernels.Pool(rows, [], Pooling.Mean, false, [], Pass.Unwatched),
            () => kernels.Pool(rows, [0, 5], Pooling.Mean, false, new float[3], Pass.Unwatched),
            () => kernels.Pool(rows, [-1, 2], Pooling.Mean, false, new float[3], Pass.Unwatched),
            () => kernels.Pool(rows, [0, 2, 2], Pooling.Mean, false, new float[6], Pass.Unwatched),
            () => kernels.Pool(rows, [0, 2], Pooling.Mean, false, new float[4], Pass.Unwatched),
            () => kernels.AssignNearest(rows, new double[3], new float[3], ints, four, Pass.Unwatched),
            () => kernels.AssignNearest(rows, [], [], ints, four, Pass.Unwatched),
            () => kernels.AssignNearest(rows, [], new float[4], ints, four, Pass.Unwatched),
            () => kernels.AssignNearest(rows, [], new float[3], new int[3], four, Pass.Unwatched),
            () => kernels.AssignNearest(rows, [], new float[3], ints, new double[5], Pass.Unwatched),
            () => kernels.AccumulateCentroids(rows, [], [0, 1, 2, 0], 0, new long[6], Pass.Unwatched),
            () => kernels.AccumulateCentroids(rows, [], new int[5], 0, new long[6], Pass.Unwatched),
            () => kernels.RelaxMinDistances(rows, [], [4], new double[3], ints, four, Pass.Unwatched),
            () => kernels.RelaxMinDistances(rows, [], [-1], new double[3], ints, four, Pass.Unwatched),
            () => kernels.RelaxMinDistances(rows, [], [], new double[3], [0, 2, 0, 0], four, Pass.Unwatched),
            () => kernels.RelaxMinDistances(rows, [], [1], new double[3], [0, -1, 0, 0], four, Pass.Unwatched),
            () => kernels.RelaxMinDistances(rows, [], [], new double[4], ints, four, Pass.Unwatched),
            () => kernels.TopSimilarities(rows, four, queries, Combination.Each, [], 0, Pass.Unwatched),
            () => kernels.TopSimilarities(rows, new double[3], queries, Combination.Each, [], 1, Pass.Unwatched),
            () => kernels.TopSimilarities(rows, four, queries, Combination.NormalizedMean, [], 1, Pass.Unwatched),
            () => kernels.TopSimilarities(rows, four, queries, Combination.Mean, [default], 1, Pass.Unwatched),
            () => kernels.SimilarityRanges(rows, four, new([1, 2], 2, [0, 1]), Pass.Unwatched),
        ];
        Assert.All(wrong, call => Assert.ThrowsAny<ArgumentException>(call));
    }

    private sealed class Counter(CancellationTokenSource? source) : IProgress<WorkDone>
    {
        public ConcurrentBag<WorkDone> Seen { get; } = [];

        public void Report(WorkDone value)
        {
            Seen.Add(value);
            source?.Cancel();
        }
    }
}
