using System.Text.Json;

namespace Engine.Tests.Runs;

/// <summary>What a run leaves, and what it never touches.</summary>
public sealed class RunFolderTests : IDisposable
{
    private const string Plan = """
        {
          "version": 1, "seed": 7,
          "inputs": {
            "pool": { "kind": "records", "path": "pool.jsonl", "id": "id", "source": "dataset" },
            "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" }
          },
          "steps": {
            "groups": { "op": "kmeans", "in": "vec", "k": 4 },
            "pick": { "op": "kcenter", "in": "vec", "budget": 5 }
          },
          "run": { "dir": "out" }
        }
        """;

    private readonly Workspace _work = new();

    public RunFolderTests()
    {
        _work.WriteRecords("pool.jsonl", 60);
        _work.WriteMatrix("vec.npy", 60, 8, seed: 1);
        _work.Write("plan.json", Plan);
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void ARunLeavesTheFilesOfTheContractAndNothingElse()
    {
        Outcome run = _work.Run("plan.json");
        Assert.Equal((0, _work.At("out")), (run.Exit, run.Output));
        Assert.Equal(
            ["indices.npy", "manifest.json", "report.html", "selected.jsonl", "selection.csv", "steps/groups/assignments.npy", "steps/groups/centroids.npy", "steps/groups/kmeans.json", "steps/pick/indices.npy", "steps/pick/radii.npy", "steps/pick/selection.csv"],
            _work.Hashes("out").Keys);
        string[] pool = File.ReadAllLines(_work.At("pool.jsonl"));
        string[] table = File.ReadAllLines(_work.At("out", "selection.csv"));
        Assert.Equal("rank,row,id,source,radius", table[0]);
        int[] rows = [.. table.Skip(1).Select(line => int.Parse(line.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(0, rows[0]);
        Assert.Equal(rows.Select(r => pool[r]), File.ReadAllLines(_work.At("out", "selected.jsonl")));
    }

    [Fact]
    public void TheManifestNamesEveryFileWithItsHash()
    {
        _work.Run("plan.json");
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(_work.At("out", "manifest.json")));
        var listed = manifest.RootElement.GetProperty("files").EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetProperty("sha256").GetString()!.ToUpperInvariant());
        SortedDictionary<string, string> found = _work.Hashes("out");
        found.Remove("manifest.json");
        Assert.Equal(found, listed.OrderBy(f => f.Key, StringComparer.Ordinal));
        JsonElement step = manifest.RootElement.GetProperty("steps").GetProperty("pick");
        Assert.Equal("kcenter", step.GetProperty("op").GetString());
        Assert.Equal(5, step.GetProperty("rows").GetInt64());
        Assert.True(step.GetProperty("bytes").GetInt64() > 0 && step.GetProperty("flops").GetDouble() > 0 && step.GetProperty("seconds").GetDouble() >= 0);
        Assert.Equal("pick", manifest.RootElement.GetProperty("selection").GetString());
    }

    [Theory]
    [InlineData("fail", 6)]
    [InlineData("replace", 6)]
    [InlineData("resume", 6)]
    public void ForeignFilesAreNeverTouched(string onExisting, int exit)
    {
        _work.Write("out/precious.txt", "keep me");
        Outcome run = _work.Run("plan.json", $"run.onExisting={onExisting}");
        Assert.Equal(exit, run.Exit);
        Assert.Equal(["precious.txt"], _work.Hashes("out").Keys);
    }

    [Fact]
    public void AnEmptyFolderIsFine()
    {
        Directory.CreateDirectory(_work.At("out"));
        Assert.Equal(0, _work.Run("plan.json").Exit);
    }

    [Fact]
    public void AFileOrABrokenLinkInItsPlaceIsRefused()
    {
        _work.Write("out", "a file");
        Assert.Equal(7, _work.Run("plan.json").Exit);
        File.Delete(_work.At("out"));
        File.CreateSymbolicLink(_work.At("out"), "nowhere");
        Assert.Equal(7, _work.Run("plan.json").Exit);
    }

    [Fact]
    public void AFinishedRunIsNotRunAgain()
    {
        _work.Run("plan.json");
        SortedDictionary<string, string> before = _work.Hashes("out");
        Assert.Equal(6, _work.Run("plan.json").Exit);
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=resume", "run.threads=1").Exit);
        Assert.Equal(before, _work.Hashes("out"));
        Outcome other = _work.Run("plan.json", "run.onExisting=resume", "steps.pick.budget=6");
        Assert.Equal(10, other.Exit);
        Assert.Equal(before, _work.Hashes("out"));
    }

    [Fact]
    public void ReplaceRemovesWhatItsManifestListsAndKeepsTheRest()
    {
        _work.Run("plan.json");
        _work.Write("out/notes.txt", "mine");
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=replace", """steps={"pick":{"op":"random","in":"pool","budget":3}}""").Exit);
        Assert.Equal(["indices.npy", "manifest.json", "notes.txt", "report.html", "selected.jsonl", "selection.csv", "steps/pick/indices.npy", "steps/pick/selection.csv"], _work.Hashes("out").Keys);
    }

    [Fact]
    public void AHostileManifestCannotNameFilesElsewhere()
    {
        _work.Run("plan.json");
        _work.Write("victim.txt", "alive");
        string manifest = _work.At("out", "manifest.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"files\": {", "\"files\": { \"../victim.txt\": {}, \"/etc/hostname\": {},", StringComparison.Ordinal));
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=replace").Exit);
        Assert.True(File.Exists(_work.At("victim.txt")));
    }

    [Fact]
    public void ARefusedRunLeavesNoFileAndNoFolder()
    {
        string[] before = _work.Entries();
        Assert.Equal(4, _work.Run("plan.json", "steps.pick.budget=61", "run.dir=deep/er/out").Exit);
        Assert.Equal(4, _work.Run("plan.json", "inputs.vec.path=none.npy").Exit);
        Assert.Equal(3, _work.Run("plan.json", "steps.pick.op=nothing").Exit);
        Assert.Equal(before, _work.Entries());
    }

    [Fact]
    public void AFailedReplaceKeepsTheOldResults()
    {
        _work.Run("plan.json");
        SortedDictionary<string, string> before = _work.Hashes("out");
        Outcome run = _work.Run("plan.json", "run.onExisting=replace", "steps.pick.budget=61");
        Assert.Equal(4, run.Exit);
        Assert.Contains("61", run.Error, StringComparison.Ordinal);
        Assert.Contains("60", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, _work.Hashes("out"));
    }

    [Fact]
    public void WhatAKilledRunLeftIsTakenOver()
    {
        Directory.CreateDirectory(_work.At("out", ".staging", "files"));
        _work.Write("out/.staging/plan.json", "another plan's");
        Assert.Equal(6, _work.Run("plan.json").Exit);
        Assert.Equal(10, _work.Run("plan.json", "run.onExisting=resume").Exit);
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=replace").Exit);
        Assert.False(Directory.Exists(_work.At("out", ".staging")));
    }

    [Fact]
    public void TwoRunsOfOneFolderHaveOneWinner()
    {
        using var start = new Barrier(4);
        int[] exits = new int[4];
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            start.SignalAndWait(TimeSpan.FromSeconds(5));
            exits[i] = _work.Run("plan.json").Exit;
        });
        Assert.Equal([0, 6, 6, 6], exits.Order());
        Assert.Equal(11, _work.Hashes("out").Count);
    }
}
