using Engine.Plans;
using Engine.Runs;

namespace Engine.Tests.Runs;

/// <summary>A run that was interrupted while its files appeared: the folder is new after the resume, or as it was, never a mixture.</summary>
public sealed class PublicationTests : IDisposable
{
    private readonly Workspace _work = new();
    private readonly Plan _plan;
    private readonly string[] _files;
    private readonly SortedDictionary<string, string> _whole;

    public PublicationTests()
    {
        _work.WriteRecords("pool.jsonl", 20);
        _work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } }, "steps": { "pick": { "op": "random", "in": "pool", "budget": 3 } },
              "outputs": { "train": { "from": "pick", "format": "jsonl", "path": "train.jsonl" } }, "run": { "dir": "out", "onExisting": "resume" } }
            """);
        Assert.Equal(0, _work.Run("plan.json").Exit);
        _whole = _work.Hashes("out");
        _files = [.. _whole.Keys.Where(f => f != "manifest.json"), "manifest.json"];
        _plan = SelectionEngine.ReadPlan(_work.At("plan.json"));
        Directory.Move(_work.At("out"), _work.At("whole"));
        File.Move(_work.At("train.jsonl"), _work.At("whole.jsonl"));
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void ItIsFinishedFromWhereverItStopped()
    {
        for (int appeared = 0; appeared <= _files.Length; appeared++)
        {
            Interrupt(appeared, outsideToo: appeared == _files.Length, out _);
            Outcome run = _work.Run("plan.json");
            Assert.True(run.Exit == 0, $"after {appeared}: {run}");
            Assert.Equal(_whole, _work.Hashes("out"));
            Assert.Equal(File.ReadAllBytes(_work.At("whole.jsonl")), File.ReadAllBytes(_work.At("train.jsonl")));
            Assert.Equal(["out", "plan.json", "pool.jsonl", "train.jsonl", "whole", "whole.jsonl"], Directory.GetFileSystemEntries(_work.Folder).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal));
            Clear();
        }
    }

    [Fact]
    public void AStagedFileThatChangedIsRefusedAndNothingMoves()
    {
        Interrupt(2, outsideToo: false, out Staging staging);
        File.AppendAllText(staging.PathOf("report.html"), " ");
        SortedDictionary<string, string> before = _work.Hashes(".");
        Outcome run = _work.Run("plan.json");
        Assert.Equal(10, run.Exit);
        Assert.Equal(before, _work.Hashes("."));
        Assert.Equal(0, _work.Run("plan.json", "run.onExisting=replace").Exit);
        Assert.Equal(_whole.Keys, _work.Hashes("out").Keys);
    }

    [Fact]
    public void AFileThatIsGoneIsRefused()
    {
        Interrupt(1, outsideToo: false, out _);
        File.Delete(_work.At("out", _files[0]));
        Assert.Equal(10, _work.Run("plan.json").Exit);
    }

    [Fact]
    public void AReplacementIsFinishedBeforeTheNextOneBegins()
    {
        Interrupt(3, outsideToo: false, out _);

        // The replacement fails; what had begun to appear is whole nevertheless.
        Assert.Equal(4, _work.Run("plan.json", "run.onExisting=replace", "steps.pick.budget=21").Exit);
        Assert.Equal(_whole, _work.Hashes("out"));
    }

    [Fact]
    public void ARecordCannotNameFilesElsewhere()
    {
        Interrupt(0, outsideToo: false, out Staging staging);
        Publication good = Publication.Read(staging)!;
        Publication[] hostile =
        [
            good with { Old = ["../pool.jsonl"] },
            good with { Files = [new PublishedFile(staging.PathOf("../../pool.jsonl"), _work.At("pool.jsonl"), ""), .. good.Files] },
            good with { Outside = [new PublishedFile(_work.At("pool.jsonl"), _work.At("stolen.jsonl"), "")] },
            good with { Files = [] },
        ];
        foreach (Publication record in hostile)
        {
            record.Write(staging);
            Assert.Equal(10, _work.Run("plan.json").Exit);
            Assert.True(File.Exists(_work.At("pool.jsonl")));
        }
    }

    /// <summary>Makes the state of a run that replaced another and stopped after some of its files had appeared.</summary>
    private void Interrupt(int appeared, bool outsideToo, out Staging staging)
    {
        staging = new Staging(_work.At("out"));
        _work.Write("out/steps/old/indices.npy", "replaced");
        if (appeared == 0) _work.Write("out/manifest.json", "replaced");
        staging.Begin(StoredPlan.Of(_plan, PlanIdentity.Of(_plan)));
        List<PublishedFile> files = [];
        foreach (string file in _files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(staging.PathOf(file))!);
            File.Copy(_work.At("whole", file), staging.PathOf(file));
            files.Add(PublishedFile.Of(staging, file, _whole[file].ToLowerInvariant()));
        }

        string temporary = _work.At(".train.jsonl.tmp-0123456789abcdef");
        File.Copy(_work.At("whole.jsonl"), temporary);
        var outside = new PublishedFile(temporary, _work.At("train.jsonl"), Publication.HashOf(temporary));
        new Publication(["steps/old/indices.npy", "manifest.json"], files, [outside]).Write(staging);
        foreach (PublishedFile file in files.Take(appeared)) file.Appear();
        if (outsideToo) outside.Appear();
    }

    private void Clear()
    {
        Directory.Delete(_work.At("out"), recursive: true);
        File.Delete(_work.At("train.jsonl"));
    }
}
