using System.Text.Json;
using Engine.Tests.Cuda;
using Engine.Tests.Data;
using Engine.Tests.Runs;

namespace Engine.Tests.Devices;

/// <summary><c>engine doctor</c>: what is there, what is not, where it was looked for, what it would give and how to get it.</summary>
public sealed class DoctorTests : IDisposable
{
    private static readonly (string Name, string Variable)[] Libraries =
        [("libzstd", "ENGINE_LIBZSTD"), ("libduckdb", "ENGINE_LIBDUCKDB"), ("libonnxruntime", "ENGINE_LIBONNXRUNTIME"), ("FAISS", "ENGINE_FAISS_LIB"), ("libcuda", "ENGINE_LIBCUDA"), ("libnvrtc", "ENGINE_LIBNVRTC"), ("libOpenCL", "ENGINE_LIBOPENCL")];

    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void A_machine_without_anything_is_told_where_each_part_was_looked_for_and_how_to_get_it()
    {
        Outcome run = _work.Engine(["doctor"], [.. Libraries.Select(library => (library.Variable, $"/no/such/{library.Name}.so"))]);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Empty(run.Error);
        foreach ((string name, string variable) in Libraries)
        {
            Assert.Matches($@"\n  {name} +missing: \w+", run.Output);
            Assert.Contains($"looked at {variable}=/no/such/{name}.so (no such file)", run.Output, StringComparison.Ordinal);
            Assert.Contains($"or set {variable} to its full path", run.Output, StringComparison.Ordinal);
        }

        Assert.Equal(Libraries.Length, run.Output.Split("install it: ").Length - 1);
        Assert.Matches(@"\n  cpu-\w+ +taken\n", run.Output);
        Assert.Contains("\n  cuda        no libcuda; see above\n", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"\n--device auto takes cpu: no GPU that can be used \(cuda: no libcuda; opencl: ", run.Output);
        Assert.Empty(_work.Entries());
    }

    [Fact]
    public void The_same_as_json()
    {
        Outcome run = _work.Engine(["doctor", "--json"], [.. Libraries.Select(library => (library.Variable, $"/no/such/{library.Name}.so"))]);
        Assert.True(run.Exit == 0, run.ToString());
        using JsonDocument report = JsonDocument.Parse(run.Output);
        JsonElement root = report.RootElement;
        Assert.Equal(Libraries.Select(library => library.Name), root.GetProperty("libraries").EnumerateArray().Select(library => library.GetProperty("name").GetString()));
        Assert.All(root.GetProperty("libraries").EnumerateArray(), library => Assert.Equal((JsonValueKind.Null, 1), (library.GetProperty("path").ValueKind, library.GetProperty("tried").GetArrayLength())));
        Assert.Single(root.GetProperty("kernelSets").EnumerateArray(), set => set.GetProperty("taken").GetBoolean());
        Assert.Equal(["cuda", "opencl"], root.GetProperty("backends").EnumerateArray().Select(backend => backend.GetProperty("name").GetString()));
        Assert.Equal("cpu", root.GetProperty("auto").GetProperty("device").GetString());
    }

    [CudaStubFact]
    public void A_gpu_is_shown_with_its_driver_and_whether_it_can_be_used()
    {
        using TemporaryFolder stubs = new();
        (string, string) cuda = ("ENGINE_LIBCUDA", StubLibraries.Copy("cuda_stub", stubs)), nvrtc = ("ENGINE_LIBNVRTC", StubLibraries.Copy("nvrtc_stub", stubs));
        Outcome good = _work.Engine(["doctor"], cuda, nvrtc, ("ENGINE_STUB", "devices=2 memory=8589934592"));
        Assert.True(good.Exit == 0, good.ToString());
        Assert.Contains($"{cuda.Item2} (CUDA 12.4): runs kernels on NVIDIA GPUs", good.Output, StringComparison.Ordinal);
        Assert.Contains($"{nvrtc.Item2} (12.4): compiles kernels", good.Output, StringComparison.Ordinal);
        Assert.Contains("\n  cuda:1      Stub GPU 1, 8.0 GiB, CUDA 12.4: can be used\n", good.Output, StringComparison.Ordinal);
        Assert.Contains("\n--device auto takes cuda:0 (Stub GPU 0): the first GPU that can be used\n", good.Output, StringComparison.Ordinal);

        Outcome old = _work.Engine(["doctor"], cuda, ("ENGINE_STUB", "capability=75"));
        Assert.Contains("cannot be used, its compute capability is 7.5 and the kernels need 8.0", old.Output, StringComparison.Ordinal);
        Assert.Contains("--device auto takes cpu: ", old.Output, StringComparison.Ordinal);
        Outcome none = _work.Engine(["doctor"], cuda, ("ENGINE_STUB", "devices=0"));
        Assert.Matches(@"\n  cuda +the CUDA driver: cuInit failed with CUDA_ERROR_NO_DEVICE", none.Output);
    }
}
