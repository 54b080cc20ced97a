using Engine.Tests.Runs;
using Xunit.Abstractions;

namespace Engine.Tests.Hostile;

/// <summary>Row 120: under a control group's memory limit, a little above the budget, a run ends well or is refused, and the kernel never kills it.</summary>
public sealed class ControlGroupTests(ITestOutputHelper output)
{
    private const string Budget = "200MiB";
    private const long Limit = 230L << 20;

    [Fact]
    public void A_run_within_its_budget_is_not_killed()
    {
        using var work = new Workspace();
        work.WriteMatrix("vec.npy", 40_000, 64, seed: 3);
        work.Write("plan.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } },
              "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 20, "maxIterations": 5 } }, "run": { "dir": "out" } }
            """);
        string group = $"engine-test-{Guid.NewGuid():N}";

        // Version 2 has one tree, version 1 one for each resource.
        Outcome made = Shell.Run(work.Folder, FormattableString.Invariant($$"""
            if [ -f /sys/fs/cgroup/cgroup.controllers ]; then g=/sys/fs/cgroup/{{group}}; mkdir $g && echo {{Limit}} > $g/memory.max && echo 0 > $g/memory.swap.max
            else g=/sys/fs/cgroup/memory/{{group}}; mkdir $g && echo {{Limit}} > $g/memory.limit_in_bytes; fi || { code=$?; rmdir $g 2>/dev/null; exit $code; }
            echo $g
            """));
        if (made.Exit != 0)
        {
            output.WriteLine($"No control group was tried, none can be made here: {made.Error.Trim()} A heap limit stands for it (121).");
            return;
        }

        string place = made.Output.Trim();
        try
        {
            Outcome run = Shell.Run(work.Folder, $"echo $$ > {place}/cgroup.procs; exec dotnet \"$ENGINE\" run plan.json --memory {Budget}", ("ENGINE", Path.Combine(AppContext.BaseDirectory, "engine.dll")));
            Assert.True(run.Exit is 0 or 8, run.ToString());
            Assert.Equal(run.Exit == 0, File.Exists(work.At("out", "manifest.json")));
        }
        finally
        {
            Directory.Delete(place);
        }
    }
}
