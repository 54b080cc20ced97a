using Engine.Runs;
using Engine.Tests.Runs;

namespace Engine.Tests.Faults;

/// <summary>A small job of several steps with an output outside its folder, in one of three beginnings: nothing there, an unfinished run, another run's results.</summary>
internal sealed class FaultJob : IDisposable
{
    private const string Plan = """
        { "version": 1, "seed": 5,
          "inputs": { "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
          "steps": { "text": { "op": "embed", "in": "pool", "model": { "hashing": { "dim": 16 } } },
                     "groups": { "op": "kmeans", "in": "vec", "k": 3 },
                     "pick": { "op": "kcenter", "in": "text", "budget": 5 } },
          "outputs": { "train": { "from": "pick", "format": "jsonl", "path": "more/train.jsonl" } },
          "run": { "dir": "deep/out", "threads": 1 } }
        """;

    private static readonly Lazy<SortedDictionary<string, string>> Whole = new(Undisturbed);

    private readonly SortedDictionary<string, string> _before;

    /// <param name="onExisting">The beginning, by the value of <c>run.onExisting</c> that goes with it.</param>
    public FaultJob(string onExisting)
    {
        OnExisting = onExisting;
        Write(Work);
        if (onExisting == "replace") Assert.Equal(0, Work.Run("old.json").Exit);
        if (onExisting == "resume") StopAfter("text");
        _before = Work.Hashes(".");
        Visible = Results();
    }

    public Workspace Work { get; } = new();

    public string OnExisting { get; }

    /// <summary>What a reader saw before.</summary>
    public SortedDictionary<string, string> Visible { get; }

    /// <summary>The words that run the job.</summary>
    public string[] Words => ["run", "plan.json", "--set", $"run.onExisting={OnExisting}"];

    /// <summary>Whether a call is about what the run makes.</summary>
    public bool IsDurable(SystemCall call) => call.Succeeded && call.Path.StartsWith(Work.Folder, StringComparison.Ordinal)
        && call.Name is "openat" or "pwrite64" or "fsync" or "rename" or "mkdir" or "unlink" or "rmdir" or "ftruncate"
        && (call.Name is not "openat" || call.Creates);

    /// <summary>Everything is as before, what a run keeps for itself included.</summary>
    public void AssertUntouched(string when)
    {
        SortedDictionary<string, string> now = Work.Hashes(".");
        Assert.True(_before.SequenceEqual(now), $"{when}: found {string.Join(", ", now.Except(_before).Concat(_before.Except(now)))}");
        Assert.True(OnExisting != "fail" || (!Directory.Exists(Work.At("deep")) && !Directory.Exists(Work.At("more"))), $"{when}: a folder was left");
    }

    /// <summary>What can be seen is the old results, or the new ones, or says by its missing manifest and its list of files that somebody must finish it.</summary>
    /// <returns>True when the new results are, or will be, what the folder holds.</returns>
    public bool AssertOldOrNew(string when)
    {
        SortedDictionary<string, string> now = Results();
        bool publishing = File.Exists(Work.At("deep", "out", ".staging", "publishing")) && File.Exists(Work.At("deep", "out", ".staging", "plan.json"));
        if (now.SequenceEqual(Visible)) return publishing;
        if (now.ContainsKey(Manifest))
        {
            AssertWhole(when);
            return true;
        }

        Assert.True(publishing, $"{when}: neither old nor new, and nobody can finish it: {string.Join(", ", now.Keys)}");
        Assert.All(now.Where(f => !TellsOfTime(f.Key)), f => Assert.True(
            (Visible.TryGetValue(f.Key, out string? old) && old == f.Value) || (Whole.Value.TryGetValue(f.Key, out string? made) && made == f.Value), $"{when}: {f.Key} is neither old nor new"));
        return true;
    }

    /// <summary>Runs the job again and finds what an undisturbed run gives, and nothing else.</summary>
    public void AssertRecovers(string when)
    {
        bool unfinished = File.Exists(Work.At("deep", "out", ".staging", "plan.json"));
        Outcome run = Work.Run("plan.json", $"run.onExisting={(unfinished || OnExisting != "replace" ? "resume" : "replace")}");
        Assert.True(run.Exit == 0, $"{when}, then: {run}");
        AssertWhole(when);
        Assert.DoesNotContain(Work.Entries(), e => e.Contains(".tmp-", StringComparison.Ordinal) || e.Contains(".staging", StringComparison.Ordinal));
        Assert.Equal(["deep", "more", "old.json", "plan.json", "pool.jsonl", "vec.npy"], Directory.GetFileSystemEntries(Work.Folder).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal));
        Assert.Equal(Whole.Value.Count + 2, Results().Count);
    }

    public void Dispose() => Work.Dispose();

    private static string Manifest => Path.Combine("deep", "out", "manifest.json");

    private static bool TellsOfTime(string file) => Path.GetFileName(file) is "manifest.json" or "report.html";

    private void AssertWhole(string when)
    {
        SortedDictionary<string, string> now = Results();
        Assert.True(now.Remove(Manifest) && now.Remove(Path.Combine("deep", "out", "report.html")), $"{when}: no manifest or report");
        Assert.True(Whole.Value.SequenceEqual(now), $"{when}: differs from the undisturbed run in {string.Join(", ", now.Except(Whole.Value).Concat(Whole.Value.Except(now)))}");
    }

    /// <summary>The files a reader sees, by their place in the folder.</summary>
    private SortedDictionary<string, string> Results() => new(
        Work.Hashes(".").Where(f => (f.Key.StartsWith("deep", StringComparison.Ordinal) || f.Key.StartsWith("more", StringComparison.Ordinal))
            && !f.Key.Contains(".staging", StringComparison.Ordinal) && !f.Key.Contains(".tmp-", StringComparison.Ordinal)).ToDictionary(), StringComparer.Ordinal);

    private static SortedDictionary<string, string> Undisturbed()
    {
        using var job = new FaultJob("fail");
        Assert.Equal(0, job.Work.Run("plan.json").Exit);
        SortedDictionary<string, string> whole = job.Results();
        Assert.True(whole.Remove(Manifest) && whole.Remove(Path.Combine("deep", "out", "report.html")) && whole.Count == 11);
        return whole;
    }

    private static void Write(Workspace work)
    {
        work.WriteRecords("pool.jsonl", 30);
        work.WriteMatrix("vec.npy", 30, 4, seed: 3);
        work.Write("plan.json", Plan);
        work.Write("old.json", Plan.Replace("\"seed\": 5", "\"seed\": 6", StringComparison.Ordinal).Replace("\"budget\": 5 }", "\"budget\": 4 }, \"spare\": { \"op\": \"random\", \"in\": \"pool\", \"budget\": 2 }", StringComparison.Ordinal));
    }

    private void StopAfter(string step)
    {
        using var stop = new CancellationTokenSource();
        using var engine = new SelectionEngine(new EngineOptions { Threads = 1 });
        Assert.Throws<RunStoppedException>(() => engine.Run(SelectionEngine.ReadPlan(Work.At("plan.json")), new StopAt(step, stop), stop.Token));
    }

    private sealed class StopAt(string step, CancellationTokenSource stop) : IProgress<ProgressEvent>
    {
        public void Report(ProgressEvent value)
        {
            if (value.Step == step && value.State is ProgressState.Finished) stop.Cancel();
        }
    }
}
