using Engine.Tests.Runs;
using Xunit.Abstractions;

namespace Engine.Tests.Faults;

/// <summary>A run that is killed just before any one of its writes, flushes, renames or removals leaves the old results or the new, and goes on to the same bytes.</summary>
/// <remarks><c>ENGINE_FAULTS=1</c> takes every such call in turn; otherwise some are taken.</remarks>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Some = 5;

    [Theory]
    [InlineData("fail")]
    [InlineData("resume")]
    [InlineData("replace")]
    public void Killed_before_any_durable_step_it_ends_with_the_same_bytes(string onExisting)
    {
        if (!Strace.IsThere(output)) return;
        string folder;
        IReadOnlyList<SystemCall> all, calls;
        using (var job = new FaultJob(onExisting))
        {
            (Outcome run, IReadOnlyList<SystemCall> traced) = Strace.Run(job.Work, null, job.Words);
            Assert.True(run.Exit == 0, run.ToString());
            (folder, all, calls) = (job.Work.Folder, traced, [.. traced.Where(job.IsDurable)]);
        }

        Assert.All((string[])["openat", "pwrite64", "fsync", "rename", "mkdir", "unlink", "rmdir"], name => Assert.Contains(calls, c => c.Name == name));
        IReadOnlyList<SystemCall> chosen = Strace.Choose(calls, Some, shift: 3);
        int published = 0;
        Strace.ForEach(chosen, call =>
        {
            SystemCall at = call;
            for (int attempt = 0; attempt < Strace.Attempts; attempt++)
            {
                using var job = new FaultJob(onExisting);
                (Outcome run, IReadOnlyList<SystemCall> traced) = Strace.Run(job.Work, Strace.At(at, "signal=KILL"), job.Words);
                if (!call.IsSame(folder, traced[^1], job.Work.Folder))
                {
                    at = at with { Ordinal = Strace.Again(call, at.Ordinal, traced[^1], all, (one, other) => one.IsSame(folder, other, job.Work.Folder)) };
                    continue;
                }

                Assert.True(run.Exit == 137 && traced[^1].WasKilled, run.ToString());
                if (job.AssertOldOrNew("afterwards")) Interlocked.Increment(ref published);
                job.AssertRecovers("afterwards");
                return;
            }

            Assert.Fail("the call was not found again");
        });
        output.WriteLine($"{onExisting}: killed before {chosen.Count} of {calls.Count} durable steps; {published} times the new results had begun to appear");
    }
}
