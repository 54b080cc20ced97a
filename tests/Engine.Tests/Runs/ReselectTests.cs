namespace Engine.Tests.Runs;

/// <summary>Another budget from kept rankings is the selection that a run with that budget makes, to the byte.</summary>
public sealed class ReselectTests : IDisposable
{
    private const string Plan = """
        {
          "version": 1, "seed": 5,
          "inputs": {
            "pool": { "kind": "records", "path": "pool.jsonl", "id": "id", "source": "dataset" },
            "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" },
            "q1": { "kind": "embeddings", "path": "q1.npy" },
            "q2": { "kind": "embeddings", "path": "q2.npy" }
          },
          "steps": {
            "some": { "op": "random", "in": "pool", "budget": 150 },
            "fit": { "op": "rds", "in": "vec", "queries": { "a": "q1", "b": "q2" }, "budget": 40, "keepRankings": true }
          },
          "run": { "dir": "out" }
        }
        """;

    private readonly Workspace _work = new();

    public ReselectTests()
    {
        _work.WriteRecords("pool.jsonl", 200);
        _work.WriteMatrix("vec.npy", 200, 8, seed: 4);
        _work.WriteMatrix("q1.npy", 3, 8, seed: 5);
        _work.WriteMatrix("q2.npy", 2, 8, seed: 6);
        _work.Write("plan.json", Plan);
    }

    public static TheoryData<string> Variants =>
    [
        "", "steps.fit.reduce=max", "steps.fit.reduce=mean", "steps.fit.reduce=normalizedMean", "steps.fit.reduce=min", "steps.fit.duplicates=skip",
        """steps.fit.queries={"only":"q1"}""", """steps.fit.caps={"s1":5,"*":"60%"}""", "steps.fit.within=some",
    ];

    public void Dispose() => _work.Dispose();

    [Theory]
    [MemberData(nameof(Variants))]
    public void SmallerAndLargerBudgetsEqualFreshRuns(string change)
    {
        string[] changes = change.Length == 0 ? [] : [change];
        Ok(_work.Run("plan.json", ["steps.fit.keepRankings=200", .. changes]));
        foreach (string budget in (string[])["1", "7", "40", "19.5%", "61"])
        {
            Ok(_work.Run("plan.json", [$"steps.fit.budget={budget}", "run.dir=fresh", "run.onExisting=replace", "steps.fit.keepRankings=false", .. changes]));
            Reselect(budget, "again");
            foreach (string file in (string[])["indices.npy", "selection.csv", "selected.jsonl", "steps/fit/indices.npy", "steps/fit/selection.csv"])
                Assert.Equal(File.ReadAllBytes(_work.At("fresh", file)), File.ReadAllBytes(_work.At("again", file)));
            Assert.True(File.Exists(_work.At("again", "report.html")) && File.Exists(_work.At("again", "manifest.json")));
            Assert.False(Directory.Exists(_work.At("again", ".staging")));
        }
    }

    [Fact]
    public void OtherRulesAreServedFromTheSameRankings()
    {
        Ok(_work.Run("plan.json", "steps.fit.keepRankings=200"));
        Reselect("30", "again", duplicates: "skip", caps: """{"s*": "50%"}""", expected: 4);
        Reselect("30", "again", duplicates: "skip", caps: """{"s0": 4, "s*": 26}""");
        Ok(_work.Run("plan.json", "run.dir=fresh", "steps.fit.budget=30", "steps.fit.duplicates=skip", """steps.fit.caps={"s0": 4, "s*": 26}"""));
        Assert.Equal(File.ReadAllBytes(_work.At("fresh", "selection.csv")), File.ReadAllBytes(_work.At("again", "selection.csv")));
    }

    [Fact]
    public void TheDeepestBudgetServedIsNamedAndServed()
    {
        Ok(_work.Run("plan.json", "steps.fit.keepRankings=true", "steps.fit.budget=20"));
        EngineException refused = Assert.Throws<EngineException>(() => Reselect("200", "again"));
        Assert.Equal(ExitCode.Input, refused.Exit);
        string message = refused.Errors[0].Message;
        int served = int.Parse(message[(message.IndexOf("at most ", StringComparison.Ordinal) + 8)..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(served, 20, 199);
        Reselect(FormattableString.Invariant($"{served}"), "again");
        Ok(_work.Run("plan.json", "run.dir=fresh", FormattableString.Invariant($"steps.fit.budget={served}")));
        Assert.Equal(File.ReadAllBytes(_work.At("fresh", "selection.csv")), File.ReadAllBytes(_work.At("again", "selection.csv")));
        Assert.Throws<EngineException>(() => Reselect(FormattableString.Invariant($"{served + 1}"), "again"));
    }

    [Fact]
    public void TheVectorsMayBeGone()
    {
        Ok(_work.Run("plan.json"));
        foreach (string file in (string[])["vec.npy", "q1.npy", "q2.npy", "plan.json"]) File.Delete(_work.At(file));
        Outcome run = _work.Engine(["reselect", "out", "--budget", "10"]);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(_work.At("out-10"), run.Output.Trim());
        Assert.Equal(10, File.ReadAllLines(_work.At("out-10", "selected.jsonl")).Length);
        Assert.Equal(6, _work.Engine(["reselect", "out", "--budget", "10"]).Exit);
        Assert.Equal(0, _work.Engine(["reselect", "out", "--budget", "10", "--replace"]).Exit);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedAndLeavesNothing()
    {
        Ok(_work.Run("plan.json"));
        Ok(_work.Run("plan.json", "run.dir=bare", "steps.fit.keepRankings=false"));
        string[] before = _work.Entries();
        foreach ((string[] words, int exit, string says) in ((string[], int, string)[])
        [
            (["reselect", "none", "--budget", "3"], 10, "NO_RUN"),
            (["reselect", "bare", "--budget", "3"], 4, "keepRankings"),
            (["reselect", "out", "--budget", "3", "--step", "fitt"], 4, "Did you mean \"fit\""),
            (["reselect", "out", "--budget", "3", "--step", "some"], 4, "kept no rankings"),
            (["reselect", "out", "--budget", "-3"], 3, "budget"),
            (["reselect", "out", "--budget", "201"], 4, "201 rows"),
            (["reselect", "out", "--budget", "3", "--caps", "{\"x\": 1}"], 4, "\"x\""),
            (["reselect", "out"], 2, "--budget"),
        ])
        {
            Outcome run = _work.Engine(words);
            Assert.True(run.Exit == exit && run.Error.Contains(says, StringComparison.Ordinal), $"{string.Join(' ', words)}: {run}");
        }

        Assert.Equal(before, _work.Entries());
        File.AppendAllText(_work.At("pool.jsonl"), "{\"id\": \"more\", \"prompt\": \"a\", \"completion\": \"b\"}\n");
        Assert.Equal("CHANGED", Assert.Throws<EngineException>(() => Reselect("3", "again")).Errors[0].Code);
        _work.WriteRecords("pool.jsonl", 200);
        File.WriteAllText(_work.At("out", "steps", "fit", "rankings.npy"), "x");
        Assert.Equal(10, (int)Assert.Throws<EngineException>(() => Reselect("3", "again")).Exit);
        Assert.False(Directory.Exists(_work.At("again")));
    }

    private void Reselect(string budget, string folder, string? duplicates = null, string? caps = null, int expected = 0)
    {
        var options = new global::Engine.Runs.ReselectOptions { Budget = budget, Folder = _work.At(folder), Duplicates = duplicates, Caps = caps, Replace = true };
        if (expected == 0) Assert.Equal(_work.At(folder), SelectionEngine.Reselect(_work.At("out"), options).Folder);
        else Assert.Equal(expected, (int)Assert.Throws<EngineException>(() => SelectionEngine.Reselect(_work.At("out"), options)).Exit);
    }

    private static void Ok(Outcome run) => Assert.True(run.Exit == 0, run.ToString());
}
