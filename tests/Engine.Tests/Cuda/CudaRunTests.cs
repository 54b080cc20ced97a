using System.Text.Json;
using Engine.Tests.Data;
using Engine.Tests.Runs;

namespace Engine.Tests.Cuda;

/// <summary>Whole runs on a GPU that fails, against the stub of libcuda: one clear error, the right exit code, nothing half-written.</summary>
public sealed class CudaRunTests : IDisposable
{
    private readonly Workspace _work = new();
    private readonly TemporaryFolder _stubs = new();

    public CudaRunTests()
    {
        _work.WriteRecords("pool.jsonl", 300);
        _work.WriteMatrix("vec.npy", 300, 16, seed: 1);
        _work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
              "steps": { "some": { "op": "random", "in": "pool", "budget": 5 }, "groups": { "op": "kmeans", "in": "vec", "k": 4 } }, "run": { "dir": "out", "device": "cuda" } }
            """);
        _work.Write("one.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } }, "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 4 } }, "run": { "dir": "out", "device": "cuda" } }
            """);
    }

    public void Dispose()
    {
        _work.Dispose();
        _stubs.Dispose();
    }

    [CudaStubFact]
    public void Every_failure_is_one_error_and_leaves_nothing()
    {
        string[] before = _work.Entries();
        (string Words, int Exit, string Message)[] failures =
        [
            ("devices=0", 9, @"^error DEVICE: found no device for ""cuda"": the CUDA driver: cuInit failed with CUDA_ERROR_NO_DEVICE"),
            ("version=10020", 9, @"^error DEVICE: .*it speaks CUDA 10\.2; the kernels need 11\.0"),
            ("capability=70", 9, @"^error DEVICE: .*compute capability is 7\.0 and the kernels need 8\.0"),
            ("alloc=1", 8, @"error DEVICE: (step ""groups"": )?cuda:0 \(Stub GPU 0\): cuMemAlloc_v2 failed with CUDA_ERROR_OUT_OF_MEMORY.*run\.deviceMemory"),
            ("launch=1", 9, @"error DEVICE: (step ""groups"": )?cuda:0 \(Stub GPU 0\): \w+ failed with CUDA_ERROR_ILLEGAL_ADDRESS.*dmesg"),
            ("jit=3", 9, @"error DEVICE: (step ""groups"": )?cuda:0 \(Stub GPU 0\): cuModuleLoadDataEx of \w+\.sm_80\.ptx .*line 7; fatal.*Update the driver"),
        ];
        foreach ((string words, int exit, string message) in failures)
        {
            Outcome run = Run("one.json", words);
            Assert.True(run.Exit == exit, $"{words}: {run}");
            Assert.Matches(message, run.Error);
            Assert.Single(run.Error.Split('\n'), line => line.Contains("error ", StringComparison.Ordinal));
            Assert.Equal(before, _work.Entries());
        }
    }

    [CudaStubFact]
    public void Steps_that_were_finished_before_are_kept_and_go_on_elsewhere()
    {
        Outcome lost = Run("plan.json", "launch=1");
        Assert.Equal(9, lost.Exit);
        Assert.Matches(@"CUDA_ERROR_ILLEGAL_ADDRESS.*Finished steps are kept: engine resume \S+out goes on", lost.Error);
        Assert.False(File.Exists(_work.At("out", "manifest.json")));
        Outcome resumed = _work.Engine(["resume", "out", "--device", "cpu"]);
        Assert.True(resumed.Exit == 0, resumed.ToString());
        Assert.Contains("some: 5 rows, kept from the unfinished run", resumed.Error, StringComparison.Ordinal);
        Assert.True(_work.Engine(["run", "plan.json", "--device", "cpu", "--run-dir", "cpu"]).Exit == 0);
        foreach (string file in (string[])["steps/groups/assignments.npy", "steps/groups/centroids.npy", "indices.npy"])
            Assert.Equal(File.ReadAllBytes(_work.At("cpu", file)), File.ReadAllBytes(_work.At("out", file)));
    }

    [CudaStubFact]
    public void The_manifest_names_the_device_and_why()
    {
        Outcome run = _work.Engine(["run", "one.json", "--device", "cpu"]);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Matches(@"^device cpu, cpu-\w+, \d+ threads?: asked for\n", run.Error);
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(_work.At("out", "manifest.json")));
        JsonElement device = manifest.RootElement.GetProperty("device");
        Assert.Equal(("cpu", "asked for"), (device.GetProperty("kind").GetString(), device.GetProperty("why").GetString()));
    }

    private Outcome Run(string plan, string words) => _work.Engine(
        ["run", plan], ("ENGINE_LIBCUDA", StubLibraries.Copy("cuda_stub", _stubs)), ("ENGINE_STUB", words), ("ENGINE_LIBNVRTC", "/no/nvrtc"));
}
