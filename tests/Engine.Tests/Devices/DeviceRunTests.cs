using System.Text.Json;
using Engine.Tests.Runs;

namespace Engine.Tests.Devices;

/// <summary>Whole plans on a device: every file of the run folder but the manifest and the report is, byte for byte, the processor's.</summary>
public sealed class DeviceRunTests : IDisposable
{
    private const string Plan = """
        {
          "version": 1, "seed": 5,
          "inputs": {
            "pool": { "kind": "records", "path": "pool.jsonl", "id": "id", "source": "dataset" },
            "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" },
            "half": { "kind": "embeddings", "path": "half.npy", "rowsOf": "pool" },
            "brain": { "kind": "embeddings", "path": "brain.safetensors", "rowsOf": "pool" },
            "qa": { "kind": "embeddings", "path": "qa.npy" },
            "qb": { "kind": "embeddings", "path": "qb.npy" }
          },
          "steps": {
            "groups": { "op": "kmeans", "in": "vec", "k": 9, "restarts": 2 },
            "sphere": { "op": "kmeans", "in": "half", "k": 5, "spherical": true, "init": "random" },
            "cover": { "op": "kcenter", "in": "brain", "budget": 60 },
            "core": { "op": "kcenter", "in": "vec", "budget": 40, "metric": "cosine", "start": "nearestToCentre" },
            "task": { "op": "taskCentre", "in": "half", "clusters": "sphere", "source": ["s1"] },
            "near": { "op": "cosineSample", "in": "half", "centre": "task", "keep": "mixed", "budget": 12 },
            "apart": { "op": "dedup", "in": "vec", "threshold": 0.2 },
            "best": { "op": "rds", "in": "vec", "queries": { "a": "qa", "b": "qb" }, "budget": 15, "reduce": "max" },
            "mean": { "op": "rds", "in": "brain", "queries": { "a": "qa", "b": "qb" }, "budget": 15, "reduce": "normalizedMean" },
            "one": { "op": "rds", "in": "half", "queries": { "b": "qb" }, "budget": 25 },
            "pick": { "op": "rds", "in": "vec", "queries": { "a": "qa", "b": "qb" }, "budget": "7.5%" }
          },
          "run": { "dir": "out" }
        }
        """;

    private readonly Workspace _work = new();

    public DeviceRunTests()
    {
        _work.WriteRecords("pool.jsonl", 1_100);
        _work.WriteMatrix("vec.npy", 1_100, 83, seed: 1);
        _work.WriteMatrix("qa.npy", 5, 83, seed: 2);
        _work.WriteMatrix("qb.npy", 17, 83, seed: 3);
        _work.Write("plan.json", Plan);
        foreach ((string file, string dtype) in (ReadOnlySpan<(string, string)>)[("half.npy", "f16"), ("brain.safetensors", "bf16")])
        {
            Outcome made = _work.Engine(["convert", "vec.npy", file, "--dtype", dtype]);
            Assert.True(made.Exit == 0, made.ToString());
        }
    }

    public void Dispose() => _work.Dispose();

    [OpenClFact]
    public void Every_file_is_the_processors()
    {
        SortedDictionary<string, string> expected = Bits("cpu", "cpu");
        Assert.Equal(expected, Bits("device", "opencl"));

        // Matrices larger than what the device may use go through in blocks.
        Assert.Equal(expected, Bits("blocks", "opencl:0", "run.deviceMemory=\"300KiB\""));
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(_work.At("blocks", "manifest.json")));
        JsonElement device = manifest.RootElement.GetProperty("device"), used = device.GetProperty("devices")[0];
        Assert.Equal(("opencl", "asked for"), (device.GetProperty("kind").GetString(), device.GetProperty("why").GetString()));
        Assert.Equal(("opencl", 0, 300 << 10), (used.GetProperty("backend").GetString(), used.GetProperty("number").GetInt32(), used.GetProperty("budget").GetInt32()));
        Assert.NotEmpty(used.GetProperty("driver").GetString()!);
    }

    private SortedDictionary<string, string> Bits(string dir, string device, params string[] sets)
    {
        Outcome run = _work.Engine(["run", "plan.json", "--run-dir", dir, "--device", device, .. sets.SelectMany(set => (string[])["--set", set])]);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(device != "cpu", run.Error.StartsWith("device opencl:0 (", StringComparison.Ordinal));
        SortedDictionary<string, string> hashes = _work.Hashes(dir);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html"));
        return hashes;
    }
}
