using Engine.Runs;

namespace Engine.Tests.Runs;

/// <summary>A run that was stopped goes on and ends with the same bytes, whatever happened to what it left.</summary>
public sealed class ResumeTests : IDisposable
{
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
            "fit": { "op": "rds", "in": "text", "queries": { "one, \"two\"": "query", "b": "query" }, "budget": 12 },
            "some": { "op": "random", "in": "pool", "budget": 7 },
            "all": { "op": "union", "in": ["core", "fit", "some"] }
          },
          "outputs": { "train": { "from": "fit", "format": "jsonl", "path": "train.jsonl" } },
          "run": { "dir": "out" }
        }
        """;

    private static readonly string[] Names = ["text", "query", "groups", "core", "fit", "some", "all"];

    private readonly Workspace _work = new();
    private readonly SortedDictionary<string, string> _whole;

    public ResumeTests()
    {
        _work.WriteRecords("pool.jsonl", 120);
        _work.WriteRecords("ask.jsonl", 6);
        _work.WriteMatrix("vec.npy", 120, 8, seed: 4);
        _work.Write("plan.json", Plan);
        _whole = Undisturbed("whole");
    }

    public static TheoryData<string> Steps => [.. Names];

    private string Journal => _work.At("out", ".staging", "journal");

    public void Dispose() => _work.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public void StoppedAfterAnyStepItEndsWithTheSameBytes(string step)
    {
        StopAfter(step);
        Assert.False(File.Exists(_work.At("train.jsonl")));
        RunStatus status = SelectionEngine.ReadStatus(_work.At("out"));
        int done = status.Steps.Select(s => s.Name).ToList().IndexOf(step) + 1;
        Assert.Equal(RunState.Unfinished, status.State);
        Assert.Equal(Enumerable.Repeat(StepState.Resumable, done).Concat(Enumerable.Repeat(StepState.Pending, 7 - done)), status.Steps.Select(s => s.State));
        AssertResumes(done, "run.threads=3");
        Assert.Equal(RunState.Finished, SelectionEngine.ReadStatus(_work.At("out")).State);
    }

    [Fact]
    public void StoppedAgainAndAgainItEndsWithTheSameBytes()
    {
        foreach (string step in Names) StopAfter(step, "run.onExisting=resume");
        AssertResumes(7);
    }

    [Fact]
    public void ATornJournalLosesItsLastStepOnly()
    {
        StopAfter("groups");
        byte[] journal = File.ReadAllBytes(Journal);
        int last = journal.AsSpan(0, journal.Length - 1).LastIndexOf((byte)'\n') + 1;
        for (int length = last; length < journal.Length; length++) Assert.Equal(2, Entries(journal[..length]));
        File.WriteAllBytes(Journal, journal[..^1]);
        AssertResumes(2);
    }

    [Fact]
    public void AFlippedByteInTheJournalLosesOneStepAtMost()
    {
        StopAfter("core");
        byte[] journal = File.ReadAllBytes(Journal);
        for (int at = 0; at < journal.Length; at++)
        {
            byte[] flipped = [.. journal];
            flipped[at] ^= 0x15;

            // A line end that became something else joins two lines into a damaged one.
            int expected = journal[at] == '\n' && at < journal.Length - 1 ? 2 : 3;
            Assert.True(Entries(flipped) == expected, $"byte {at}: {Entries(flipped)} entries");
        }

        journal[^10] ^= 1;
        File.WriteAllBytes(Journal, journal);
        AssertResumes(3);
    }

    [Fact]
    public void ADamagedPlanRecordIsRefusedAndReplaced()
    {
        StopAfter("core");
        string record = _work.At("out", ".staging", "plan.json");
        byte[] bytes = File.ReadAllBytes(record);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(record, bytes);
        Assert.Equal(10, _work.Run("plan.json", "run.onExisting=resume").Exit);
        Assert.Equal(ExitCode.Checkpoint, Assert.Throws<EngineException>(() => SelectionEngine.ReadUnfinishedPlan(_work.At("out"))).Exit);
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=replace").Exit);
        Assert.Equal(_whole, Bits("out"));
    }

    [Fact]
    public void AChangedInputRunsWhatDependsOnItAgain()
    {
        StopAfter("some");
        _work.WriteMatrix("vec.npy", 120, 8, seed: 99);
        SortedDictionary<string, string> fresh = Undisturbed("fresh");
        Assert.NotEqual(_whole, fresh);
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=resume").Exit);
        Assert.Equal(fresh, Bits("out"));
        Assert.Equal(["text", "query", "core", "fit", "some"], Resumed("out"));
    }

    [Fact]
    public void AChangedPoolRunsEverythingOnItAgain()
    {
        StopAfter("some");
        File.WriteAllText(_work.At("pool.jsonl"), File.ReadAllText(_work.At("pool.jsonl")).Replace("answer", "result", StringComparison.Ordinal));
        SortedDictionary<string, string> fresh = Undisturbed("fresh");
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=resume").Exit);
        Assert.Equal(fresh, Bits("out"));
        Assert.Equal(["query"], Resumed("out"));
    }

    [Fact]
    public void ATamperedFileIsMadeAgain()
    {
        StopAfter("some");
        string[] files = Directory.GetFiles(_work.At("out", ".staging", "files"), "*", SearchOption.AllDirectories);
        Assert.Equal(12, files.Length);
        string text = _work.At("out", ".staging", "files", "steps", "text", "embeddings.npy");
        byte[] bytes = File.ReadAllBytes(text);
        bytes[^1] ^= 1;
        File.WriteAllBytes(text, bytes);
        File.AppendAllText(_work.At("out", ".staging", "files", "steps", "fit", "selection.csv"), "\n");
        File.Delete(_work.At("out", ".staging", "files", "steps", "some", "indices.npy"));
        _work.Write("out/.staging/files/steps/gone/indices.npy", "of a step that is no longer in the plan");
        _work.Write("out/.staging/files/steps/core/.indices.npy.tmp-1-00", "of a killed run");

        // The steps that follow "text" keep their keys: the same arguments give the same bytes, made again or not.
        AssertResumes(["query", "groups", "core"]);
    }

    [Fact]
    public void AnUnfinishedRunBelongsToItsPlan()
    {
        StopAfter("core");
        SortedDictionary<string, string> before = _work.Hashes("out");
        Outcome fail = _work.Run("plan.json");
        Assert.Equal(6, fail.Exit);
        Assert.Contains($"engine resume {_work.At("out")}", fail.Error, StringComparison.Ordinal);
        Assert.Equal(10, _work.Run("plan.json", "run.onExisting=resume", "steps.core.budget=8").Exit);
        Assert.Equal(before, _work.Hashes("out"));
        AssertResumes(4);
    }

    [Fact]
    public void AnErrorKeepsWhatAnEarlierRunHadFinished()
    {
        StopAfter("core");
        File.Move(_work.At("vec.npy"), _work.At("away.npy"));
        Assert.Equal(4, _work.Run("plan.json", "run.onExisting=resume").Exit);
        File.Move(_work.At("away.npy"), _work.At("vec.npy"));
        AssertResumes(4);
    }

    [Fact]
    public void AReplacementThatWasStoppedKeepsTheOldResultsUntilItIsDone()
    {
        Assert.Equal(0, _work.Run("plan.json").Exit);
        _work.Write("other.json", Plan.Replace("\"seed\": 5", "\"seed\": 6", StringComparison.Ordinal));
        StopAfter("core", "run.onExisting=replace", plan: "other.json");
        SortedDictionary<string, string> old = Bits("out", ".staging");
        Assert.Equal(_whole, old);
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=resume").Exit);

        var rest = SelectionEngine.ReadUnfinishedPlan(_work.At("out"))!;
        File.Delete(_work.At("other.json"));
        using (var engine = new SelectionEngine()) engine.Run(rest);
        SortedDictionary<string, string> now = Bits("out");
        Assert.Equal(old.Keys, now.Keys);
        Assert.NotEqual(old["steps/some/indices.npy"], now["steps/some/indices.npy"]);
        Assert.Equal(["text", "query", "groups", "core"], Resumed("out"));
    }

    // Rankings are files of the step alone: they are kept with it, and no other step reads them.
    [Fact]
    public void ASelectionHasNoColumnThatTheJournalForgets() =>
        Assert.Equal(["Clusters", "Duplicates", "Indices", "Kind", "Pool", "PoolRows", "PoolScores", "Queries", "Radii", "Rankings", "Rounds", "Rows", "Scores", "Tasks"], typeof(Selections.Selection).GetProperties().Select(p => p.Name).Order(StringComparer.Ordinal));

    private static int Entries(byte[] journal) => CheckedLine.ReadAll(journal, JournalEntry.Parse).Count(entry => entry is not null);

    /// <summary>Runs the plan until a step has finished.</summary>
    private void StopAfter(string step, string overrides = "run.onExisting=fail", string plan = "plan.json")
    {
        using var stop = new CancellationTokenSource();
        using var engine = new SelectionEngine(new EngineOptions { Threads = 2 });
        var stopped = Assert.Throws<RunStoppedException>(() => engine.Run(SelectionEngine.ReadPlan(_work.At(plan), overrides), new StopAt(step, stop), stop.Token));
        Assert.Equal(_work.At("out"), stopped.Folder);
    }

    private void AssertResumes(int reused, params string[] overrides) => AssertResumes([.. Names.Take(reused)], overrides);

    private void AssertResumes(string[] reused, params string[] overrides)
    {
        Outcome run = _work.Run("plan.json", ["run.onExisting=resume", .. overrides]);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(_whole, Bits("out"));
        Assert.Equal(reused, Resumed("out"));
    }

    private SortedDictionary<string, string> Undisturbed(string dir)
    {
        Outcome run = _work.Run("plan.json", $"run.dir={dir}", "run.threads=1", $"outputs.train.path={dir}.jsonl");
        Assert.True(run.Exit == 0, run.ToString());
        return Bits(dir);
    }

    /// <summary>The hashes of a run's files without those that tell of time.</summary>
    private SortedDictionary<string, string> Bits(string dir, string? without = null)
    {
        SortedDictionary<string, string> hashes = _work.Hashes(dir);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html"));
        if (without is null) Assert.False(Directory.Exists(_work.At(dir, ".staging")));
        foreach (string file in hashes.Keys.Where(k => without is not null && k.StartsWith(without, StringComparison.Ordinal)).ToArray()) hashes.Remove(file);
        return hashes;
    }

    private string[] Resumed(string dir)
    {
        using var manifest = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(_work.At(dir, "manifest.json")));
        return [.. manifest.RootElement.GetProperty("steps").EnumerateObject().Where(s => s.Value.TryGetProperty("resumed", out var resumed) && resumed.GetBoolean()).Select(s => s.Name)];
    }

    private sealed class StopAt(string step, CancellationTokenSource stop) : IProgress<ProgressEvent>
    {
        public void Report(ProgressEvent value)
        {
            if (value.Step == step && value.State is ProgressState.Finished) stop.Cancel();
        }
    }
}
