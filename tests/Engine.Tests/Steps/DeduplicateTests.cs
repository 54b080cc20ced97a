using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using Engine.Tests.Algorithms;
using Engine.Tests.Runs;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>Duplicates: which rows go, for which keeper, and that it is what comparing every pair gives.</summary>
public sealed class DeduplicateTests
{
    // Ten degrees apart: neighbours have cosine 0.985, the next 0.940.
    private static float[] Chain => [.. new[] { 0, 10, 20, 30, 90 }.SelectMany(d => new[] { (float)Math.Cos(d * Math.PI / 180), (float)Math.Sin(d * Math.PI / 180) })];

    [Theory]
    [InlineData("""{ "in": "v" }""", new[] { 0, 4 })]
    [InlineData("""{ "in": "v", "against": "kept" }""", new[] { 0, 2, 4 })]
    [InlineData("""{ "in": "v", "against": "kept", "threshold": 0.93 }""", new[] { 0, 3, 4 })]
    [InlineData("""{ "in": "v", "threshold": 0.99 }""", new[] { 0, 1, 2, 3, 4 })]
    [InlineData("""{ "in": "v", "keep": "highest", "scores": "s", "against": "kept" }""", new[] { 1, 3, 4 })]
    [InlineData("""{ "in": "v", "within": "w", "against": "kept" }""", new[] { 3, 1 })]
    public void AChainOfSimilarRows(string plan, int[] stay)
    {
        using Embeddings vectors = Vectors(2, Chain);
        var scores = new ScoreTable(new Dictionary<string, double[]> { ["q"] = [1, 5, 2, 4, 0] }, "q.csv");
        Selection kept = Select("dedup", plan, ("v", vectors), ("s", scores), ("w", Chosen(5, 3, 2, 1)));
        Assert.Equal(stay, kept.Indices);
        Assert.Equal(5, kept.PoolRows);
    }

    [Fact]
    public void EveryRemovedRowNamesItsKeeper()
    {
        using Embeddings vectors = Vectors(2, Chain);
        Duplicate[] earlier = [.. Run(new Deduplicate { In = vectors }).Duplicates!];
        Assert.Equal([(1, 0, 0), (2, 0, 1), (3, 0, 2)], earlier.Select(d => (d.Row, d.Keeper, d.Like)));
        Assert.All(earlier, d => Assert.Equal(Math.Cos(Math.PI / 18), d.Cosine!.Value, 1e-6));
        Assert.Equal([(1, 0, 0), (3, 2, 2)], Run(new Deduplicate { In = vectors, Against = SimilarityAgainst.Kept }).Duplicates!.Select(d => (d.Row, d.Keeper, d.Like)));
    }

    [Fact]
    public void WithinClustersTheFarthestFromTheCentroidStays()
    {
        using Embeddings vectors = Vectors(2, 1, 0, 2, 0.1f, 10, 0.5f, -1, 5, -1, 5);
        Clustering clusters = new()
        {
            Of = vectors,
            Centroids = [1.5f, 0, -1, 5],
            Assignments = [0, 0, 0, 1, 1],
            Sizes = [3, 2],
            Inertia = 0,
            Iterations = 0,
        };
        Assert.Equal([2, 3], Select("dedup", """{ "in": "v", "clusters": "c" }""", ("v", vectors), ("c", clusters)).Indices);
        Assert.Equal([0, 3], Select("dedup", """{ "in": "v", "clusters": "c", "keep": "first" }""", ("v", vectors), ("c", clusters)).Indices);
        Assert.Equal([0, 3], Select("dedup", """{ "in": "v", "clusters": "c", "keep": "nearest", "threshold": 0.99 }""", ("v", vectors), ("c", clusters)).Indices);
        Refused(new Deduplicate { In = vectors, Keep = DuplicateKeep.Nearest }, ExitCode.Plan, "KEYS", "clusters");
        Refused(new Deduplicate { In = vectors, Keep = DuplicateKeep.Highest }, ExitCode.Plan, "KEYS", "scores");
        Refused(new Deduplicate { In = vectors, Within = Chosen(4, 1) }, ExitCode.Input, "POOL", "4 rows", "5");
    }

    [Fact]
    public void RecordsOfTheSameTurnsGo()
    {
        Records pool = Records.From(
        [
            new([new Turn("user", "a"), new Turn("assistant", "b")]),
            new([new Turn("user", " a\n"), new Turn("assistant", "b ")]),
            new([new Turn("user", "a"), new Turn("user", "b")]),
            new([new Turn("user", "a\nassistant: b")]),
            new([new Turn("user", "A"), new Turn("assistant", "b")]),
        ]);
        Selection kept = Select("dedup", """{ "in": "pool" }""", ("pool", pool));
        Assert.Equal([0, 2, 3, 4], kept.Indices);
        Assert.Equal(new Duplicate(1, 0, 0, null), Assert.Single(kept.Duplicates!));
        Refused(new Deduplicate { In = pool, Keep = DuplicateKeep.Farthest }, ExitCode.Plan, "KEYS", "exactly");
    }

    [Theory]
    [InlineData("best, 1 thread", SimilarityAgainst.Kept)]
    [InlineData("best, 3 threads", SimilarityAgainst.Kept)]
    [InlineData("best, 3 threads", SimilarityAgainst.Earlier)]
    public void ItIsWhatComparingEveryPairGives(string set, SimilarityAgainst against)
    {
        // More rows than two blocks, many of them copies or nearly so, in an order of their own.
        const int Rows = 2500, Dim = 5;
        var random = new RandomStream(8, "dedup");
        float[] values = KernelCases.Gaussian(random, Rows * Dim);
        for (int r = 0; r < Rows; r++)
            if (random.NextBelow(3) == 0) values.AsSpan((int)random.NextBelow(Rows) * Dim, Dim).CopyTo(values.AsSpan(r * Dim));
        int[] order = random.Sample(Rows, Rows);
        using var rows = ArrayRows.From(values, Dim);
        using IKernels kernels = KernelCases.Open(set);
        double[] norms = new double[Rows];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        SimilarityFilterResult found = SimilarityFilter.Run(rows, norms, order, 0.97, against, Rows, kernels, Pass.Unwatched);

        List<int> kept = [], before = [];
        Dictionary<int, int> keepers = [];
        foreach (int row in order)
        {
            int like = -1;
            double best = 0.97;
            foreach (int other in (against == SimilarityAgainst.Kept ? kept : before).Order())
            {
                double cosine = Kernels.Oracle.Cosine(values[(row * Dim)..(row * Dim + Dim)], values[(other * Dim)..(other * Dim + Dim)]);
                if (cosine > best) (best, like) = (cosine, other);
            }

            before.Add(row);
            if (like < 0) kept.Add(row);
            else keepers[row] = keepers.GetValueOrDefault(like, like);
            RemovedRow? removed = like < 0 ? null : Assert.Single(found.Removed, r => r.Row == row);
            if (removed is { } gone) Assert.Equal((keepers[row], like, best), (gone.Keeper, gone.Like, gone.Cosine));
        }

        Assert.Equal(kept, found.Kept);
        Assert.Equal(Rows - kept.Count, found.Removed.Length);
        Assert.All(found.Removed, r => Assert.Contains(r.Keeper, kept));
    }

    [Fact]
    public void RunsFromFiles()
    {
        using var work = new Workspace();
        work.WriteRecords("pool.jsonl", 40);
        work.WriteMatrix("vec.npy", [.. Enumerable.Range(0, 40).SelectMany(i => new[] { i % 7 - 3f, i % 7 == 3 ? 1 : 0, 0.5f })], 3);
        work.Write("plan.json", """
            { "version": 1,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
              "steps": { "unlike": { "op": "dedup", "in": "vec", "threshold": 0.999 }, "texts": { "op": "dedup", "in": "pool", "within": "unlike" } },
              "run": { "dir": "out" } }
            """);
        Outcome run = work.Run("plan.json");
        Assert.True(run.Exit == 0, run.Error);
        string[] table = File.ReadAllLines(work.At("out", "steps", "unlike", "duplicates.csv"));
        Assert.Equal("row,id,keeper,keeperId,like,cosine", table[0]);
        Assert.Equal(34, table.Length);
        Assert.StartsWith("7,r7,0,r0,0,", table[1], StringComparison.Ordinal);
        Assert.Equal(["row,id,keeper,keeperId,like,cosine"], File.ReadAllLines(work.At("out", "steps", "texts", "duplicates.csv")));
        Assert.Equal(7, File.ReadAllLines(work.At("out", "selected.jsonl")).Length);
    }
}
