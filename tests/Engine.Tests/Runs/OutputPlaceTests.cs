using Engine.Plans;
using Engine.Runs;
using Engine.Tests.Hostile;

namespace Engine.Tests.Runs;

/// <summary>Where outputs and the run folder may lie: two spellings of one place are one place, and what stands in the way is said before any work.</summary>
public sealed class OutputPlaceTests : IDisposable
{
    private readonly Workspace _work = new();

    public OutputPlaceTests()
    {
        _work.WriteRecords("pool.jsonl", 20);
        _work.Write("plan.json", """
            {
              "version": 1,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" } },
              "steps": { "pick": { "op": "random", "in": "pool", "budget": 3 } },
              "run": { "dir": "out" }
            }
            """);
        Link("dd", ".");
    }

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData("a.jsonl", "dd/a.jsonl", "name the same file")]
    [InlineData("new/a.jsonl", "dd/dd/new/a.jsonl", "name the same file")]
    [InlineData("q", "q/z", "lies below output \"a\"")]
    [InlineData("q/z/y", "q", "lies below output \"b\"")]
    [InlineData("q", "dd/q/new/z", "lies below output \"a\"")]
    public void TwoOutputsNeverShareAPlace(string a, string b, string words) => Refused(3, words, Outputs(a, b));

    [Theory]
    [InlineData("selected.jsonl", "which the run itself writes")]
    [InlineData("manifest.json", "which the run itself writes")]
    [InlineData("steps", "which the run itself writes")]
    [InlineData("steps/pick/indices.npy", "which the run itself writes")]
    [InlineData(".staging/x", "which the run itself writes")]
    [InlineData("", "which the run itself writes")]
    [InlineData("selected.jsonl/z", "below a file that the run itself writes")]
    public void NoOutputTakesAPlaceOfTheRun(string name, string words)
    {
        // The folder's own spelling, one through a link to the folder above, and a folder that is a link itself.
        Directory.CreateDirectory(_work.At("real"));
        Link("linked", "real");
        foreach ((string dir, string spelled) in new[] { ("out", "out"), ("out", "dd/out"), ("dd/out", "out"), ("linked", "linked"), ("linked", "real"), ("linked", "dd/real"), ("real", "linked") })
            if (name.Length > 0 || spelled != "linked") Refused(3, words, [.. Outputs($"{spelled}/{name}".TrimEnd('/')), $"run.dir={dir}"]);
    }

    [Fact]
    public void StepsBehindALinkAreThoseOfTheRunToo()
    {
        Directory.CreateDirectory(_work.At("out"));
        Directory.CreateDirectory(_work.At("elsewhere"));
        Link("out/steps", "../elsewhere");
        Refused(3, "which the run itself writes", [.. Outputs("elsewhere/pick/indices.npy"), "run.onExisting=replace"]);
    }

    [Fact]
    public void NoOutputStandsWhereTheRunFolderHasItsFolder() => Refused(3, "in which the run folder lies", [.. Outputs("runs"), "run.dir=dd/runs/demo"]);

    [Fact]
    public void AnOutputBelowAFileNamesTheFile()
    {
        Refused(7, $"found a file at {_work.At("pool.jsonl")}, where a folder is needed", Outputs("pool.jsonl/z"));
        Refused(7, $"found a file at {_work.At("pool.jsonl")}, where a folder is needed", Outputs("pool.jsonl/y/z"));
        Link("broken", "nowhere");
        Refused(7, $"found a broken link (to nowhere) at {_work.At("broken")}, where a folder is needed", Outputs("broken/z"));
    }

    [Fact]
    public void ABrokenLinkInAnOutputsPlaceIsNoFileThatExists()
    {
        Link("o.jsonl", "nowhere");
        foreach (string onExisting in new[] { "fail", "replace", "update", "resume" })
            Refused(7, "found a broken link (to nowhere) where an output file goes", [.. Outputs("o.jsonl"), $"run.onExisting={onExisting}"]);
    }

    [Fact]
    public void WhatStandsInAnOutputsPlaceIsNamed()
    {
        _work.Write("file", "mine");
        Refused(6, "found a file where an output goes", Outputs("file"));
        Link("link", "file");
        Refused(6, "found a file where an output goes", Outputs("link"));
        Shell.Run($"mkfifo '{_work.At("pipe")}'");
        Refused(6, "found a named pipe (FIFO) where an output goes", Outputs("pipe"));
        Refused(6, "found a device where an output goes", Outputs("/dev/null"));
        Directory.CreateDirectory(_work.At("folder"));
        Refused(7, "found a folder where an output file goes", Outputs("folder"));
        Refused(7, "found a folder where an output file goes", Outputs("dd"));
    }

    [Fact]
    public void APlanErrorIsSaidBeforeWhatStandsThere()
    {
        _work.Write("q", "mine");
        Refused(3, "lies below output \"a\"", Outputs("q", "q/z"));
    }

    [Fact]
    public void WhatStandsInTheRunFoldersPlaceIsNamed()
    {
        Refused(7, $"found a file at {_work.At("pool.jsonl")}, where a folder is needed", "run.dir=pool.jsonl/x/out");
        Refused(7, "found a file, expected a folder or nothing", "run.dir=pool.jsonl");
        Link("broken", "nowhere");
        Refused(7, "found a broken link (to nowhere), expected a folder or nothing", "run.dir=broken");
        Shell.Run($"mkfifo '{_work.At("pipe")}'");
        Refused(7, "found a named pipe (FIFO), expected a folder or nothing", "run.dir=pipe");
        Refused(7, "found a device, expected a folder or nothing", "run.dir=/dev/null");
    }

    [Fact]
    public void ResumingAForeignFolderTalksOfResuming()
    {
        _work.Write("full/mine.txt", "x");
        Outcome run = Refused(6, "no run that could be resumed", "run.dir=full", "run.onExisting=resume");
        Assert.DoesNotContain("remove", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void OutputsThroughALinkAreFineWhereNothingIsShared()
    {
        Outcome run = _work.Run("plan.json", [.. Outputs("a.jsonl", "dd/b.jsonl"), "run.dir=dd/out"]);
        Assert.True(run.Exit == 0, run.Error);
        Assert.True(File.Exists(_work.At("a.jsonl")) && File.Exists(_work.At("b.jsonl")));
        Assert.Equal(0, _work.Run("plan.json", [.. Outputs("dd/out/extra.jsonl"), "run.onExisting=replace"]).Exit);
        Assert.True(File.Exists(_work.At("out", "extra.jsonl")));
    }

    [Fact]
    public void ReplacingNeverLeavesTheFolderThroughALink()
    {
        Assert.Equal(0, _work.Run("plan.json").Exit);
        _work.Write("victim.txt", "alive");
        Directory.CreateDirectory(_work.At("hollow", "inner"));
        Link("out/up", "..");
        Link("out/steps/up", "../..");
        string manifest = _work.At("out", "manifest.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"files\": {", "\"files\": { \"up/victim.txt\": {}, \"steps/up/victim.txt\": {}, \"up/hollow/inner/x\": {},", StringComparison.Ordinal));
        Outcome run = _work.Run("plan.json", "run.onExisting=replace", "steps.pick.budget=4");
        Assert.True(run.Exit == 0, run.Error);
        Assert.True(File.Exists(_work.At("victim.txt")) && Directory.Exists(_work.At("hollow", "inner")));
    }

    [Theory]
    [InlineData("steps")]
    [InlineData("steps/pick")]
    public void ARunFolderWhoseFoldersAreLinksIsNotWrittenThrough(string folder)
    {
        Assert.Equal(0, _work.Run("plan.json").Exit);
        Directory.Move(_work.At("out", folder), _work.At("moved"));
        Link($"out/{folder}", _work.At("moved"));
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=resume").Exit);
        foreach (string onExisting in new[] { "replace", "update" })
            Refused(7, $"found a symbolic link at {_work.At("out", folder)}", $"run.onExisting={onExisting}", "steps.pick.budget=4");
    }

    [Fact]
    public void AStagingThatIsALinkIsNotEmptied()
    {
        Assert.Equal(0, _work.Run("plan.json").Exit);
        Link("out/.staging", "..");
        Refused(7, "found a symbolic link", "run.onExisting=replace", "steps.pick.budget=4");
    }

    [Fact]
    public void WhatAnUnfinishedRunMadeIsClearedWithoutFollowingLinks()
    {
        _work.Write("victim.txt", "alive");
        Plan plan = SelectionEngine.ReadPlan(_work.At("plan.json"));
        var staging = new Staging(_work.At("out"));
        Directory.CreateDirectory(staging.RunFolder);
        staging.Begin(StoredPlan.Of(plan, PlanIdentity.Of(plan)));
        _work.Write("out/.staging/files/steps/pick/half.npy", "rubbish");
        Link("out/.staging/files/steps/up", _work.Folder);
        Outcome run = _work.Run("plan.json", "run.onExisting=resume");
        Assert.True(run.Exit == 0, run.Error);
        Assert.True(File.Exists(_work.At("victim.txt")) && File.Exists(_work.At("pool.jsonl")));
        Assert.False(Directory.Exists(staging.Folder));
    }

    [Fact]
    public void AnUnfinishedPublicationIsNotFinishedThroughALink()
    {
        _work.Write("manifest.json", "mine");
        Plan plan = SelectionEngine.ReadPlan(_work.At("plan.json"));
        var staging = new Staging(_work.At("out"));
        Directory.CreateDirectory(staging.RunFolder);
        Link("out/up", "..");
        staging.Begin(StoredPlan.Of(plan, PlanIdentity.Of(plan)));
        _work.Write("out/.staging/files/up/victim.txt", "new");
        _work.Write("out/.staging/files/manifest.json", "new");
        _work.Write("victim.txt", "alive");
        string hash = Publication.HashOf(staging.PathOf("manifest.json"));
        new Publication(["up/manifest.json"], [PublishedFile.Of(staging, "up/victim.txt", hash), PublishedFile.Of(staging, RunFiles.Manifest, hash)], []).Write(staging);
        Assert.Equal(10, _work.Run("plan.json", "run.onExisting=resume").Exit);
        new Publication(["up/manifest.json"], [PublishedFile.Of(staging, RunFiles.Manifest, hash)], []).Write(staging);
        _work.Run("plan.json", "run.onExisting=resume");
        Assert.Equal(("alive", "mine"), (File.ReadAllText(_work.At("victim.txt")), File.ReadAllText(_work.At("manifest.json"))));
    }

    private void Link(string name, string target) => File.CreateSymbolicLink(_work.At(name), target);

    private Outcome Refused(int exit, string words, params string[] overrides)
    {
        string[] before = Snapshot();
        Outcome run = _work.Run("plan.json", overrides);
        Assert.True(run.Exit == exit && run.Error.Contains(words, StringComparison.Ordinal), $"{string.Join(' ', overrides)}: {run}");
        Assert.Equal(before, Snapshot());
        return run;
    }

    // Links are not followed: one of them leads back up.
    private string[] Snapshot() => Shell.Run(_work.Folder, "find . | sort").Output.Split('\n');

    private static string[] Outputs(params string[] paths) =>
        [.. paths.Select((path, i) => $$"""outputs.{{(char)('a' + i)}}={"from":"pick","format":"{{(i == 0 ? "jsonl" : "csv")}}","path":"{{path}}"}""")];
}
