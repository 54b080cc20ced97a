using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Data;
using Engine.Native.Files;
using Engine.Runs;

namespace Engine.Tests.Runs;

/// <summary>A changed plan run over earlier results does again only what the change affects, and ends with the bytes of a fresh run.</summary>
public sealed class UpdateTests : IDisposable
{
    private const string Update = "run.onExisting=update";

    private const string Plan = """
        {
          "version": 1, "seed": 5,
          "inputs": {
            "pool": { "kind": "records", "path": "pool.jsonl", "id": "id", "source": "dataset" },
            "ask": { "kind": "records", "path": "ask.jsonl" },
            "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" }
          },
          "steps": {
            "text": { "op": "embed", "in": "pool", "model": { "hashing": { "dim": 48 } } },
            "query": { "op": "embed", "in": "ask", "model": { "hashing": { "dim": 48 } } },
            "groups": { "op": "kmeans", "in": "vec", "k": 5 },
            "core": { "op": "kcenter", "in": "text", "budget": 9, "metric": "cosine" },
            "fit": { "op": "rds", "in": "text", "queries": { "one, \"two\"": "query", "b": "query" }, "budget": 12, "keepRankings": true },
            "some": { "op": "random", "in": "pool", "budget": 7 },
            "all": { "op": "union", "in": ["core", "fit", "some"] }
          },
          "outputs": { "train": { "from": "fit", "format": "jsonl", "path": "train.jsonl" } },
          "run": { "dir": "out" }
        }
        """;

    private readonly Workspace _work = new();

    public UpdateTests()
    {
        _work.WriteRecords("pool.jsonl", 120);
        _work.WriteRecords("ask.jsonl", 6);
        _work.WriteMatrix("vec.npy", 120, 8, seed: 4);
        _work.Write("plan.json", Plan);
    }

    public static TheoryData<string, string> Changes => new()
    {
        { "", "text query groups core fit some all" },
        { "run.threads=3", "text query groups core fit some all" },
        { "steps.some.budget=8", "text query groups core fit" },
        { "steps.core.budget=8", "text query groups fit some" },
        { "steps.query.in=pool", "text groups core some" },
        { "steps.text.model.hashing.dim=64 steps.query.model.hashing.dim=64", "groups some" },
        { "steps.groups.k=4", "text query core fit some all" },
        { "seed=6", "" },
        { """outputs.train.from=some""", "text query groups core fit some all" },
        { """steps.more={"op":"random","in":"pool","budget":3}""", "text query groups core fit some all" },
    };

    private string Manifest => _work.At("out", "manifest.json");

    public void Dispose() => _work.Dispose();

    [Theory]
    [MemberData(nameof(Changes))]
    public void OnlyWhatAChangeAffectsRunsAgain(string change, string reused)
    {
        string[] changes = change.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Ok(_work.Run("plan.json"));
        Ok(_work.Run("plan.json", [Update, .. changes]));
        Assert.Equal(reused.Split(' ', StringSplitOptions.RemoveEmptyEntries), Resumed());
        AssertFresh(changes);
    }

    [Fact]
    public void ARenamedStepRunsAgainWithWhatRefersToItAndTheOldFilesGo()
    {
        Ok(_work.Run("plan.json"));
        _work.Write("plan.json", Plan.Replace("\"core\"", "\"heart\"", StringComparison.Ordinal));
        Ok(_work.Run("plan.json", Update));
        Assert.Equal(["text", "query", "groups", "fit", "some"], Resumed());
        Assert.False(Directory.Exists(_work.At("out", "steps", "core")));
        AssertFresh();
    }

    [Fact]
    public void AChangedInputRunsWhatDependsOnIt()
    {
        Ok(_work.Run("plan.json"));
        _work.WriteRecords("ask.jsonl", 5);
        Ok(_work.Run("plan.json", Update));
        Assert.Equal(["text", "groups", "core", "some"], Resumed());
        AssertFresh();
        _work.WriteRecords("pool.jsonl", 120);
        Ok(_work.Run("plan.json", Update));
        Assert.Equal(["query"], Resumed());
        AssertFresh();
    }

    [Fact]
    public void FilesThatWereChangedOrWentAreMadeAgain()
    {
        Ok(_work.Run("plan.json"));
        string text = _work.At("out", "steps", "text", "embeddings.npy");
        byte[] bytes = File.ReadAllBytes(text);
        bytes[^1] ^= 1;
        File.WriteAllBytes(text, bytes);
        File.AppendAllText(_work.At("out", "steps", "fit", "selection.csv"), "\n");
        File.Delete(_work.At("out", "steps", "some", "indices.npy"));
        string assignments = _work.At("out", "steps", "groups", "assignments.npy");
        File.Move(assignments, _work.At("assignments.npy"));
        File.CreateSymbolicLink(assignments, _work.At("assignments.npy"));
        Ok(_work.Run("plan.json", Update));
        Assert.Equal(["query", "core", "all"], Resumed());
        AssertFresh();
    }

    [Theory]
    [InlineData("key")]
    [InlineData("value")]
    [InlineData("seconds")]
    public void AManifestThatDoesNotSayEnoughIsReplaced(string member)
    {
        Ok(_work.Run("plan.json"));
        Rewrite(steps => { foreach ((string _, JsonNode? step) in steps) step!.AsObject().Remove(member); });
        Ok(_work.Run("plan.json", Update));
        Assert.Empty(Resumed());
        AssertFresh();
    }

    [Fact]
    public void ResultsOfAnotherEngineAreNotUsed()
    {
        Ok(_work.Run("plan.json"));
        var plan = SelectionEngine.ReadPlan(_work.At("plan.json"));
        using (OpenedInputs inputs = OpenedInputs.Open(plan, new MemoryBudget(null), new Engine.Kernels.Pass()))
        {
            StepKeys now = new(plan, inputs), then = new(plan, inputs, "0.0.1");
            Rewrite(steps =>
            {
                foreach ((string name, JsonNode? step) in steps)
                {
                    Assert.Equal(now.Of(name), step!["key"]!.GetValue<string>());
                    step["key"] = then.Of(name);
                }
            });
        }

        Ok(_work.Run("plan.json", Update));
        Assert.Empty(Resumed());
        AssertFresh();
    }

    [Theory]
    [InlineData("update", "text query groups core fit")]
    [InlineData("resume", "text query groups core fit")]
    public void AnUpdateThatWasStoppedLeavesTheOldResultsAndGoesOn(string then, string reused)
    {
        Ok(_work.Run("plan.json"));
        SortedDictionary<string, string> old = Bits("out");
        StopAfter("groups", Update, "steps.fit.budget=11", "steps.groups.k=4");
        Assert.Equal(old, Bits("out"));
        Ok(_work.Run("plan.json", "run.onExisting=resume"));
        Assert.Equal(old, Bits("out"));
        StopAfter("fit", Update, "steps.fit.budget=11", "steps.groups.k=4");
        Assert.Equal(old, Bits("out"));
        Ok(_work.Run("plan.json", $"run.onExisting={then}", "steps.fit.budget=11", "steps.groups.k=4"));
        Assert.Equal([.. reused.Split(' '), "some"], Resumed());
        AssertFresh("steps.fit.budget=11", "steps.groups.k=4");
    }

    [Fact]
    public void AnotherPlansUnfinishedRunIsTakenOver()
    {
        StopAfter("core", "run.onExisting=fail");
        Assert.Equal(10, _work.Run("plan.json", "run.onExisting=resume", "steps.core.budget=8").Exit);
        SortedDictionary<string, string> before = _work.Hashes("out");

        // A refused one changes nothing: the run it found can still go on.
        Assert.Equal(4, _work.Run("plan.json", Update, "steps.core.budget=8", "inputs.vec.path=none.npy").Exit);
        Assert.Equal(before, _work.Hashes("out"));
        Ok(_work.Run("plan.json", Update, "steps.core.budget=8"));
        Assert.Equal(["text", "query", "groups"], Resumed());
        AssertFresh("steps.core.budget=8");
    }

    [Fact]
    public void FinishedAndUnfinishedResultsServeTogether()
    {
        Ok(_work.Run("plan.json"));
        StopAfter("groups", Update, "steps.groups.k=4", "steps.text.model.hashing.dim=64", "steps.query.model.hashing.dim=64");
        Ok(_work.Run("plan.json", Update, "steps.groups.k=4"));
        Assert.Equal(["text", "query", "groups", "core", "fit", "some", "all"], Resumed());
        AssertFresh("steps.groups.k=4");
    }

    [Fact]
    public void AFailedUpdateLeavesTheOldResults()
    {
        Ok(_work.Run("plan.json"));
        SortedDictionary<string, string> old = _work.Hashes("out");
        Assert.Equal(4, _work.Run("plan.json", Update, "steps.some.budget=500").Exit);
        Assert.Equal(old, _work.Hashes("out"));
    }

    [Fact]
    public void ADamagedUnfinishedRunIsReplaced()
    {
        StopAfter("core", "run.onExisting=fail");
        File.WriteAllText(_work.At("out", ".staging", "plan.json"), "damaged");
        Ok(_work.Run("plan.json", Update));
        Assert.Empty(Resumed());
        AssertFresh();
    }

    [Fact]
    public void AForeignFolderIsRefused()
    {
        _work.Write("out/mine.txt", "mine");
        Assert.Equal(6, _work.Run("plan.json", Update).Exit);
        Assert.Equal("mine", File.ReadAllText(_work.At("out", "mine.txt")));
    }

    [Fact]
    public void ChangedFeedbackDrawsTheRoundsAgainAndWhatFollowsThem()
    {
        _work.Write("plan.json", """
            {
              "version": 1, "seed": 5,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
              "steps": {
                "groups": { "op": "kmeans", "in": "vec", "k": 3 },
                "drawn": { "op": "iterate", "clusters": "groups", "rounds": 2, "budget": 20, "feedback": "say-${round}.csv" },
                "few": { "op": "random", "in": "drawn", "budget": 5 }
              },
              "run": { "dir": "out" }
            }
            """);
        Assert.Equal(75, _work.Run("plan.json").Exit);
        int[] rows = Rows("out/steps/drawn/round-1/indices.npy");
        WriteFeedback(row => row);
        Ok(_work.Run("plan.json", "run.onExisting=resume"));
        Ok(_work.Run("plan.json", Update));
        Assert.Equal(["groups", "drawn", "few"], Resumed());
        string was = _work.Hashes("out")["steps/drawn/indices.npy"];
        WriteFeedback(row => row < 60 ? 1000 : -row);
        Ok(_work.Run("plan.json", Update));
        Assert.Equal(["groups"], Resumed());
        Assert.NotEqual(was, _work.Hashes("out")["steps/drawn/indices.npy"]);
        AssertFresh();

        void WriteFeedback(Func<int, int> gain) => _work.Write("say-1.csv", "row,gold,generated\n" + string.Concat(rows.Select(row => FormattableString.Invariant($"{row},{gain(row)},0\n"))));

        int[] Rows(string file)
        {
            using InputFile input = InputFile.Open(_work.At(file), file);
            return Array.ConvertAll(Engine.Data.Matrices.NpyFile.ReadIntegers(input), row => (int)row);
        }
    }

    [Fact]
    public void AFileIsLinkedOrCopiedWhereLinksAreRefused()
    {
        string from = _work.Write("from", "bytes");
        Assert.True(Durable.LinkOrCopy(from, _work.At("linked")));
        Assert.True(FileIdentity.Of(from)!.Value.IsSameFile(FileIdentity.Of(_work.At("linked"))!.Value));
        Assert.ThrowsAny<IOException>(() => Durable.LinkOrCopy(_work.At("none"), _work.At("more")));

        // The C library refuses to link across file systems; /proc is another one everywhere.
        Assert.False(Durable.LinkOrCopy("/proc/self/cmdline", _work.At("copied")));
        Assert.NotEqual(0, new FileInfo(_work.At("copied")).Length);
    }

    private static void Ok(Outcome run) => Assert.True(run.Exit == 0, run.ToString());

    private void AssertFresh(params string[] changes)
    {
        Assert.False(Directory.Exists(_work.At("out", ".staging")));
        byte[]? train = File.Exists(_work.At("train.jsonl")) ? File.ReadAllBytes(_work.At("train.jsonl")) : null;
        string[] elsewhere = train is null ? [] : ["outputs.train.path=fresh.jsonl"];
        Ok(_work.Run("plan.json", ["run.dir=fresh", "run.onExisting=replace", .. elsewhere, .. changes]));
        Assert.Equal(Bits("fresh"), Bits("out"));
        if (train is not null) Assert.Equal(File.ReadAllBytes(_work.At("fresh.jsonl")), train);
    }

    private void StopAfter(string step, params string[] overrides)
    {
        using var stop = new CancellationTokenSource();
        using var engine = new SelectionEngine(new EngineOptions { Threads = 2 });
        Assert.Throws<RunStoppedException>(() => engine.Run(SelectionEngine.ReadPlan(_work.At("plan.json"), overrides), new StopAt(step, stop), stop.Token));
    }

    /// <summary>The hashes of a run's files without those that tell of time or belong to an unfinished run.</summary>
    private SortedDictionary<string, string> Bits(string dir)
    {
        SortedDictionary<string, string> hashes = _work.Hashes(dir);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html"));
        foreach (string file in hashes.Keys.Where(k => k.StartsWith(".staging", StringComparison.Ordinal)).ToArray()) hashes.Remove(file);
        return hashes;
    }

    private string[] Resumed()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Manifest));
        return [.. manifest.RootElement.GetProperty("steps").EnumerateObject().Where(s => s.Value.TryGetProperty("resumed", out JsonElement resumed) && resumed.GetBoolean()).Select(s => s.Name)];
    }

    private void Rewrite(Action<JsonObject> change)
    {
        JsonNode manifest = JsonNode.Parse(File.ReadAllBytes(Manifest))!;
        change(manifest["steps"]!.AsObject());
        File.WriteAllText(Manifest, manifest.ToJsonString());
    }

    private sealed class StopAt(string step, CancellationTokenSource stop) : IProgress<ProgressEvent>
    {
        public void Report(ProgressEvent value)
        {
            if (value.Step == step && value.State is (ProgressState.Finished or ProgressState.Resumed)) stop.Cancel();
        }
    }
}
