namespace Engine.Tests.Runs;

/// <summary>Extra outputs: where they may go, what they hold.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly Workspace _work = new();

    public OutputTests()
    {
        _work.WriteRecords("pool.jsonl", 30);
        _work.WriteMatrix("vec.npy", 30, 4, seed: 2);
        _work.Write("plans/plan.json", """
            {
              "version": 1,
              "inputs": {
                "pool": { "kind": "records", "path": "../pool.jsonl", "id": "id" },
                "vec": { "kind": "embeddings", "path": "../vec.npy" }
              },
              "steps": {
                "first": { "op": "random", "in": "pool", "budget": 4 },
                "last": { "op": "kcenter", "in": "vec", "budget": 3 }
              },
              "outputs": {
                "a": { "from": "first", "format": "jsonl", "path": "../train.jsonl" },
                "b": { "from": "last", "format": "npy", "path": "out/extra.npy" },
                "c": { "from": "first", "format": "csv", "path": "new/folder/first.csv" }
              },
              "run": { "dir": "out" }
            }
            """);
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void TheyAppearWithTheRun()
    {
        Assert.Equal(0, _work.Run("plans/plan.json").Exit);
        Assert.Equal(4, File.ReadAllLines(_work.At("train.jsonl")).Length);
        Assert.True(File.Exists(_work.At("plans", "out", "extra.npy")) && File.Exists(_work.At("plans", "new", "folder", "first.csv")));

        // The run's own selection is the last step's, whose rows have no records.
        Assert.False(File.Exists(_work.At("plans", "out", "selected.jsonl")));
        Assert.Equal(File.ReadAllBytes(_work.At("plans", "out", "steps", "last", "indices.npy")), File.ReadAllBytes(_work.At("plans", "out", "indices.npy")));
        Assert.Equal(File.ReadAllBytes(_work.At("plans", "out", "indices.npy")), File.ReadAllBytes(_work.At("plans", "out", "extra.npy")));
    }

    [Fact]
    public void AnInputIsNeverOverwritten()
    {
        File.CreateSymbolicLink(_work.At("link.jsonl"), _work.At("pool.jsonl"));
        foreach (string path in new[] { "../pool.jsonl", "../link.jsonl", "../vec.npy" })
        {
            string[] before = _work.Entries();
            Outcome run = _work.Run("plans/plan.json", $"outputs.a.path={path}");
            Assert.True(run.Exit is 3, $"{path}: {run}");
            Assert.Equal(before, _work.Entries());
        }
    }

    [Theory]
    [InlineData("outputs.a.path=out/manifest.json", 3)]
    [InlineData("outputs.a.path=out/steps/x.jsonl", 3)]
    [InlineData("outputs.a.path=out/extra.npy", 3)]
    [InlineData("outputs.a.path=..", 7)]
    [InlineData("outputs.b.from=pool", 3)]
    public void ImpossiblePlacesAreRefused(string change, int exit)
    {
        string[] before = _work.Entries();
        Outcome run = _work.Run("plans/plan.json", change);
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Equal(before, _work.Entries());
    }

    [Fact]
    public void RowsWithoutRecordsCannotBeWrittenAsRecords()
    {
        Outcome run = _work.Run("plans/plan.json", "outputs.a.from=last");
        Assert.Equal(4, run.Exit);
        Assert.Contains("rowsOf", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_work.At("plans", "out")));
    }

    [Fact]
    public void AnExistingOutputIsOnlyReplacedByTheRunThatWroteIt()
    {
        _work.Write("train.jsonl", "mine");
        Assert.Equal(6, _work.Run("plans/plan.json").Exit);
        Assert.Equal(6, _work.Run("plans/plan.json", "run.onExisting=replace").Exit);
        File.Delete(_work.At("train.jsonl"));
        Assert.Equal(0, _work.Run("plans/plan.json").Exit);
        Assert.Equal(0, _work.Run("plans/plan.json", "run.onExisting=replace").Exit);
        Assert.Equal(4, File.ReadAllLines(_work.At("train.jsonl")).Length);
    }
}
