using System.Globalization;
using Engine.Data;
using Engine.Data.Scores;
using Engine.Runs;
using Engine.Selections;

namespace Engine.Tests.Runs;

/// <summary>The baselines' results survive a stop after any step: what a resumed run reads back gives the bytes of an undisturbed one.</summary>
public sealed class BaselineResumeTests : IDisposable
{
    private const string Plan = """
        {
          "version": 1, "seed": 5,
          "inputs": {
            "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" },
            "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" },
            "query": { "kind": "embeddings", "path": "query.npy" },
            "scores": { "kind": "scores", "path": "scores.csv", "rowsOf": "pool" }
          },
          "steps": {
            "groups": { "op": "kmeans", "in": "vec", "k": 4, "spherical": true },
            "closest": { "op": "kmClosest", "clusters": "groups", "budget": 30 },
            "drawn": { "op": "kmRandom", "clusters": "groups", "budget": 30 },
            "unlike": { "op": "dedup", "in": "vec", "clusters": "groups", "threshold": 0.8 },
            "texts": { "op": "dedup", "in": "pool", "within": "closest" },
            "middle": { "op": "perplexity", "in": "scores", "column": "nll", "keep": "mid", "budget": 9 },
            "hard": { "op": "ifd", "in": "scores", "column": "ifd", "budget": 9 },
            "evol": { "op": "deita", "in": "vec", "scores": "scores", "columns": ["nll", "ifd"], "threshold": 0.7, "budget": 9 },
            "helpful": { "op": "less", "checkpoints": { "in": "vec", "queries": { "a": "query", "b": "query" } }, "budget": 9 },
            "all": { "op": "qdit", "in": "vec", "quality": "scores", "column": "ifd", "budget": 9 },
            "last": { "op": "union", "in": ["closest", "drawn", "unlike", "texts", "middle", "hard", "evol", "helpful", "all"] }
          },
          "run": { "dir": "out" }
        }
        """;

    private readonly Workspace _work = new();

    public BaselineResumeTests()
    {
        _work.WriteRecords("pool.jsonl", 60);
        _work.WriteMatrix("vec.npy", 60, 6, seed: 4);
        _work.WriteMatrix("query.npy", 5, 6, seed: 9);
        _work.Write("scores.csv", "nll,ifd\n" + string.Concat(Enumerable.Range(0, 60).Select(i => string.Create(CultureInfo.InvariantCulture, $"{1 + i * 37 % 60 / 10.0},{i * 17 % 60 / 50.0}\n"))));
        _work.Write("plan.json", Plan);
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void StoppedAfterAnyStepTheyEndWithTheSameBytes()
    {
        Outcome run = _work.Run("plan.json", "run.dir=whole", "run.threads=1");
        Assert.True(run.Exit == 0, run.Error);
        SortedDictionary<string, string> whole = Bits("whole");
        foreach (string step in new[] { "groups", "closest", "unlike", "texts", "hard", "helpful", "all" })
        {
            using (var stop = new CancellationTokenSource())
            using (var engine = new SelectionEngine(new EngineOptions { Threads = 2 }))
                Assert.Throws<RunStoppedException>(() => engine.Run(SelectionEngine.ReadPlan(_work.At("plan.json"), "run.onExisting=fail"), new StopAt(step, stop), stop.Token));
            Outcome resumed = _work.Run("plan.json", "run.onExisting=resume");
            Assert.True(resumed.Exit == 0, resumed.Error);
            Assert.Contains("\"resumed\": true", File.ReadAllText(_work.At("out", "manifest.json")), StringComparison.Ordinal);
            Assert.Equal(whole, Bits("out"));
            Directory.Delete(_work.At("out"), recursive: true);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DuplicatesAreReadAsTheyWereWritten(bool records)
    {
        Duplicate[] duplicates = [new(3, 0, 1, 0.95123456789), new(7, 2, 2, null), new(9, 2, 7, 1)];
        Records? pool = records ? Records.From([.. Enumerable.Range(0, 10).Select(i => new Conversation([new Turn(Turn.TextRole, $"{i}")]))], [.. Enumerable.Range(0, 10).Select(i => $"id \"{i}\", too")]) : null;
        using (FileStream stream = File.Create(_work.At("duplicates.csv"))) DuplicatesFile.Write(duplicates, pool, stream);
        using var files = new InputFiles();
        Assert.Equal(duplicates, DuplicatesFile.Read(new CsvReader(files.Open(_work.At("duplicates.csv"), "duplicates.csv"))));
    }

    private SortedDictionary<string, string> Bits(string dir)
    {
        SortedDictionary<string, string> hashes = _work.Hashes(dir);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html"));
        return hashes;
    }

    private sealed class StopAt(string step, CancellationTokenSource stop) : IProgress<ProgressEvent>
    {
        public void Report(ProgressEvent value)
        {
            if (value.Step == step && value.State is ProgressState.Finished) stop.Cancel();
        }
    }
}
