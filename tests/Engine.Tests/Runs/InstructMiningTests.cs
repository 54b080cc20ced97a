using System.Globalization;

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
