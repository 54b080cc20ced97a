using System.Globalization;
using System.Text.Json;

namespace Engine.Tests.Runs;

/// <summary>InstructMining plans from files to files.</summary>
public sealed class InstructMiningTests : IDisposable
{
    private readonly Workspace _work = new();

    public InstructMiningTests()
    {
        _work.WriteRecords("pool.jsonl", 4);
        _work.Write("indicators.csv", "reward,outputLength,knn6\n1.2,120,0.80\n-0.5,300,0.60\n2.5,80,0.90\n0,0,0\n");
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void TheBestRecordsAreWrittenWithEveryPrediction()
    {
        _work.Write("plan.json", """
            { "version": 1,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" },
                          "table": { "kind": "scores", "path": "indicators.csv", "rowsOf": "pool" } },
              "steps": { "predicted": { "op": "quality", "in": "table", "rule": "instructMining-v1" },
                         "best": { "op": "quality", "in": "table", "rule": "instructMining-v1", "budget": "50%" } },
              "run": { "dir": "out" } }
            """);
        Assert.Equal(new Outcome(0, _work.At("out"), ""), _work.Run("plan.json"));
        string[] all = File.ReadAllLines(_work.At("out", "steps", "predicted", "scores.csv"));
        Assert.Equal("score", all[0]);
        Assert.Equal([.151548, .608071, -.139994, 1.0694], all[1..].Select(v => Math.Round(double.Parse(v, CultureInfo.InvariantCulture), 6)));
        Assert.Equal(all, File.ReadAllLines(_work.At("out", "steps", "best", "scores.csv")));

        string[] table = File.ReadAllLines(_work.At("out", "selection.csv"));
        Assert.Equal("rank,row,id,score", table[0]);
        Assert.Equal(["1,2,r2," + all[3], "2,0,r0," + all[1]], table[1..]);
        string[] pool = File.ReadAllLines(_work.At("pool.jsonl"));
        Assert.Equal([pool[2], pool[0]], File.ReadAllLines(_work.At("out", "selected.jsonl")));
    }

    [Fact]
    public void AFitIsWrittenAndApplied()
    {
        _work.Write("runs.csv", string.Create(CultureInfo.InvariantCulture, $"reward,loss,knn6\n1,{Math.E},2\n2,{Math.Exp(2)},1\n3,{Math.Exp(4)},5\n4,{Math.Exp(3)},3\n5,{Math.Exp(6)},6\n"));
        _work.Write("plan.json", """
            { "version": 1,
              "inputs": { "runs": { "kind": "scores", "path": "runs.csv" }, "table": { "kind": "scores", "path": "indicators.csv" } },
              "steps": { "best": { "op": "quality", "in": "table", "rule": { "fit": "rule" }, "budget": 1 },
                         "rule": { "op": "fitQuality", "runs": "runs" } },
              "run": { "dir": "out" } }
            """);
        Assert.Equal(new Outcome(0, _work.At("out"), ""), _work.Run("plan.json"));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(_work.At("out", "steps", "rule", "fit.json")));
        JsonElement fit = document.RootElement;
        Assert.Equal(
            ["coefficients", "intercept", "interceptSe", "interceptT", "interceptP", "r2", "adjustedR2", "f", "fP", "aic", "cvR2", "runs", "subsets"],
            fit.EnumerateObject().Select(m => m.Name));
        JsonElement reward = fit.GetProperty("coefficients").GetProperty("reward");
        Assert.Equal(["beta", "se", "t", "p", "vif"], reward.EnumerateObject().Select(m => m.Name));
        Assert.Equal(.6, reward.GetProperty("beta").GetDouble(), 1e-9);
        Assert.Equal(-.3, fit.GetProperty("intercept").GetDouble(), 1e-9);
        Assert.Equal(["reward", "knn6"], fit.GetProperty("subsets")[0].GetProperty("indicators").EnumerateArray().Select(i => i.GetString()));
        Assert.StartsWith("1,1,-0.3", File.ReadAllLines(_work.At("out", "selection.csv"))[1], StringComparison.Ordinal);
    }

    [Fact]
    public void IndicatorsAreWrittenAndJudged()
    {
        _work.WriteMatrix("vec.npy", [0, 1, 3, 6], 1);
        _work.Write("plan.json", """
            { "version": 1,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
              "steps": { "table": { "op": "indicators", "in": "pool", "which": ["inputLength", "outputLength", "mtld", "knn2"], "embeddings": "vec" },
                          "best": { "op": "quality", "in": "table", "rule": { "coefficients": { "knn2": -1, "outputLength": 1 } }, "budget": 1 } },
              "run": { "dir": "out" } }
            """);
        Assert.Equal(new Outcome(0, _work.At("out"), ""), _work.Run("plan.json"));
        Assert.Equal(["inputLength,outputLength,mtld,knn2", "2,3,2,3", "2,3,2,2", "2,3,2,3", "2,3,2,5"], File.ReadAllLines(_work.At("out", "steps", "table", "scores.csv")));
        Assert.StartsWith("1,3,3,-2", File.ReadAllLines(_work.At("out", "selection.csv"))[1], StringComparison.Ordinal);
        Assert.Equal([File.ReadAllLines(_work.At("pool.jsonl"))[3]], File.ReadAllLines(_work.At("out", "selected.jsonl")));
        Assert.Equal(3, _work.Run("plan.json", "steps.table.which=reward", "run.dir=other").Exit);
    }

    [Fact]
    public void AMissingColumnIsToldWithTheFile()
    {
        _work.Write("plan.json", """
            { "version": 1, "inputs": { "table": { "kind": "scores", "path": "indicators.csv" } },
              "steps": { "best": { "op": "quality", "in": "table", "rule": "instructMining-v3", "budget": 1 } }, "run": { "dir": "out" } }
            """);
        Outcome run = _work.Run("plan.json");
        Assert.Equal(4, run.Exit);
        Assert.Contains("indicators.csv", run.Error, StringComparison.Ordinal);
        Assert.Contains("understandability", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_work.At("out")));
    }
}
