using System.Diagnostics;
using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>The rows that need a process of their own.</summary>
public sealed class CommandCaseTests
{
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);

    private static readonly Dictionary<string, CommandCase> Table = CommandCase.All.ToDictionary(c => c.ToString(), StringComparer.Ordinal);

    public static TheoryData<string> Rows() => [.. Table.Keys];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Is_answered(string row)
    {
        // A busy machine gets a second try before a row counts as slow.
        TimeSpan elapsed = Answer(Table[row]);
        if (elapsed > MostTime) elapsed = Answer(Table[row]);
        Assert.True(elapsed < MostTime, $"{row} took {elapsed}.");
    }

    [Fact]
    public void Words_for_the_locale_change_no_byte()
    {
        using Workspace work = Prepare(null);
        string script = """
            LC_ALL=C engine run plan.json --run-dir c && LC_ALL=xx_YY.bogus engine run plan.json --run-dir bogus && env -u LANG -u LC_ALL dotnet "$ENGINE" run plan.json --run-dir unset
            """;
        Outcome run = Shell.Run(work.Folder, Preamble + script, Environment());
        Assert.True(run.Exit == 0, run.ToString());
        SortedDictionary<string, string> expected = Bits(work, "c");
        Assert.Equal(expected, Bits(work, "bogus"));
        Assert.Equal(expected, Bits(work, "unset"));
    }

    [Fact]
    public void Six_runs_into_one_folder_have_one_winner()
    {
        using Workspace work = Prepare(null);
        Outcome run = Shell.Run(work.Folder, Preamble + "for i in 1 2 3 4 5 6; do engine run plan.json >/dev/null 2>&1 & pids=\"$pids $!\"; done; for p in $pids; do wait $p; echo $?; done", Environment());
        Assert.Equal(["0", "6", "6", "6", "6", "6"], run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void After_a_run_was_killed_the_next_one_starts_at_once()
    {
        using Workspace work = Prepare(null);
        work.WriteMatrix("big.npy", 40_000, 64, seed: 3);
        work.Write("long.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "big.npy" } },
              "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 500, "maxIterations": 1000000 } }, "run": { "dir": "out" } }
            """);
        Outcome run = Shell.Run(work.Folder, Preamble + """
            dotnet "$ENGINE" run long.json 2>/dev/null & pid=$!
            while [ ! -d out/.staging ] && kill -0 $pid; do sleep 0.05; done
            sleep 0.2; kill -KILL $pid; wait $pid; echo $?
            engine run plan.json --set run.onExisting=replace
            """, Environment());
        Assert.True(run.Exit == 0, run.ToString());
        Assert.StartsWith("137\n", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(work.Entries(), e => e.Contains(".staging", StringComparison.Ordinal) || e.Contains(".tmp-", StringComparison.Ordinal));
    }

    [Fact]
    public void Results_may_lie_on_another_file_system()
    {
        using Workspace work = Prepare(null);
        string other = Path.Combine("/dev/shm", $"engine-hostile-{Guid.NewGuid():N}");
        try
        {
            Outcome run = work.Run("plan.json", $"run.dir={other}/out", $$"""outputs.a={"from":"pick","format":"csv","path":"{{other}}/more/a.csv"}""");
            Assert.True(run.Exit == 0, run.ToString());
            Assert.Equal(["a.csv"], Directory.GetFileSystemEntries(Path.Combine(other, "more")).Select(Path.GetFileName));
            Assert.True(File.Exists(Path.Combine(other, "out", "manifest.json")));
        }
        finally
        {
            if (Directory.Exists(other)) Directory.Delete(other, recursive: true);
        }
    }

    private const string Preamble = "engine() { dotnet \"$ENGINE\" \"$@\"; }\n";

    private static (string, string?)[] Environment(params (string, string?)[] more) => [("ENGINE", Path.Combine(AppContext.BaseDirectory, "engine.dll")), .. more];

    private static Workspace Prepare(Action<Workspace>? more)
    {
        var work = new Workspace();
        work.WriteRecords("pool.jsonl", 10);
        work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } },
              "steps": { "pick": { "op": "random", "in": "pool", "budget": 1 } }, "run": { "dir": "out" } }
            """);
        more?.Invoke(work);
        return work;
    }

    private static TimeSpan Answer(CommandCase hostile)
    {
        using Workspace work = Prepare(hostile.Make);
        string[] before = work.Entries();
        long clock = Stopwatch.GetTimestamp();
        Outcome run = Shell.Run(work.Folder, Preamble + hostile.Script, Environment([("DOTNET_GCHeapHardLimit", "20000000"), .. hostile.Environment]));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(clock);
        Assert.True(run.Exit == hostile.Exit, $"{hostile}: {run}");
        Assert.Matches(hostile.Pattern, run.Error);
        string[] after = work.Entries();
        if (run.Exit == 0 || hostile.Publishes)
        {
            Assert.Contains(Path.Combine("out", "manifest.json"), after);
            Assert.DoesNotContain(after, e => e.Contains(".staging", StringComparison.Ordinal) || e.Contains(".tmp-", StringComparison.Ordinal));
        }
        else
        {
            Assert.Equal(before, after);
        }

        return elapsed;
    }

    private static SortedDictionary<string, string> Bits(Workspace work, string folder)
    {
        SortedDictionary<string, string> hashes = work.Hashes(folder);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html") && hashes.Count > 0);
        return hashes;
    }
}
