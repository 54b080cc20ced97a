using Engine.Tests.Runs;
using Xunit.Abstractions;

namespace Engine.Tests.Faults;

/// <summary>Rows 107 to 109: the disk is full, the quota used up or the device broken at any one call of a run, the checkpoint and the last rename included.</summary>
/// <remarks><c>ENGINE_FAULTS=1</c> takes every call in turn with every error that it can give; otherwise some are taken.</remarks>
public sealed class FailureTests(ITestOutputHelper output)
{
    private const int Some = 6;

    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["ENOSPC"] = @"error DISK_FULL: .*No space left on device.*\(errno 28\)",
        ["EDQUOT"] = @"error DISK_FULL: .*Disk quota exceeded.*\(errno 122\)",
        ["EIO"] = @"error IO: .*Input/output error.*\(errno 5\)",
    };

    [Theory]
    [InlineData("fail")]
    [InlineData("resume")]
    [InlineData("replace")]
    public void A_call_that_fails_ends_the_run_with_exit_7_and_loses_nothing(string onExisting)
    {
        if (!Strace.IsThere(output)) return;
        Fault[] faults;
        IReadOnlyList<SystemCall> all;
        using (var job = new FaultJob(onExisting))
        {
            (Outcome run, IReadOnlyList<SystemCall> traced) = Strace.Run(job.Work, null, job.Words);
            Assert.True(run.Exit == 0, run.ToString());
            all = traced;
            SystemCall[] calls = [.. traced.Where(job.IsDurable)];
            int publishing = Array.FindIndex(calls, c => c.Name == "rename" && c.Path.EndsWith("publishing", StringComparison.Ordinal));

            // Everything in a fresh folder; one error for each call elsewhere, where the calls are the same but for what they find.
            faults = [.. calls.SelectMany((call, i) => Of(call).Where((_, e) => onExisting == "fail" || e == i % Of(call).Length).Select(error => new Fault(call, error, i <= publishing, job.Work.Folder)))];
        }

        IReadOnlyList<Fault> chosen = Strace.Choose(faults, Some, shift: onExisting.Length);
        Strace.ForEach(chosen, fault => Fail(onExisting, fault, all));
        output.WriteLine($"{onExisting}: {chosen.Count} of {faults.Length} failures: {string.Join(", ", chosen.CountBy(f => f.Error).OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Value} {e.Key}"))}");
    }

    /// <summary>The errors that a call can give; a removal needs no space.</summary>
    private static string[] Of(SystemCall call) => call.Name is "unlink" or "rmdir" or "ftruncate" ? ["EIO"] : ["ENOSPC", "EIO", "EDQUOT"];

    private static void Fail(string onExisting, Fault fault, IReadOnlyList<SystemCall> calls)
    {
        SystemCall here = fault.Call;
        for (int attempt = 0; attempt < Strace.Attempts; attempt++)
        {
            using var job = new FaultJob(onExisting);
            (Outcome run, IReadOnlyList<SystemCall> traced) = Strace.Run(job.Work, Strace.At(here, $"error={fault.Error}"), job.Words);
            int at = traced.ToList().FindIndex(c => c.IsInjected);
            if (at < 0 || !fault.Call.IsSame(fault.Folder, traced[at], job.Work.Folder))
            {
                here = here with { Ordinal = Strace.Again(fault.Call, here.Ordinal, at < 0 ? null : traced[at], calls, (one, other) => one.IsSame(fault.Folder, other, job.Work.Folder)) };
                continue;
            }

            Check(job, fault, run, traced[at], [.. traced.Skip(at + 1)]);
            return;
        }

        Assert.Fail("the call was not found again");
    }

    private static void Check(FaultJob job, Fault fault, Outcome run, SystemCall hit, SystemCall[] later)
    {
        Assert.True(run.Exit == 7, $"exit {run.Exit}: {run.Error}");
        Assert.Matches(Words[fault.Error], run.Error);
        Assert.Contains(hit.Place, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(later, c => c.IsInjected || (c.Name == "fsync" && hit.Name == "fsync" && c.Path == hit.Path));
        bool published = job.AssertOldOrNew("afterwards");
        Assert.True(!fault.BeforePublication || !published, "it was published before");
        if (fault.BeforePublication && job.OnExisting != "resume" && hit.Name is not ("unlink" or "rmdir")) job.AssertUntouched("afterwards");
        job.AssertRecovers("afterwards");
    }

    private sealed record Fault(SystemCall Call, string Error, bool BeforePublication, string Folder)
    {
        public override string ToString() => $"{Error} at {Call}";
    }
}
