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

        Selection other = Select("rds", """{ "in": "pool", "queries": { "B": "b", "A": "a" }, "budget": 3 }""", ("pool", pool), ("a", queries[0]), ("b", queries[1]));
        Assert.Equal([0, 3, 2], other.Indices);
        Assert.Equal(["B", "B", "A"], other.Tasks!);
    }

    [Fact]
    public void CombinedScoresAreBestFirstAndNameNoTask()
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
            Assert.Null(chosen.Tasks);
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
    public void RefusesWhatDoesNotFit()
    {
        QueryTask[] good = [new("t", Vectors(2, 1, 0))];
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = good, Budget = 2 }, ExitCode.Input, "BUDGET", "2 rows", "only 1");
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = [new("math", Vectors(3, 1, 0, 0))], Budget = 1 }, ExitCode.Input, "DIM", "\"math\"", "3 elements", "has 2");
        Refused(new Rds { In = Vectors(2, 1, 1, 0, 0), Queries = good, Budget = 1 }, ExitCode.Input, "ZERO_ROW", "row 1 ");
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = [new("t", Vectors(2, 1, 0, 0, 0))], Budget = 1 }, ExitCode.Input, "ZERO_ROW", "row 1 ");
        Refused(new Rds { In = Vectors(2, 1, float.NaN), Queries = good, Budget = 1 }, ExitCode.Input, "NOT_FINITE", "row 0 ");
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = [new("t", Vectors(2, float.NegativeInfinity, 0))], Budget = 1 }, ExitCode.Input, "NOT_FINITE", "row 0 ");
        Refused(new Rds { In = Vectors(2, 1, 1), Queries = good, Budget = 1, Search = SimilaritySearch.Faiss }, ExitCode.Native, "FAISS", "\"exact\"");
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
