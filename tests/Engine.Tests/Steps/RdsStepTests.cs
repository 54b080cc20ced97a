using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;
using Rds = Engine.Steps.Rds;

namespace Engine.Tests.Steps;

public sealed class RdsStepTests
{
    // The golden tables of cosines.
    private static readonly double[][] Single = [[.9, .8, .1, .5, .3, .8], [.9, .2, .7, .6, .1, 0], [.1, .95, .2, .3, .9, .4]];
    private static readonly double[][] TaskA = [[.9, .1, .4, .2, .3], [.2, .3, .8, .1, .25]];
    private static readonly double[] TaskB = [.85, .6, .5, .7, .65];

    [Theory]
    [InlineData("{0}", new[] { 0, 1, 2, 4, 5, 3 }, new[] { .9, .95, .7, .9, .8, .6 })]
    [InlineData("{0}, \"duplicates\": \"consume\", \"reduce\": \"roundRobin\"", new[] { 0, 1, 2, 4, 5, 3 }, new[] { .9, .95, .7, .9, .8, .6 })]
    [InlineData("{0}, \"duplicates\": \"skip\"", new[] { 0, 2, 1, 5, 3, 4 }, new[] { .9, .7, .95, .8, .6, .9 })]
    [InlineData("{0}, \"reduce\": \"max\"", new[] { 1, 0, 4, 5, 2, 3 }, new[] { .95, .9, .9, .8, .7, .6 })]
    [InlineData("{0}, \"reduce\": \"mean\"", new[] { 1, 0, 3, 4, 5, 2 }, new[] { .65, .633333, .466667, .433333, .4, .333333 })]
    [InlineData("{0}, \"reduce\": \"normalizedMean\"", new[] { 1, 0, 3, 4, 5, 2 }, new[] { .699074, .666667, .46732, .434096, .409314, .298475 })]
    public void OneTaskFollowsTheGoldenTable(string plan, int[] rows, double[] scores)
    {
        (Embeddings pool, Embeddings[] queries) = Halved(Single, [3]);
        for (int budget = 1; budget <= 6; budget++)
        {
            string text = plan.Replace("{0}", $$"""{ "in": "pool", "queries": { "gsm8k": "q" }, "search": "exact", "budget": {{budget}}""", StringComparison.Ordinal) + " }";
            Selection chosen = Select("rds", text, ("pool", pool), ("q", queries[0]));
            Assert.Equal(rows[..budget], chosen.Indices);
            double scale = plan.Contains("normalizedMean", StringComparison.Ordinal) ? 1 : 0.5;
            for (int i = 0; i < budget; i++) Assert.Equal(scale * scores[i], chosen.Scores![i], 1e-6);
            Assert.Null(chosen.Tasks);
            Assert.Equal(6, chosen.PoolRows);
        }
    }

    [Fact]
    public void TasksTakeTurnsInPlanOrder()
    {
        (Embeddings pool, Embeddings[] queries) = Halved([.. TaskA, TaskB], [2, 1]);
        Selection chosen = Select("rds", """{ "in": "pool", "queries": { "A": "a", "B": "b" }, "budget": 5 }""", ("pool", pool), ("a", queries[0]), ("b", queries[1]));
        Assert.Equal([0, 2, 3, 1, 4], chosen.Indices);
        double[] scores = [.85, .8, .7, .3, .65];
        for (int i = 0; i < 5; i++) Assert.Equal(scores[i] / 2, chosen.Scores![i], 1e-6);
        Assert.Equal(["A", "A", "B", "A", "B"], chosen.Tasks!);
        Assert.Equal([0, 1, 0, 1, 0], chosen.Queries!);

        Selection other = Select("rds", """{ "in": "pool", "queries": { "B": "b", "A": "a" }, "budget": 3 }""", ("pool", pool), ("a", queries[0]), ("b", queries[1]));
        Assert.Equal([0, 3, 2], other.Indices);
        Assert.Equal(["B", "B", "A"], other.Tasks!);
    }

    [Fact]
    public void CombinedScoresAreBestFirstAndOnlyTheHighestNamesItsTaskAndQuery()
    {
        (Embeddings pool, Embeddings[] queries) = Halved([.. TaskA, TaskB], [2, 1]);
        double[] max = [.9, .3, .8, .2, .3];
        double[] mean = [.. max.Zip(TaskB, (a, b) => (a + b) / 2)];
        double[] highest = [.. max.Zip(TaskB, Math.Max)];
        foreach ((RdsReduce reduce, double[] scores) in ((RdsReduce, double[])[])[(RdsReduce.Mean, mean), (RdsReduce.Max, highest)])
        {
            Selection chosen = Run(new Rds { In = pool, Queries = [new("A", queries[0]), new("B", queries[1])], Budget = 5, Reduce = reduce });
            Assert.Equal(Enumerable.Range(0, 5).OrderByDescending(r => scores[r]).ThenBy(r => r), chosen.Indices);
            Assert.Equal(chosen.Scores!.OrderDescending(), chosen.Scores!);
            Assert.Equal(reduce == RdsReduce.Max ? chosen.Indices.Select(r => max[r] >= TaskB[r] ? "A" : "B") : null, chosen.Tasks);
            Assert.Equal(reduce == RdsReduce.Max ? chosen.Indices.Select(r => max[r] >= TaskB[r] && TaskA[1][r] > TaskA[0][r] ? 1 : 0) : null, chosen.Queries);
        }
    }

    [Fact]
    public void LengthsDoNotMatter()
    {
        Embeddings pool = Vectors(2, 100, 0, 0.001f, 0.001f, 0, 3);
        Selection chosen = Run(new Rds { In = pool, Queries = [new("t", Vectors(2, 0, 50))], Budget = 3 });
        Assert.Equal([2, 1, 0], chosen.Indices);
        double[] scores = [1, Math.Sqrt(0.5), 0];
        for (int i = 0; i < 3; i++) Assert.Equal(scores[i], chosen.Scores![i], 1e-12);
    }

    [Fact]
    public void CapsBindSources()
    {
        MemoryRecords records = MemoryRecords.OfSources("a", "a", "b", "a", "b", "");
        Embeddings pool = Bound(records, 2, 1, .01f, 1, .02f, 1, .03f, 1, .04f, 1, .05f, 1, .06f);
        Embeddings query = Vectors(2, 1, 0);
        Selection Capped(string caps) => Select("rds", $$"""{ "in": "pool", "queries": { "t": "q" }, "budget": 4, "caps": {{caps}} }""", ("pool", pool), ("q", query));
        Assert.Equal([0, 1, 2, 3], Run(new Rds { In = pool, Queries = [new("t", query)], Budget = 4 }).Indices);
        Assert.Equal([0, 1, 2, 4], Capped("""{ "a": 2 }""").Indices);
        Assert.Equal([0, 1, 2, 4], Capped("""{ "*": "50%" }""").Indices);
        Assert.Equal([0, 2, 4, 5], Capped("""{ "a": "25%", "*": 9 }""").Indices);
        Assert.Same(records, Capped("""{ "a": 2 }""").Pool);
        Refused(Bind("rds", """{ "in": "pool", "queries": { "t": "q" }, "budget": 5, "caps": { "*": 1 } }""", ("pool", pool), ("q", query)), ExitCode.Input, "BUDGET", "5 rows", "only 3");
        Refused(new Rds { In = pool, Queries = [new("t", query)], Budget = 1, Caps = [new("A", 1)] }, ExitCode.Input, "SOURCE", "\"A\"", "Did you mean \"a\"");
        Refused(new Rds { In = Vectors(1, 1), Queries = [new("t", Vectors(1, 1))], Budget = 1, Caps = [new("a", 1)] }, ExitCode.Input, "SOURCE", "rowsOf");
    }

    [Fact]
    public void SourcesThatFitAPatternShareOneCap()
    {
        MemoryRecords records = MemoryRecords.OfSources("science.a", "sciriff", "science.b", "big-science", "b", "*");
        Embeddings pool = Bound(records, 2, 1, .01f, 1, .02f, 1, .03f, 1, .04f, 1, .05f, 1, .06f);
        Embeddings query = Vectors(2, 1, 0);
        Selection Capped(string caps, int budget) => Select("rds", $$"""{ "in": "pool", "queries": { "t": "q" }, "budget": {{budget}}, "caps": {{caps}} }""", ("pool", pool), ("q", query));
        Assert.Equal([0, 1, 4, 5], Capped("""{ "*science*": 1 }""", 4).Indices);
        Assert.Equal([0, 1, 2, 4], Capped("""{ "*science*": 2 }""", 4).Indices);

        // A name has a cap of its own whatever patterns fit it, an earlier pattern wins, and the lone asterisk is each source left.
        Assert.Equal([0, 1, 3, 4], Capped("""{ "*science*": 1, "big-science": 1 }""", 4).Indices);
        Assert.Equal([0, 1, 3, 4], Capped("""{ "sci*": 2, "*science*": 1, "big-science": 1 }""", 4).Indices);
        Assert.Equal([0, 1, 4, 5], Capped("""{ "*science*": "25%", "*": 1 }""", 4).Indices);
        Refused(new Rds { In = pool, Queries = [new("t", query)], Budget = 1, Caps = [new("*maths*", 1)] }, ExitCode.Input, "SOURCE", "*maths*");
    }

    [Theory]
    [InlineData("consume", new[] { 5, 4, 0 })]
    [InlineData("skip", new[] { 5, 4, 0 })]
    [InlineData("consume", new[] { 5, 0, 4 })]
    public void OnlyRowsWithinMayBeChosen(string duplicates, int[] order)
    {
        double[][] table = order[1] == 4 ? [[.1, .8, .1, .5, .3, .9], [.2, .9, .7, .6, .8, 0], [.1, .95, .2, .3, .05, 0]] : [[.4, .8, .1, .5, .3, .9], [.2, .9, .7, .6, .8, 0], [.97, .95, .2, .3, .05, 0]];
        (Embeddings pool, Embeddings[] queries) = Halved(table, [3]);
        string text = $$"""{ "in": "pool", "queries": { "t": "q" }, "within": "some", "budget": 3, "duplicates": "{{duplicates}}" }""";
        Selection chosen = Select("rds", text, ("pool", pool), ("q", queries[0]), ("some", Chosen(6, 4, 0, 5)));
        Assert.Equal(ByDefinition(table, [0, 4, 5], duplicates == "skip"), chosen.Indices);
        Assert.Equal(order, chosen.Indices);
        foreach (string reduce in (string[])["max", "mean", "normalizedMean", "min"])
        {
            Selection other = Select("rds", text.Replace("\"budget\"", $"\"reduce\": \"{reduce}\", \"budget\"", StringComparison.Ordinal), ("pool", pool), ("q", queries[0]), ("some", Chosen(6, 4, 0, 5)));
            Assert.Equal([0, 4, 5], other.Indices.Order());
        }

        Refused(Bind("rds", text.Replace("3", "4", StringComparison.Ordinal), ("pool", pool), ("q", queries[0]), ("some", Chosen(6, 4, 0, 5))), ExitCode.Input, "BUDGET", "4 rows", "only 3");
        Refused(Bind("rds", text, ("pool", pool), ("q", queries[0]), ("some", Chosen(7, 4, 0, 5))), ExitCode.Input, "POOL", "within");
    }

    [Fact]
    public void LowestFirstIsTheRoundRobinFromBelow()
    {
        (Embeddings pool, Embeddings[] queries) = Halved(Single, [3]);
        Selection chosen = Select("rds", """{ "in": "pool", "queries": { "t": "q" }, "reduce": "min", "budget": 4 }""", ("pool", pool), ("q", queries[0]));

        // From below: q0 2 4 3 1 5 0, q1 5 4 1 3 2 0, q2 0 2 3 5 4 1 (ties to the lower row).
        Assert.Equal([2, 5, 0, 4], chosen.Indices);
        Assert.Equal([0, 1, 2, 0], chosen.Queries!);
        double[] scores = [.1, 0, .1, .3];
        for (int i = 0; i < 4; i++) Assert.Equal(scores[i] / 2, chosen.Scores![i], 1e-6);
        Assert.Equal("0", chosen.Scores![1].ToString("R", System.Globalization.CultureInfo.InvariantCulture));

        // Several tasks: a task's worst score of a row is the highest under which it popped it.
        (pool, queries) = Halved([.. TaskA, TaskB], [2, 1]);
        chosen = Select("rds", """{ "in": "pool", "queries": { "A": "a", "B": "b" }, "reduce": "min", "budget": 5 }""", ("pool", pool), ("a", queries[0]), ("b", queries[1]));
        Assert.Equal(5, chosen.Indices.Distinct().Count());
        Assert.Equal(1, chosen.Indices[0]);
        Assert.Equal("A", chosen.Tasks![0]);
    }

    [Fact]
    public void RefusesWhatDoesNotFit()
    {
        QueryTask[] good = [new("t", Vectors(2, 1, 0))];
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = good, Budget = 2 }, ExitCode.Input, "BUDGET", "2 rows", "only 1");
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = [new("math", Vectors(3, 1, 0, 0))], Budget = 1 }, ExitCode.Input, "DIM", "\"math\"", "3 elements", "has 2");
        Refused(new Rds { In = Vectors(2, 1, 1, 0, 0), Queries = good, Budget = 1 }, ExitCode.Input, "ZERO_ROW", "row 1 ");
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = [new("t", Vectors(2, 1, 0, 0, 0))], Budget = 1 }, ExitCode.Input, "ZERO_ROW", "row 1 ");
        Refused(new Rds { In = Vectors(2, 1, float.NaN), Queries = good, Budget = 1 }, ExitCode.Input, "NOT_FINITE", "row 0 ");
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = [new("t", Vectors(2, float.NegativeInfinity, 0))], Budget = 1 }, ExitCode.Input, "NOT_FINITE", "row 0 ");
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = good, Budget = 1, Search = SimilaritySearch.Faiss, Reduce = Engine.Kernels.Algorithms.RdsReduce.Mean }, ExitCode.Plan, "REDUCE", "\"exact\"");
        Assert.Contains(ReadErrors("rds", """{ "in": "pool", "queries": {}, "budget": 1 }"""), e => e.Code == "RANGE");
    }

    [Fact]
    public void WorkIsCounted()
    {
        StepRun run = NewRun();
        new Rds { In = Vectors(2, 1, 1, 2, 0, 3, 1), Queries = [new("t", Vectors(2, 1, 0, 0, 1))], Budget = 1 }.Run(run);
        Assert.Equal(2.0 * 3 * 2 * 2, run.Flops);
        Assert.Equal(2 * 3 * 2 * 4, run.Bytes);
        Assert.Equal(2, run.Facts["queries"]);
    }

    /// <summary>Round robin as it is defined, over whole rankings, with rows that may not be chosen.</summary>
    private static int[] ByDefinition(double[][] table, int[] allowed, bool skip)
    {
        Queue<int>[] rankings = [.. table.Select(scores => new Queue<int>(Enumerable.Range(0, scores.Length).OrderByDescending(r => scores[r]).ThenBy(r => r)))];
        List<int> chosen = [];
        while (chosen.Count < allowed.Length)
        {
            foreach (Queue<int> ranking in rankings)
            {
                bool used = chosen.Count == allowed.Length;
                while (!used && ranking.TryDequeue(out int row))
                {
                    bool taken = allowed.Contains(row) && !chosen.Contains(row);
                    if (taken) chosen.Add(row);
                    used = taken || !skip;
                }
            }
        }

        return [.. chosen];
    }

    /// <summary>A pool and axes as queries, such that the cosine of query q and row j is half of table[q][j]; equal entries give equal cosines.</summary>
    private static (Embeddings Pool, Embeddings[] Tasks) Halved(double[][] table, int[] queriesPerTask)
    {
        int queries = table.Length, rows = table[0].Length, dim = queries + 3;
        float[] pool = new float[rows * dim];
        for (int j = 0; j < rows; j++)
        {
            Span<float> row = pool.AsSpan(j * dim, dim);
            double rest = 1;
            for (int q = 0; q < dim; q++)
            {
                // The last elements fill the row up to length 1, each with what the one before left by rounding down.
                row[q] = q < queries ? (float)(table[q][j] / 2) : MathF.BitDecrement((float)Math.Sqrt(rest));
                if (rest == 0) row[q] = 0;
                rest -= (double)row[q] * row[q];
            }
        }

        List<Embeddings> tasks = [];
        int next = 0;
        foreach (int count in queriesPerTask)
        {
            float[] axes = new float[count * dim];
            for (int q = 0; q < count; q++) axes[q * dim + next + q] = 1;
            tasks.Add(Vectors(dim, axes));
            next += count;
        }

        return (Vectors(dim, pool), [.. tasks]);
    }
}
