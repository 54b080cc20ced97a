using System.Diagnostics;
using Engine.Tests.Runs;
using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Hostile;

/// <summary>Case 64: a matrix of terabytes that is all hole.</summary>
public sealed class HugeInputTests
{
    private const long Rows = 600_000_000;
    private const int Dim = 2_048;

    [Fact]
    public void A_sparse_matrix_of_5_TB_opens_at_once_and_a_run_over_it_stops_when_asked()
    {
        using var work = new Workspace();
        byte[] header = Make(Dict("<f4", $"({Rows}, {Dim})"), []);
        using (FileStream file = File.Create(work.At("vec.npy")))
        {
            file.Write(header);
            file.SetLength(header.Length + Rows * Dim * sizeof(float));
        }

        work.Write("plan.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } }, "steps": { "pick": { "op": "random", "in": "vec", "budget": 2 } }, "run": { "dir": "out" } }
            """);
        string[] before = HostileInputTests.Snapshot(work);
        var plan = SelectionEngine.ReadPlan(work.At("plan.json"));
        using var engine = new SelectionEngine();
        long clock = Stopwatch.GetTimestamp();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal((Rows, Dim), (engine.DryRun(plan).Inputs[0].Rows, engine.DryRun(plan).Inputs[0].Dim));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        Assert.ThrowsAny<OperationCanceledException>(() => engine.Run(plan, null, stop.Token));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 64 << 20);
        Assert.InRange(Stopwatch.GetElapsedTime(clock).TotalSeconds, 0, 5);

        // The step may have finished before the stop; then it is kept and nothing else.
        if (Directory.Exists(work.At("out")))
        {
            Assert.Equal([".staging"], Directory.GetFileSystemEntries(work.At("out")).Select(Path.GetFileName));
            Directory.Delete(work.At("out"), recursive: true);
        }

        Assert.Equal(before, HostileInputTests.Snapshot(work));
    }
}
