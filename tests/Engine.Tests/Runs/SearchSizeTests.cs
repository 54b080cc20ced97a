using System.Diagnostics;
using System.Globalization;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Runs;

/// <summary>The search for a ranking's best size with a program that trains: what it is given, what it may answer, and what a killed run repeats.</summary>
public sealed class SearchSizeTests : IDisposable
{
    private const string Plan = """
        {
          "version": 1, "seed": 3,
          "inputs": { "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" } },
          "steps": {
            "ranking": { "op": "random", "in": "pool", "budget": 90 },
            "pick": { "op": "sizeSearch", "in": "ranking", "trials": 8, "min": 5, "objective": { "command": ["./loss.sh", "{subset}", "a b;$(touch no)*"] } }
          },
          "run": { "dir": "out", "onExisting": "resume" }
        }
        """;

    private readonly Workspace _work = new();

    public SearchSizeTests()
    {
        _work.WriteRecords("pool.jsonl", 120);
        _work.Write("plan.json", Plan);
        Script("""
            n=$(wc -l < "$1")
            [ "$n" = "$ENGINE_SIZE" ] && [ "$1" = "$ENGINE_SUBSET" ] && [ -f "$ENGINE_INDICES" ] && [ "$2" = 'a b;$(touch no)*' ] || exit 9
            echo "$ENGINE_TRIAL $n" >> calls
            echo "epoch 1"; printf 'progress\r'
            echo "$(( (n - 40) * (n - 40) )).5"; echo
            """);
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void KeepsTheFrontWithTheLowestLossAndTellsEveryTrial()
    {
        Outcome run = _work.Run("plan.json");
        Assert.True(run.Exit == 0, run.Error);
        string[][] trials = [.. File.ReadLines(_work.At("out", "steps", "pick", "trials.csv")).Select(line => line.Split(','))];
        Assert.Equal(["trial", "size", "loss"], trials[0]);
        Assert.Equal(9, trials.Length);
        int best = int.Parse(trials.Skip(1).MinBy(t => double.Parse(t[2], CultureInfo.InvariantCulture))![1], CultureInfo.InvariantCulture);
        string[] chosen = File.ReadAllLines(_work.At("out", "selection.csv"));
        Assert.Equal(best + 1, chosen.Length);
        Assert.Equal(File.ReadLines(_work.At("out", "steps", "ranking", "selection.csv")).Take(best + 1), chosen);
        Assert.Equal(Enumerable.Range(1, 8).Select(t => $"{t} {trials[t][1]}"), Calls());
        Assert.False(File.Exists(_work.At("no")));
        Assert.Contains($"\"size\": {best}", File.ReadAllText(_work.At("out", "manifest.json")), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_work.At("out", ".staging")));
    }

    [Fact]
    public void AFailureKeepsTheTrialsBeforeIt()
    {
        string good = File.ReadAllText(_work.At("loss.sh"));
        Script("[ \"$ENGINE_TRIAL\" -lt 4 ] || exit 3\n" + good);
        Outcome failed = _work.Run("plan.json");
        Assert.Equal(11, failed.Exit);
        Assert.Contains("error COMMAND: step \"pick\": trial 4 of ", failed.Error, StringComparison.Ordinal);
        Assert.Contains("exited with 3, expected 0", failed.Error, StringComparison.Ordinal);
        Assert.Equal(3, Calls().Length);
        Script(good);
        Assert.Equal(0, _work.Run("plan.json").Exit);
        Assert.Equal(Enumerable.Range(1, 8), Calls().Select(c => int.Parse(c.Split(' ')[0], CultureInfo.InvariantCulture)));
        File.Delete(_work.At("calls"));
        Assert.Equal(0, _work.Run("plan.json", "run.dir=whole").Exit);
        Assert.Equal(File.ReadAllBytes(_work.At("whole", "steps", "pick", "trials.csv")), File.ReadAllBytes(_work.At("out", "steps", "pick", "trials.csv")));
    }

    [Fact]
    public void AKilledRunRepeatsNoFinishedTrial()
    {
        string good = File.ReadAllText(_work.At("loss.sh"));
        Script(good + "\n[ \"$ENGINE_TRIAL\" -lt 5 ] || { [ -e once ] || { touch once; sleep 60; }; }");
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = _work.Folder, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string word in new[] { Path.Combine(AppContext.BaseDirectory, "engine.dll"), "run", "plan.json" }) start.ArgumentList.Add(word);
        using (Process process = Process.Start(start)!)
        {
            var clock = Stopwatch.StartNew();
            while (!File.Exists(_work.At("once")) && clock.Elapsed < TimeSpan.FromSeconds(60)) Thread.Sleep(5);
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        Assert.Equal(5, Calls().Length);
        Assert.Equal("unfinished", _work.Engine(["status", "out"]).Output.Split('\n')[0]);
        Assert.Equal(0, _work.Run("plan.json").Exit);
        Assert.Equal([1, 2, 3, 4, 5, 5, 6, 7, 8], Calls().Select(c => int.Parse(c.Split(' ')[0], CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("echo nan", 4, "LOSS", "'nan'")]
    [InlineData("echo loss: 3", 4, "LOSS", "'loss: 3'")]
    [InlineData("true", 4, "LOSS", "''")]
    [InlineData("kill -9 $$", 11, "COMMAND", "exited with 137")]
    [InlineData("sleep 60 & sleep 60", 11, "TIMEOUT", "longer than 0.5 s")]
    [InlineData("sleep 60 & echo 1", 11, "TIMEOUT", "longer than 0.5 s")]
    public void WhatAProgramMayNotDoHasItsExitCode(string script, int exit, string code, string part)
    {
        Script(script);
        // Only who is to be late gets little time: a busy machine takes its own for the others.
        Outcome run = _work.Run("plan.json", $"steps.pick.objective.timeout={(code == "TIMEOUT" ? "0.5" : "60")}");
        Assert.True(run.Exit == exit, run.Error);
        Assert.Contains($"error {code}: step \"pick\": trial 1 of ", run.Error, StringComparison.Ordinal);
        Assert.Contains(part, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_work.At("out")));
    }

    [Fact]
    public void AProgramIsFoundInThePlansFolderOrOnThePathAlone()
    {
        Outcome none = _work.Run("plan.json", """steps.pick.objective.command=["no-such-program-here"]""");
        Assert.Equal(11, none.Exit);
        Assert.Contains("found no program no-such-program-here", none.Error, StringComparison.Ordinal);

        // Not from the folder the engine happens to run in.
        Assert.Equal(11, _work.Run("plan.json", """steps.pick.objective.command=["loss.sh", "{subset}"]""").Exit);
        Assert.Equal(3, _work.Run("plan.json", "steps.pick.objective.command=./loss.sh").Exit);
        Assert.Equal(0, _work.Run("plan.json", """steps.pick.objective.command=["sh", "-c", "echo $ENGINE_SIZE; echo {size}"]""").Exit);
    }

    [Fact]
    public void AProgramOfItsOwnNeedsNoFiles()
    {
        Selection ranking = Chosen(500, [.. Enumerable.Range(0, 300).Reverse()]);
        var step = new SearchSize { In = ranking, Trials = 15, Min = 10, Max = Budget.Percent(50), Objective = (_, front, _) => Math.Abs(Math.Log(front.Indices.Length / 60.0)) };
        StepRun run = NewRun();
        Selection found = step.Run(run);
        Assert.Equal(ranking.Indices[..found.Indices.Length], found.Indices);
        Assert.InRange(found.Indices.Length, 45, 80);
        Assert.Equal(15, run.Trials.Count);
        Assert.All(run.Trials, trial => Assert.InRange(trial.Size, 10, 150));
        Refused(step with { Objective = (_, _, _) => double.NaN }, ExitCode.Input, "LOSS", "NaN");
        Refused(step with { Min = 200 }, ExitCode.Input, "RANGE", "min is 200", "max is 150");
        Refused(step with { Max = 301 }, ExitCode.Input, "BUDGET", "301", "300");
        Refused(step with { In = Chosen(5) }, ExitCode.Input, "EMPTY");
        Refused(step with { Objective = new ObjectiveCommand(["true", "{subset}"], null).Evaluate }, ExitCode.Input, "RECORDS", "{indices}");
    }

    private string[] Calls() => File.Exists(_work.At("calls")) ? File.ReadAllLines(_work.At("calls")) : [];

    private void Script(string text)
    {
        _work.Write("loss.sh", text.StartsWith("#!", StringComparison.Ordinal) ? text : "#!/bin/sh\n" + text + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_work.At("loss.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
