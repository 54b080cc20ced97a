using System.Text.Json;
using Engine.Runs;

namespace Engine.Tests.Runs;

/// <summary>Two runs side by side: overlap, moves, sources, plans and inputs.</summary>
public sealed class DiffTests : IDisposable
{
    private readonly Workspace _work = new();

    public DiffTests()
    {
        _work.WriteRecords("pool.jsonl", 60);
        _work.WriteMatrix("vec.npy", 60, 4, seed: 4);
        _work.WriteMatrix("q.npy", 3, 4, seed: 5);
        _work.Write("plan.json", """
            { "version": 1,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl", "id": "id", "source": "dataset" },
                          "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" }, "q": { "kind": "embeddings", "path": "q.npy" } },
              "steps": { "pick": { "op": "rds", "in": "vec", "queries": { "t": "q" }, "budget": 30 } }, "run": { "dir": "a" } }
            """);
        Ok(_work.Run("plan.json"));
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void EveryNumberIsThatOfTheTwoSelections()
    {
        Ok(_work.Run("plan.json", "run.dir=b", "steps.pick.budget=25", "steps.pick.duplicates=skip"));
        RunDifference d = SelectionEngine.Compare(_work.At("a"), _work.At("b"));
        string[] a = Ids("a"), b = Ids("b");
        Assert.True(d.ById);
        Assert.Equal((30, 25, a.Intersect(b).Count()), (d.CountA, d.CountB, d.Common));
        Assert.Equal(d.Common / (double)a.Union(b).Count(), d.Jaccard, 1e-12);
        Assert.Equal([(10, a[..10].Intersect(b[..10]).Count()), (25, a[..25].Intersect(b).Count())], d.Depths.Select(depth => (depth.Depth, depth.Common)));
        Assert.Equal(a.Except(b), d.OnlyA);
        Assert.Equal(b.Except(a), d.OnlyB);
        Assert.Equal(a.Intersect(b).Count(id => Array.IndexOf(a, id) != Array.IndexOf(b, id)), d.Moved.Count);
        Assert.All(d.Moved, m => Assert.Equal((Array.IndexOf(a, m.Record) + 1, Array.IndexOf(b, m.Record) + 1), (m.RankA, m.RankB)));
        int[] moves = [.. d.Moved.Select(m => Math.Abs(m.RankA - m.RankB))];
        Assert.Equal(moves.OrderDescending(), moves);
        Assert.Equal(30, d.Sources.Sum(s => s.A));
        Assert.Equal(25, d.Sources.Sum(s => s.B));
        Assert.Equal([("steps.pick.budget", "30", "25"), ("steps.pick.duplicates", null, "\"skip\"")], d.Plan.Select(p => (p.Name, p.A, p.B)));
        Assert.Empty(d.Inputs);
    }

    [Fact]
    public void OtherInputsAreNamedAndRowsMatchWithoutIds()
    {
        _work.WriteMatrix("vec.npy", 60, 4, seed: 9);
        Ok(_work.Run("plan.json", "run.dir=b", """inputs.vec={"kind": "embeddings", "path": "vec.npy"}"""));
        RunDifference d = SelectionEngine.Compare(_work.At("a"), _work.At("b"));
        Assert.False(d.ById);
        Assert.Equal(["vec"], d.Inputs.Select(input => input.Name));
        Assert.Equal(["inputs.vec.rowsOf"], d.Plan.Select(p => p.Name));
        Assert.All(d.OnlyA, row => Assert.True(int.TryParse(row, out _)));
        Assert.Equal(30, d.Sources.Sum(s => s.A));
    }

    [Fact]
    public void TheCommandPrintsWordsAndJson()
    {
        Ok(_work.Run("plan.json", "run.dir=b", "steps.pick.reduce=max"));
        Outcome words = _work.Engine(["diff", "a", "b"]);
        Assert.True(words.Exit == 0 && words.Output.Contains("matched by id", StringComparison.Ordinal) && words.Output.Contains("steps.pick.reduce", StringComparison.Ordinal), words.ToString());
        Outcome same = _work.Engine(["diff", "a", "a", "--json", "--list"]);
        using JsonDocument json = JsonDocument.Parse(same.Output);
        Assert.Equal(1, json.RootElement.GetProperty("jaccard").GetDouble());
        Assert.Equal(0, json.RootElement.GetProperty("moved").GetInt32());
        Assert.Equal(0, json.RootElement.GetProperty("onlyA").GetArrayLength());
        Assert.Equal(10, _work.Engine(["diff", "a", "none"]).Exit);
        Assert.Equal(2, _work.Engine(["diff", "a"]).Exit);
    }

    private string[] Ids(string run) => [.. File.ReadAllLines(_work.At(run, "selection.csv"))[1..].Select(line => line.Split(',')[2])];

    private static void Ok(Outcome run) => Assert.True(run.Exit == 0, run.ToString());
}
