using Engine.Runs;
using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>What an unfinished run answers when its checkpoint, its plan or its place was changed: rows 126 to 133.</summary>
public sealed class CheckpointTests : IDisposable
{
    private const string Plan = """
        { "version": 1, "seed": 2, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } },
          "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 12, "maxIterations": 30, "restarts": 2 }, "core": { "op": "kcenter", "in": "vec", "budget": 20 } },
          "outputs": { "rows": { "from": "core", "format": "csv", "path": "rows.csv" } }, "run": { "dir": "out", "checkpoint": "1ms" } }
        """;

    private readonly Workspace _work = new();
    private readonly SortedDictionary<string, string> _whole;

    public CheckpointTests()
    {
        _work.WriteMatrix("vec.npy", 600, 6, seed: 8);
        _work.Write("plan.json", Plan);
        Assert.Equal(0, _work.Run("plan.json", "run.dir=whole").Exit);
        _whole = Bits("whole");
        File.Delete(_work.At("rows.csv"));
    }

    private string Tiles => _work.At("out", ".staging", "tiles", "groups");

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Goes_on_within_a_step_with_other_threads(int threads)
    {
        StopWithin("groups", 5);
        Assert.Equal(StepState.Halfway, SelectionEngine.ReadStatus(_work.At("out")).Steps[0].State);
        AssertResumes($"run.threads={threads}");
    }

    [Fact]
    public void Stopped_again_and_again_within_steps_it_ends_with_the_same_bytes()
    {
        for (int updates = 1; updates < 6; updates++) StopWithin("groups", updates);
        for (int picks = 1; picks < 6; picks++) StopWithin("core", picks);
        AssertResumes();
    }

    [Fact]
    public void Torn_positions_fall_back_and_lost_ones_begin_anew()
    {
        StopWithin("groups", 5);
        StopWithin("groups", 2);
        string[] generations = [Path.Combine(Tiles, "a"), Path.Combine(Tiles, "b")];
        Assert.All(generations, file => Assert.True(File.Exists(file)));
        byte[][] whole = [.. generations.Select(File.ReadAllBytes)];
        var random = new Random(4);
        for (int round = 0; round < 6; round++)
        {
            // The newer one, the older one, both.
            for (int i = 0; i < 2; i++)
            {
                bool damage = round % 3 == 2 || round % 3 == i;
                File.WriteAllBytes(generations[i], damage ? whole[i][..random.Next(whole[i].Length)] : whole[i]);
            }

            string copy = $"copy{round}";
            Assert.Equal(0, Shell.Run(_work.Folder, $"cp -rp out {copy}").Exit);
            Assert.Equal(0, _work.Run("plan.json", "run.onExisting=resume", $"run.dir={copy}").Exit);
            Assert.Equal(_whole, Bits(copy));
            File.Delete(_work.At("rows.csv"));
        }
    }

    [Fact]
    public void Every_cut_and_every_flip_of_the_plan_record_is_refused_and_changes_nothing()
    {
        StopWithin("groups", 3);
        string record = _work.At("out", ".staging", "plan.json");
        byte[] whole = File.ReadAllBytes(record);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= 0x15;
            foreach (byte[] bytes in new[] { whole[..at], flipped })
            {
                File.WriteAllBytes(record, bytes);
                Assert.Equal(ExitCode.Checkpoint, Assert.Throws<EngineException>(() => SelectionEngine.ReadUnfinishedPlan(_work.At("out"))).Exit);
            }
        }

        Assert.Equal(10, _work.Run("plan.json", "run.onExisting=resume").Exit);
        File.WriteAllBytes(record, whole);
        AssertResumes();
    }

    [Fact]
    public void Another_plan_or_another_major_version_is_refused()
    {
        StopWithin("groups", 3);
        SortedDictionary<string, string> before = _work.Hashes("out");
        Assert.Equal(10, _work.Run("plan.json", "run.onExisting=resume", "steps.groups.k=11").Exit);
        string record = _work.At("out", ".staging", "plan.json");
        byte[] own = File.ReadAllBytes(record);
        (StoredPlan.Read(record)! with { Engine = "7.0.0" }).Write(record);
        Outcome other = _work.Run("plan.json", "run.onExisting=resume");
        Assert.Equal(10, other.Exit);
        Assert.Contains("error OTHER_VERSION: found an unfinished run of engine 7.0.0", other.Error, StringComparison.Ordinal);
        File.WriteAllBytes(record, own);
        Assert.Equal(before, _work.Hashes("out"));
        AssertResumes();
    }

    [Fact]
    public void Another_input_begins_the_step_anew()
    {
        StopWithin("groups", 3);
        _work.WriteMatrix("vec.npy", 600, 6, seed: 9);
        Assert.Equal(0, _work.Run("plan.json", "run.dir=other").Exit);
        File.Delete(_work.At("rows.csv"));
        SortedDictionary<string, string> other = Bits("other");
        Assert.NotEqual(_whole, other);
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=resume").Exit);
        Assert.Equal(other, Bits("out"));
    }

    [Fact]
    public void A_place_for_positions_that_cannot_be_written_ends_the_run()
    {
        StopWithin("groups", 3);
        string tiles = _work.At("out", ".staging", "tiles");
        Directory.Delete(tiles, recursive: true);

        // No permission stops root, but nobody makes a folder where a file is.
        File.WriteAllText(tiles, "");
        Outcome run = _work.Run("plan.json", "run.onExisting=resume");
        Assert.Equal(7, run.Exit);
        Assert.Contains("tiles", run.Error, StringComparison.Ordinal);
        File.Delete(tiles);
        AssertResumes();
    }

    [Fact]
    public void Temporary_files_of_others_stay()
    {
        StopWithin("groups", 3);
        string[] foreign = [_work.Write(".rows.csv.tmp-1-0123456789abcdef", "x"), _work.Write(".vec.npy.tmp-7-00", "x"), _work.Write("a.tmp", "x")];
        string own = _work.Write("out/.staging/files/steps/groups/.kmeans.json.tmp-1-00", "of a killed run");
        AssertResumes();
        Assert.All(foreign, file => Assert.True(File.Exists(file)));
        Assert.False(File.Exists(own));
    }

    [Fact]
    public void Resuming_a_finished_run_changes_nothing()
    {
        Assert.Equal(0, _work.Run("plan.json").Exit);
        SortedDictionary<string, string> before = _work.Hashes("out");
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=resume").Exit);
        Assert.Equal(before, _work.Hashes("out"));
    }

    /// <summary>Runs the plan until a step has told of some of its work.</summary>
    private void StopWithin(string step, int events)
    {
        using var stop = new CancellationTokenSource();
        using var engine = new SelectionEngine(new EngineOptions { Threads = 2 });
        var stopped = Assert.Throws<RunStoppedException>(() =>
            engine.Run(SelectionEngine.ReadPlan(_work.At("plan.json"), "run.onExisting=resume"), new StopAt(step, events, stop), stop.Token));
        Assert.Equal(step, stopped.HalfwayStep);
    }

    private void AssertResumes(params string[] overrides)
    {
        Outcome run = _work.Run("plan.json", ["run.onExisting=resume", .. overrides]);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(_whole, Bits("out"));
        Assert.DoesNotContain(_work.Entries(), e => e.Contains(".staging", StringComparison.Ordinal));
    }

    private SortedDictionary<string, string> Bits(string dir)
    {
        SortedDictionary<string, string> hashes = _work.Hashes(dir);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html"));
        return hashes;
    }

    private sealed class StopAt(string step, int events, CancellationTokenSource stop) : IProgress<ProgressEvent>
    {
        private int _left = events;

        public void Report(ProgressEvent value)
        {
            if (value.Step == step && value.State is ProgressState.Working && Interlocked.Decrement(ref _left) == 0) stop.Cancel();
        }
    }
}
