using System.Diagnostics;

namespace Engine.Tests.Runs;

/// <summary>The command stopped from outside: what it says, how it exits, and how it goes on.</summary>
public sealed class StopCommandTests : IDisposable
{
    private const string Endless = """
        { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "big.npy" } },
          "steps": { "first": { "op": "random", "in": "vec", "budget": 9 }, "groups": { "op": "kmeans", "in": "vec", "k": 500, "maxIterations": 1000000 } }, "run": { "dir": "out" } }
        """;

    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void StoppedAndResumedAndStoppedAgain()
    {
        _work.WriteMatrix("big.npy", 60_000, 64, seed: 3);
        _work.Write("plan.json", Endless);
        (int exit, string error) = Signal("TERM", "run", "plan.json");
        Assert.Equal(143, exit);

        // The signal may come before the clustering has anything to keep.
        Assert.Matches("error STOPPED: stopped by SIGTERM; 1 finished step (is|and the position within \"groups\" are) kept. Go on with: engine resume " + System.Text.RegularExpressions.Regex.Escape(_work.At("out")), error);
        Assert.Matches("^unfinished\nfirst: resumable\ngroups: (halfway|pending)\n$", _work.Engine(["status", "out"]).Output);

        // The plan's file is no longer needed.
        File.Delete(_work.At("plan.json"));
        (exit, error) = Signal("USR1", "resume", "out");
        Assert.True(exit == 75, error);
        Assert.Contains("first: 9 rows, kept from the unfinished run", error, StringComparison.Ordinal);
        Outcome limited = _work.Engine(["resume", "out", "--time-limit", "1s", "--threads", "1"]);
        Assert.Equal(75, limited.Exit);
        Assert.Contains("stopped by the time limit; 1 finished step and the position within \"groups\" are kept.", limited.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_work.At("out"), "journal", SearchOption.AllDirectories));
    }

    [Fact]
    public void KilledAtAnyMomentItGoesOnToTheSameBytes()
    {
        _work.WriteRecords("pool.jsonl", 2000);
        _work.WriteMatrix("vec.npy", 2000, 32, seed: 8);
        _work.Write("plan.json", """
            { "version": 1, "seed": 3,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
              "steps": {
                "text": { "op": "embed", "in": "pool", "model": { "hashing": { "dim": 64 } } },
                "groups": { "op": "kmeans", "in": "vec", "k": 20 },
                "core": { "op": "kcenter", "in": "text", "budget": 50 },
                "some": { "op": "random", "in": "pool", "budget": 70 },
                "all": { "op": "union", "in": ["core", "some"] } },
              "outputs": { "train": { "from": "all", "format": "jsonl", "path": "train.jsonl" } },
              "run": { "dir": "out", "onExisting": "resume" } }
            """);
        Assert.Equal(0, _work.Run("plan.json", "run.dir=whole").Exit);
        byte[] train = File.ReadAllBytes(_work.At("train.jsonl"));
        File.Delete(_work.At("train.jsonl"));
        string[] moments = [".staging/plan.json", ".staging/files/steps/text/embeddings.npy", ".staging/files/steps/groups/kmeans.json", ".staging/files/steps/core", ".staging/files/selected.jsonl", ".staging/publishing"];
        foreach (string moment in moments) Kill(moment);
        Outcome run = _work.Engine(["run", "plan.json", "--threads", "1"]);
        Assert.True(run.Exit == 0, run.ToString());
        SortedDictionary<string, string> whole = _work.Hashes("whole"), found = _work.Hashes("out");
        foreach (string file in new[] { "manifest.json", "report.html" }) Assert.True(whole.Remove(file) && found.Remove(file));
        Assert.Equal(whole, found);
        Assert.Equal(train, File.ReadAllBytes(_work.At("train.jsonl")));
        Assert.DoesNotContain(_work.Entries(), e => e.Contains(".tmp-", StringComparison.Ordinal) || e.Contains(".staging", StringComparison.Ordinal));
    }

    [Fact]
    public void AFinishedRunAndAFolderWithoutARun()
    {
        _work.WriteRecords("pool.jsonl", 10);
        _work.Write("plan.json", """{ "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } }, "steps": { "pick": { "op": "random", "in": "pool", "budget": 3 } }, "run": { "dir": "out" } }""");
        Assert.Equal(0, _work.Run("plan.json").Exit);
        SortedDictionary<string, string> before = _work.Hashes("out");
        Outcome resumed = _work.Engine(["resume", "out"]);
        Assert.Equal((0, _work.At("out") + "\n"), (resumed.Exit, resumed.Output));
        Assert.Equal("finished\npick: done\n", _work.Engine(["status", "out"]).Output);
        Assert.Equal(before, _work.Hashes("out"));
        Assert.All(["resume", "status"], word => Assert.All(["none", "."], folder => Assert.Equal(10, _work.Engine([word, folder]).Exit)));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("1d")]
    [InlineData("1.5h")]
    [InlineData("2000000h")]
    [InlineData("99999999999999")]
    public void ATimeLimitIsCountedInWholeSecondsMinutesOrHours(string limit) =>
        Assert.Equal(ExitCode.CommandLine, Assert.Throws<EngineException>(() => global::Engine.Cli.RunStop.Parse(limit)).Exit);

    [Theory]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("2h", 7200)]
    public void ATimeLimitIsRead(string limit, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), global::Engine.Cli.RunStop.Parse(limit));

    /// <summary>Starts the command and signals it once its first step is there. A shell that is not interactive would ignore SIGINT.</summary>
    private (int Exit, string Error) Signal(string signal, params string[] words)
    {
        using Process process = Start(words);
        var error = new System.Text.StringBuilder();
        for (string? line = ""; line is not null && !line.StartsWith("first:", StringComparison.Ordinal); error.AppendLine(line)) line = process.StandardError.ReadLine();
        using (Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process.Id}"])) kill.WaitForExit();
        error.Append(process.StandardError.ReadToEnd());
        process.WaitForExit();
        return (process.ExitCode, error.ToString());
    }

    /// <summary>Kills a run as soon as a file or folder of it appears; a run that is faster than that has finished.</summary>
    private void Kill(string moment)
    {
        using Process process = Start(["run", "plan.json"]);
        Wait(process, () => process.HasExited || Path.Exists(_work.At("out", moment)));
        process.Kill();
        process.WaitForExit();
        Assert.True(process.ExitCode is 137 or 0, process.StandardError.ReadToEnd());
    }

    private static void Wait(Process process, Func<bool> reached)
    {
        var clock = Stopwatch.StartNew();
        while (!reached())
        {
            Assert.False(clock.Elapsed > TimeSpan.FromSeconds(60), $"process {process.Id} did not get there");
            Thread.Sleep(2);
        }
    }

    private Process Start(string[] words)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _work.Folder };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "engine.dll"));
        foreach (string word in words) start.ArgumentList.Add(word);
        return Process.Start(start)!;
    }
}
