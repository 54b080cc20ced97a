using Engine.Kernels;

namespace Engine.Tests.Runs;

/// <summary>Same plan, same bits: threads, kernel sets, locale and time zone change nothing that was chosen.</summary>
public sealed class SameBitsTests : IDisposable
{
    private const string Plan = """
        {
          "version": 1, "seed": 11,
          "inputs": {
            "pool": { "kind": "records", "path": "pool.jsonl", "id": "id", "source": "dataset" },
            "a": { "kind": "records", "path": "a.jsonl" },
            "b": { "kind": "records", "path": "b.jsonl" }
          },
          "steps": {
            "vec": { "op": "embed", "in": "pool", "model": { "hashing": { "dim": 96 } } },
            "qa": { "op": "embed", "in": "a", "model": { "hashing": { "dim": 96 } } },
            "qb": { "op": "embed", "in": "b", "model": { "hashing": { "dim": 96 } } },
            "groups": { "op": "kmeans", "in": "vec", "k": 7, "restarts": 2 },
            "sphere": { "op": "kmeans", "in": "vec", "k": 5, "spherical": true, "init": "random" },
            "core": { "op": "kcenter", "in": "vec", "budget": 20, "metric": "cosine", "start": "nearestToCentre" },
            "even": { "op": "balanced", "in": "pool", "budget": 10, "draw": "random" },
            "mean": { "op": "rds", "in": "vec", "queries": { "a": "qa", "b": "qb" }, "budget": 15, "reduce": "normalizedMean" },
            "both": { "op": "union", "in": ["core", "even", "mean"] },
            "pick": { "op": "rds", "in": "vec", "queries": { "a": "qa", "b": "qb" }, "budget": "7.5%" }
          },
          "run": { "dir": "out" }
        }
        """;

    private readonly Workspace _work = new();

    public SameBitsTests()
    {
        _work.WriteRecords("pool.jsonl", 400);
        _work.WriteRecords("a.jsonl", 5);
        _work.WriteRecords("b.jsonl", 9);
        _work.Write("plan.json", Plan);
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void ThreadsKernelSetsAndLocaleChangeNothing()
    {
        SortedDictionary<string, string> expected = Bits("first", ["--threads", "1"]);
        Assert.Equal(expected, Bits("t2", ["--threads", "2"]));
        Assert.Equal(expected, Bits("t3", ["--threads", "3"], ("LANG", "de_DE.UTF-8"), ("LC_ALL", "de_DE.UTF-8"), ("TZ", "Pacific/Chatham")));
        Assert.Equal(expected, Bits("k256", [], ("DOTNET_EnableAVX512", "0"), ("LC_ALL", "tr_TR.UTF-8")));
        Assert.Equal(expected, Bits("scalar", ["--threads", "2"], ("DOTNET_EnableHWIntrinsic", "0")));
        foreach (KernelSet set in KernelSets.All.Where(s => s.Supported))
            Assert.Equal(expected, Bits(set.Name, [], ("ENGINE_KERNELS", set.Name)));
    }

    private SortedDictionary<string, string> Bits(string dir, string[] words, params (string, string)[] environment)
    {
        Outcome run = _work.Engine(["run", "plan.json", "--run-dir", dir, .. words], environment);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(_work.At(dir) + "\n", run.Output);
        SortedDictionary<string, string> hashes = _work.Hashes(dir);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html"));
        Assert.Equal(23, hashes.Count);
        return hashes;
    }
}
