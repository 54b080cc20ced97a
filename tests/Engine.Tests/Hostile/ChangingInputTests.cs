using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>Cases 44, 114 and 115: what happens to inputs and outputs while a run is at work.</summary>
public sealed class ChangingInputTests : IDisposable
{
    private readonly Workspace _work = new();

    public ChangingInputTests()
    {
        _work.WriteRecords("pool.jsonl", 200);
        _work.WriteMatrix("vec.npy", 200, 8, seed: 1);
        _work.Write("plan.json", """
            { "version": 1,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
              "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 3 }, "pick": { "op": "kcenter", "in": "vec", "budget": 20 } },
              "outputs": { "extra": { "from": "pick", "format": "csv", "path": "extra/pick.csv" } },
              "run": { "dir": "out" } }
            """);
        // File times tick in milliseconds: an input written just now and once more during the run must not look untouched.
        foreach (string file in (string[])["pool.jsonl", "vec.npy"]) File.SetLastWriteTimeUtc(_work.At(file), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    }

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData("pool.jsonl")]
    [InlineData("vec.npy")]
    public void A_file_that_grows_is_a_change(string file) => Changes(file, () => File.AppendAllText(_work.At(file), "{}\n"), "CHANGED: .* bytes now, it had ");

    [Theory]
    [InlineData("pool.jsonl")]
    [InlineData("vec.npy")]
    public void A_file_that_is_overwritten_in_place_is_a_change(string file) => Changes(file, () =>
    {
        using FileStream stream = File.OpenWrite(_work.At(file));
        stream.Position = 150;
        stream.WriteByte((byte)'1');
    }, "CHANGED: .*written to");

    [Fact]
    public void Records_that_are_cut_are_a_change() => Changes("pool.jsonl", () => Cut("pool.jsonl", 60), "CHANGED: ");

    // The file is cut inside its last page, which stays mapped: the process must live to say so.
    [Fact]
    public void A_matrix_whose_tail_is_cut_is_a_change() => Changes("vec.npy", () => Cut("vec.npy", new FileInfo(_work.At("vec.npy")).Length - 100), "CHANGED: ");

    [Theory]
    [InlineData("pool.jsonl")]
    [InlineData("vec.npy")]
    public void A_file_that_is_replaced_by_renaming_is_none(string file)
    {
        Assert.Equal(0, _work.Run("plan.json", "run.dir=undisturbed", "outputs.extra.path=extra/undisturbed.csv").Exit);
        Outcome run = Run(() =>
        {
            _work.Write("other", "something else");
            File.Move(_work.At("other"), _work.At(file), overwrite: true);
        });
        Assert.True(run.Exit == 0, run.ToString());
        SortedDictionary<string, string> expected = _work.Hashes("undisturbed"), found = _work.Hashes("out");
        foreach (string same in (string[])["selected.jsonl", "indices.npy", "selection.csv", "steps/groups/assignments.npy"]) Assert.Equal(expected[same], found[same]);
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("renamed")]
    [InlineData("replaced")]
    public void A_run_folder_that_goes_away_is_an_error_of_the_system(string how)
    {
        Outcome run = Run(() =>
        {
            if (how == "deleted") Directory.Delete(_work.At("out"), recursive: true);
            else Directory.Move(_work.At("out"), _work.At("moved"));
            if (how == "replaced") _work.Write("out/mine.txt", "mine");
        });
        Assert.True(run.Exit == 7, run.ToString());
        Assert.Matches(@"out.*: error \w+: ", run.Error);
        Assert.False(File.Exists(_work.At("out", "manifest.json")));
        Assert.False(File.Exists(_work.At("extra", "pick.csv")));
        if (how == "replaced") Assert.Equal(["mine.txt"], _work.Hashes("out").Keys);
        else Assert.False(Directory.Exists(_work.At("out")));
    }

    [Fact]
    public void A_run_folder_that_can_no_longer_be_written_is_an_error_of_the_system()
    {
        Outcome run = Run(() => File.WriteAllText(_work.At("extra"), "in the way"));
        Assert.True(run.Exit == 7, run.ToString());
        Assert.Matches(@"extra.*: error \w+: ", run.Error);
        Assert.False(Directory.Exists(_work.At("out")));
    }

    private void Changes(string file, Action change, string expected)
    {
        string[] before = _work.Entries();
        Outcome run = Run(change);
        Assert.True(run.Exit == 5, run.ToString());
        Assert.Matches($"^{file}: error {expected}", run.Error);
        Assert.Equal(before, _work.Entries());
    }

    private void Cut(string file, long length)
    {
        using FileStream stream = File.OpenWrite(_work.At(file));
        stream.SetLength(length);
    }

    /// <summary>Runs the plan and does something when its first step has ended.</summary>
    private Outcome Run(Action change)
    {
        var disturbance = new Disturbance(change);
        try
        {
            using var engine = new SelectionEngine(new EngineOptions { Threads = 2 });
            Outcome run = new(0, engine.Run(SelectionEngine.ReadPlan(_work.At("plan.json")), disturbance).Folder, "");
            Assert.True(disturbance.Done);
            return run;
        }
        catch (EngineException refused)
        {
            return new Outcome((int)refused.Exit, "", string.Join('\n', refused.Errors));
        }
    }

    private sealed class Disturbance(Action change) : IProgress<ProgressEvent>
    {
        public bool Done { get; private set; }

        public void Report(ProgressEvent value)
        {
            if (Done || value is not { Step: "pick", State: ProgressState.Started }) return;
            Done = true;
            change();
        }
    }
}
