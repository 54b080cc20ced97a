using Engine.Native;
using Engine.Native.Cuda;
using Engine.Native.Devices;

namespace Engine.Tests.Cuda;

/// <summary>Which GPUs there are, and what is said when there are none.</summary>
public sealed class CudaDevicesTests
{
    [CudaStubFact]
    public void Every_gpu_is_listed_with_what_it_is()
    {
        using CudaStub stub = new("devices=2 memory=5000000000");
        IReadOnlyList<DeviceFacts> found = CudaDevices.List(stub.Native);
        Assert.Equal(
            [
                new DeviceFacts("cuda", 0, "Stub GPU 0", "CUDA 12.4", 5_000_000_000, 5_000_000_000, IsGpu: true),
                new DeviceFacts("cuda", 1, "Stub GPU 1", "CUDA 12.4", 5_000_000_000, 5_000_000_000, IsGpu: true),
            ],
            found);
        Assert.Equal(90, CudaDevices.Capability(stub.Native, 1));
        Assert.Equal("cuda:1 (Stub GPU 1)", found[1].ToString());
    }

    [CudaStubFact]
    public void A_gpu_that_is_too_old_says_so()
    {
        using CudaStub stub = new("capability=75");
        Assert.Equal("its compute capability is 7.5 and the kernels need 8.0 (Ampere) or later", CudaDevices.List(stub.Native)[0].Lacks);
        DeviceException refused = Assert.Throws<DeviceException>(() => stub.Open());
        Assert.Equal(DeviceFault.Unsuitable, refused.Fault);
        Assert.Contains("cuda:0 (Stub GPU 0)", refused.Message, StringComparison.Ordinal);
    }

    [CudaStubFact]
    public void A_gpu_that_takes_no_work_says_so()
    {
        using CudaStub stub = new("prohibited=1");
        Assert.Contains("nvidia-smi -c 0", CudaDevices.List(stub.Native)[0].Lacks, StringComparison.Ordinal);
    }

    [CudaStubFact]
    public void A_driver_without_a_gpu_is_absent()
    {
        using CudaStub stub = new("devices=0");
        DeviceException absent = Assert.Throws<DeviceException>(() => CudaDevices.List(stub.Native));
        Assert.Equal(DeviceFault.Absent, absent.Fault);
        Assert.Matches("cuInit failed with CUDA_ERROR_NO_DEVICE.*CUDA_VISIBLE_DEVICES.*--device cpu", absent.Message);
    }

    [CudaStubFact]
    public void A_driver_that_is_too_old_is_named_with_its_version()
    {
        using CudaStub stub = new();
        stub.Configure("version=10020");
        NativeLibraryMissingException missing = Assert.Throws<NativeLibraryMissingException>(() => CudaNative.Load(stub.Query));
        Assert.Contains($"{stub.Path} (it speaks CUDA 10.2; the kernels need 11.0)", missing.Message, StringComparison.Ordinal);
    }

    [CudaStubFact]
    public void A_library_that_lacks_a_function_is_no_driver()
    {
        using CudaStub stub = new();
        NativeLibraryQuery wants = stub.Query with { Exports = [.. CudaNative.Query.Exports, "cuMemAlloc_v9"] };
        Assert.Contains("lacks the function cuMemAlloc_v9", Assert.Throws<NativeLibraryMissingException>(() => CudaNative.Load(wants)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_driver_is_told_with_the_places_and_the_command()
    {
        NativeLibraryQuery nowhere = CudaNative.Query with { Variable = "ENGINE_NO_SUCH_VARIABLE", FileNames = ["libcuda.so.none"] };
        NativeLibraryMissingException missing = Assert.Throws<NativeLibraryMissingException>(() => CudaNative.Load(nowhere));
        Assert.Contains("libcuda.so.none (not known to the loader)", missing.Tried);
        Assert.Contains("--gpus all", missing.Message, StringComparison.Ordinal);
    }
}
