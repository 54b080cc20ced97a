using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Selection by similarity from vectors to rows.</summary>
/// <remarks>
/// No vectors have the cosines of golden data B (no 3 x 3 matrix of query cosines admits all six rows), so rows are built to have half of each
/// score: whole numbers 20 * score along orthogonal queries, and the rest of a squared norm of 1600 along four more axes as a sum of four squares.
/// Then dot products and norms are exact and ties are ties.
/// </remarks>
public sealed class RdsTests
{
    private const int Filler = 4;
    private static readonly double[][] s_goldenB = [[.9, .8, .1, .5, .3, .8], [.9, .2, .7, .6, .1, .0], [.1, .95, .2, .3, .9, .4]];
    private static readonly double[][] s_goldenC = [[.9, .1, .4, .2, .3], [.2, .3, .8, .1, .25], [.85, .6, .5, .7, .65]];

    public static TheoryData<string> Kernels => KernelCases.Names;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Golden_B_one_task(string kernels)
    {
        int[] one = [0, 3];
        Check(Select(kernels, s_goldenB, one, new() { Count = 6 }), [0, 1, 2, 4, 5, 3], [.9, .95, .7, .9, .8, .6], [0, 2, 1, 2, 0, 1]);
        Check(Select(kernels, s_goldenB, one, new() { Count = 5, Duplicates = Duplicates.Skip }), [0, 2, 1, 5, 3], [.9, .7, .95, .8, .6], [0, 1, 2, 0, 1]);
        Check(Select(kernels, s_goldenB, one, new() { Count = 6, Reduce = RdsReduce.Max }), [1, 0, 4, 5, 2, 3], [.95, .9, .9, .8, .7, .6]);
        Check(Select(kernels, s_goldenB, one, new() { Count = 6, Reduce = RdsReduce.Mean }), [1, 0, 3, 4, 5, 2], [.65, .633333, .466667, .433333, .4, .333333]);

        RdsResult normalized = Select(kernels, s_goldenB, one, new() { Count = 6, Reduce = RdsReduce.NormalizedMean });
        Assert.Equal([1, 0, 3, 4, 5, 2], normalized.Rows);
        double[] expected = [.699074, .666667, .46732, .434096, .409314, .298475];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], normalized.Scores[i], 6e-7);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Golden_C_several_tasks(string kernels)
    {
        int[] two = [0, 2, 3];
        Check(Select(kernels, s_goldenC, two, new() { Count = 5 }), [0, 2, 3, 1, 4], [.85, .8, .7, .3, .65], [0, 0, 1, 0, 1]);
        Check(Select(kernels, s_goldenC, two, new() { Count = 3 }), [0, 2, 3], [.85, .8, .7], [0, 0, 1]);
        Check(Select(kernels, s_goldenC, two, new() { Count = 3, Reduce = RdsReduce.Max }), [0, 2, 3], [.9, .8, .7]);
        Check(Select(kernels, s_goldenC, two, new() { Count = 3, Reduce = RdsReduce.Mean }), [0, 2, 4], [.875, .65, .475]);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Caps_hold_for_every_reduce(string kernels)
    {
        // Rows 0, 1 and 4 share a source that may give one row.
        foreach ((RdsReduce reduce, int[] rows) in new[]
        {
            (RdsReduce.RoundRobin, new[] { 0, 2, 5, 3 }), (RdsReduce.Max, [1, 5, 2, 3]), (RdsReduce.Mean, [1, 3, 5, 2]), (RdsReduce.NormalizedMean, [1, 3, 5, 2]),
        })
        {
            RdsOptions options = new() { Count = 6, Reduce = reduce, FirstDepth = 1, Caps = new CapTracker([0, 0, -1, 1, 0, -1], [1, 5]) };
            Assert.Equal(rows, Select(kernels, s_goldenB, [0, 3], options).Rows);
        }

        Assert.Equal([3, 4], Select(kernels, s_goldenB, [0, 3], new() { Count = 2, Reduce = RdsReduce.Mean, Allowed = row => row >= 3 }).Rows);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Depth_block_size_and_scale_of_rows_change_nothing(string kernels)
    {
        RandomStream stream = new(3, "rds");
        const int Rows = 300, Dim = 12;
        float[] values = KernelCases.Gaussian(stream, Rows * Dim);
        float[] doubled = [.. values.Select((x, i) => i / Dim % 3 == 0 ? 2 * x : x)];
        QueryGroups tasks = new(KernelCases.Gaussian(stream, 9 * Dim), Dim, [0, 2, 3, 9]);
        foreach (QueryGroups queries in new[] { tasks, new QueryGroups(tasks.Vectors, Dim, [0, 9]) })
        {
            foreach (RdsReduce reduce in Enum.GetValues<RdsReduce>())
            {
                RdsOptions options = new() { Count = 120, Reduce = reduce };
                RdsResult whole = Select(kernels, values, queries, options, most: Rows);
                Assert.Equal(120, whole.Rows.Distinct().Count());
                Assert.Equal(reduce is RdsReduce.Mean or RdsReduce.NormalizedMean, whole.Queries is null);
                if (whole.Queries is not null) Assert.All(Enumerable.Range(0, 120), i => Assert.True(NamesItsQuery(whole, i, values, queries, reduce)));
                Same(whole, Select(kernels, values, queries, options with { FirstDepth = 1 }, most: Rows));
                Same(whole, Select(kernels, values, queries, options with { FirstDepth = 7 }, most: 13));
                Assert.Equal(whole.Rows, Select(kernels, doubled, queries, options, most: 1).Rows);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Round_robin_over_tasks_equals_round_robin_over_their_maxima(string kernels)
    {
        RandomStream stream = new(4, "rds maxima");
        const int Rows = 90, Dim = 5;
        float[] values = KernelCases.Gaussian(stream, Rows * Dim);
        QueryGroups tasks = new(KernelCases.Gaussian(stream, 6 * Dim), Dim, [0, 1, 4, 6]);
        double[][] maxima = [.. Enumerable.Range(0, 3).Select(_ => new double[Rows])];
        for (int row = 0; row < Rows; row++)
        {
            for (int g = 0; g < 3; g++)
                maxima[g][row] = Enumerable.Range(tasks.Starts[g], tasks.Starts[g + 1] - tasks.Starts[g]).Max(q => Cosine(values, row, tasks.Vectors, q, Dim));
        }

        RoundRobinResult expected = RoundRobin.Select(RoundRobinTests.Rank(maxima), new() { Count = 40 });
        RdsResult actual = Select(kernels, values, tasks, new() { Count = 40 }, most: Rows);
        Assert.Equal(expected.Rows, actual.Rows);
        Assert.Equal(expected.Groups, actual.Tasks!);
        for (int i = 0; i < 40; i++) Assert.Equal(expected.LowestScores[i], actual.Scores[i], 1e-12);
    }

    [Fact]
    public void Wrong_shapes_and_counts_are_refused_with_both_numbers()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => Select("oracle", s_goldenB, [0, 3], new() { Count = 7 }));
        Assert.Contains("7 rows", error.Message, StringComparison.Ordinal);
        Assert.Contains("only 6", error.Message, StringComparison.Ordinal);

        using OracleKernels kernels = new();
        using ArrayRows rows = ArrayRows.From(new float[] { 1, 0, 0, 1 }, 2);
        QueryGroups queries = new([1, 1], 2, [0, 1]);
        Assert.Throws<ArgumentException>(() => Rds.Select(rows, [1], queries, new() { Count = 1 }, kernels, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => Rds.Select(rows, [1, 1], new([1, 1, 1], 3, [0, 1]), new() { Count = 1 }, kernels, Pass.Unwatched));
        RdsOptions options = new() { Count = 1, Caps = new CapTracker([0], [1]) };
        Assert.Throws<ArgumentException>(() => Rds.Select(rows, [1, 1], queries, options, kernels, Pass.Unwatched));
    }

    /// <summary>Rows whose cosine to query q is scores[q][row] / 2, exactly.</summary>
    private static float[] WithHalfScores(double[][] scores)
    {
        int queries = scores.Length, dim = queries + Filler;
        float[] values = new float[scores[0].Length * dim];
        for (int row = 0; row < scores[0].Length; row++)
        {
            int rest = 1600;
            for (int q = 0; q < queries; q++)
            {
                int along = (int)Math.Round(20 * scores[q][row]);
                values[row * dim + q] = along;
                rest -= along * along;
            }

            int[] squares = (from a in Enumerable.Range(0, 41)
                             from b in Enumerable.Range(0, 41)
                             from c in Enumerable.Range(0, 41)
                             let d = (int)Math.Sqrt(Math.Max(0, rest - a * a - b * b - c * c))
                             where a * a + b * b + c * c + d * d == rest
                             select new[] { a, b, c, d }).First();
            for (int i = 0; i < Filler; i++) values[row * dim + queries + i] = squares[i];
        }

        return values;
    }

    private static RdsResult Select(string kernels, double[][] scores, int[] starts, RdsOptions options)
    {
        int queries = scores.Length, dim = queries + Filler;
        float[] axes = new float[queries * dim];
        for (int q = 0; q < queries; q++) axes[q * dim + q] = 1;
        return Select(kernels, WithHalfScores(scores), new QueryGroups(axes, dim, starts), options, most: 4);
    }

    private static RdsResult Select(string name, float[] values, QueryGroups tasks, RdsOptions options, int most)
    {
        using IKernels kernels = KernelCases.Open(name);
        using ShortBlocks rows = new(ArrayRows.From(values, tasks.Dim), most);
        double[] norms = new double[rows.Rows];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        return Rds.Select(rows, norms, tasks, options, kernels, Pass.Unwatched);
    }

    private static double Cosine(float[] rows, int row, float[] queries, int query, int dim)
    {
        double dot = 0, rr = 0, qq = 0;
        for (int i = 0; i < dim; i++)
        {
            double r = rows[row * dim + i], q = queries[query * dim + i];
            dot += r * q;
            rr += r * r;
            qq += q * q;
        }

        return dot / Math.Sqrt(rr * qq);
    }

    /// <summary>The query a row is named with is its task's most similar one (with one task: that visited it), and gives no less than the score.</summary>
    private static bool NamesItsQuery(RdsResult result, int place, float[] values, QueryGroups queries, RdsReduce reduce)
    {
        int task = result.Tasks![place], query = queries.Starts[task] + result.Queries![place], sign = reduce == RdsReduce.Min ? -1 : 1;
        double cosine = sign * Cosine(values, result.Rows[place], queries.Vectors, query, queries.Dim), score = sign * result.Scores[place];
        if (queries.Groups == 1 && reduce != RdsReduce.Max) return Math.Abs(cosine - score) < 1e-12;
        (int from, int to) = reduce == RdsReduce.Max ? (0, queries.Count) : (queries.Starts[task], queries.Starts[task + 1]);
        double best = Enumerable.Range(from, to - from).Max(q => sign * Cosine(values, result.Rows[place], queries.Vectors, q, queries.Dim));
        return query < to && Math.Abs(cosine - best) < 1e-12 && score <= cosine + 1e-12;
    }

    private static void Check(RdsResult actual, int[] rows, double[] scores, int[]? groups = null)
    {
        Assert.Equal(rows, actual.Rows);
        if (groups is not null) Assert.Equal(groups, actual.Tasks!.All(task => task == 0) ? actual.Queries! : actual.Tasks!);
        for (int i = 0; i < scores.Length; i++) Assert.Equal(scores[i] / 2, actual.Scores[i], 6e-7);
    }

    private static void Same(RdsResult expected, RdsResult actual)
    {
        Assert.Equal(expected.Rows, actual.Rows);
        Assert.Equal(expected.Scores, actual.Scores);
        Assert.Equal(expected.Tasks, actual.Tasks);
        Assert.Equal(expected.Queries, actual.Queries);
    }
}
