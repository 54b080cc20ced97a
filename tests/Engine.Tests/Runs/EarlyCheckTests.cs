using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Runs;

/// <summary>What the shapes of inputs show to be wrong is said before the first step works, of all steps at once; and what is wrong with values names their file.</summary>
public sealed class EarlyCheckTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void EveryStepOverInputsIsCheckedBeforeTheFirstWorks()
    {
        _work.WriteMatrix("pool.npy", 20, 4, seed: 1);
        _work.WriteMatrix("narrow.npy", 3, 2, seed: 1);
        Plan("""
            "right": { "op": "random", "in": "pool", "budget": 3 },
            "many": { "op": "kmeans", "in": "pool", "k": 21 },
            "far": { "op": "kcenter", "in": "pool", "budget": 5, "start": { "row": 20 } },
            "wide": { "op": "rds", "in": "pool", "queries": { "t": "narrow" }, "budget": 5 },
            "later": { "op": "random", "in": "right", "budget": 4 }
            """);
        string[] before = _work.Entries();
        Outcome run = _work.Run("plan.json"), dry = _work.Engine(["run", _work.At("plan.json"), "--dry-run"]);
        Assert.Equal((4, 4), (run.Exit, dry.Exit));
        foreach (string error in new[] { run.Error, dry.Error })
        {
            Assert.Matches("""error K: k is 21, but there are 20 rows.*\(step "many"\)""", error);
            Assert.Matches("""error ROW: the start row is 20.*\(step "far"\)""", error);
            Assert.Matches("""narrow\.npy: error DIM: .*\(step "wide"\)""", error);
            Assert.DoesNotContain("later", error, StringComparison.Ordinal);
        }

        Assert.Equal(before, _work.Entries());
    }

    [Fact]
    public void AWrongRowNamesItsShard()
    {
        for (int shard = 0; shard < 3; shard++)
        {
            float[] values = [.. Enumerable.Range(0, 20).Select(i => 1f + i)];
            if (shard == 1) values[14] = float.NaN;
            if (shard == 2) values.AsSpan(6, 2).Clear();
            _work.WriteMatrix($"pool-{shard}.npy", values, 2);
        }

        Plan("""  "pick": { "op": "kcenter", "in": "pool", "budget": 2, "metric": "cosine" } """, "pool-*.npy");
        Assert.Matches(@"^pool-1\.npy: error NOT_FINITE: row 17 \(row 7 of this file\) holds a NaN", _work.Run("plan.json").Error);
        File.Copy(_work.At("pool-0.npy"), _work.At("pool-1.npy"), overwrite: true);
        Assert.Matches(@"^pool-2\.npy: error ZERO_ROW: row 23 \(row 3 of this file\) is all zeros", _work.Run("plan.json").Error);
    }

    [Theory]
    [InlineData(1e300, "NOT_FINITE")]
    [InlineData(1e-300, "ZERO_ROW")]
    public void WhatNarrowingMadeWrongSaysSo(double value, string code)
    {
        File.WriteAllBytes(_work.At("pool.npy"), Make(Dict("<f8", "(3, 2)"), Doubles(1, 2, value, value, 5, 6)));
        Plan("""  "pick": { "op": "kcenter", "in": "pool", "budget": 2, "metric": "cosine" } """);
        Outcome run = _work.Engine(["run", _work.At("plan.json")]);
        Assert.Equal(4, run.Exit);
        Assert.Matches($@"pool\.npy: warning: float64 values are narrowed to float32[\s\S]*pool\.npy: error {code}: row 1 .*narrowed to float32", run.Error);
    }

    [Fact]
    public void AWarningIsSaidWhereTheRunGoesWell()
    {
        File.WriteAllBytes(_work.At("pool.npy"), Make(Dict("<f8", "(3, 2)"), Doubles(1, 2, 3, 4, 5, 6)));
        Plan("""  "pick": { "op": "kcenter", "in": "pool", "budget": 2 } """);
        foreach (string[] words in new string[][] { ["--dry-run"], [] })
        {
            Outcome run = _work.Engine(["run", _work.At("plan.json"), .. words]);
            Assert.Equal(0, run.Exit);
            Assert.Contains("pool.npy: warning: float64 values are narrowed", run.Error, StringComparison.Ordinal);
        }
    }

    private void Plan(string steps, string pool = "pool.npy") => _work.Write("plan.json", $$"""
        { "version": 1,
          "inputs": { "pool": { "kind": "embeddings", "path": "{{pool}}" }{{(File.Exists(_work.At("narrow.npy")) ? """, "narrow": { "kind": "embeddings", "path": "narrow.npy" }""" : "")}} },
          "steps": { {{steps}} },
          "run": { "dir": "out" } }
        """);
}
