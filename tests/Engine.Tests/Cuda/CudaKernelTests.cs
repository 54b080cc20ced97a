using System.Text;
using Engine.Native.Cuda;
using Engine.Native.Devices;

namespace Engine.Tests.Cuda;

/// <summary>Modules, launches, and what is said when the driver fails.</summary>
public sealed class CudaKernelTests
{
    private const string Ptx = """
        .version 7.0
        .target sm_80
        .visible .entry first(
            .param .u64 buffer,
            .param .u32 count,
            .param .u64 rows,
            .param .f32 scale,
            .param .f64 floor
        )
        { ret; }
        .visible .entry second()
        { ret; }
        """;

    private static readonly int[] Nothing = new int[6];

    [CudaStubFact]
    public void Arguments_arrive_in_the_order_and_size_that_the_source_has_them()
    {
        using CudaStub stub = new("touch=1");
        using CudaDevice device = stub.Open();
        using CudaContext context = new(stub.Native, device.Facts);
        using CudaModule module = new(context, Code());
        using DeviceBuffer buffer = device.Allocate(16);
        device.Work.Write(buffer, (ReadOnlySpan<int>)[41]);
        device.Work.Launch(module.Kernel("first"), 7, 256, buffer, -3, long.MinValue + 5, 1.5f, -0.1);
        (string kernel, int groups, int groupSize, ulong[] arguments) = stub.LastLaunch;
        Assert.Equal(("first", 7, 256), (kernel, groups, groupSize));
        Assert.Equal((ulong)((CudaBuffer)buffer).Address, arguments[0]);
        Assert.Equal(-3, (int)arguments[1]);
        Assert.Equal(long.MinValue + 5, (long)arguments[2]);
        Assert.Equal(1.5f, BitConverter.UInt32BitsToSingle((uint)arguments[3]));
        Assert.Equal(-0.1, BitConverter.UInt64BitsToDouble(arguments[4]));

        // The stub's kernels add 1 to the first byte that they are given.
        int[] back = new int[1];
        device.Work.Read(buffer, back.AsSpan());
        Assert.Equal(42, back[0]);
        device.Work.Launch(module.Kernel("second"), 0, 256);
        Assert.Equal("first", stub.LastLaunch.Kernel);
    }

    [CudaStubFact]
    public void Memory_that_runs_out_is_told_with_the_remedy()
    {
        using CudaStub stub = new();
        using (CudaDevice device = stub.Open())
        {
            stub.Configure("alloc=2 pin=1");
            using DeviceBuffer first = device.Allocate(10);
            DeviceException full = Assert.Throws<DeviceException>(() => device.Allocate(10));
            Assert.Equal(DeviceFault.OutOfMemory, full.Fault);
            Assert.Matches(@"^cuda:0 \(Stub GPU 0\): cuMemAlloc_v2 failed with CUDA_ERROR_OUT_OF_MEMORY, as the stub was told\..*run\.deviceMemory.*--device cpu", full.Message);
            Assert.Equal(DeviceFault.OutOfMemory, Assert.Throws<DeviceException>(() => device.Pin(10)).Fault);

            // What failed took nothing of the budget.
            Assert.Equal(device.Budget - 10, device.Spare);
        }

        Assert.Equal(Nothing, stub.Live);
    }

    [CudaStubFact]
    public void A_device_that_is_lost_stays_lost_and_gives_everything_back()
    {
        using CudaStub stub = new();
        using (CudaDevice device = stub.Open())
        using (CudaContext context = new(stub.Native, device.Facts))
        using (CudaModule module = new(context, Code()))
        using (DeviceBuffer buffer = device.Allocate(10))
        {
            stub.Configure("launch=1");
            device.Work.Write(buffer, (ReadOnlySpan<byte>)[1, 2, 3]);
            device.Work.Launch(module.Kernel("first"), 1, 32, buffer, 0, 0L, 0f, 0.0);
            DeviceException lost = Assert.Throws<DeviceException>(device.Work.Finish);
            Assert.Equal(DeviceFault.Lost, lost.Fault);
            Assert.Matches("cuStreamSynchronize failed with CUDA_ERROR_ILLEGAL_ADDRESS.*dmesg", lost.Message);
            Assert.Equal(DeviceFault.Lost, Assert.Throws<DeviceException>(() => device.Allocate(1)).Fault);
        }

        Assert.Equal(Nothing, stub.Live);
    }

    [CudaStubFact]
    public void A_kernel_that_fails_to_build_shows_what_the_driver_said()
    {
        using CudaStub stub = new();
        using CudaDevice device = stub.Open();
        using CudaContext context = new(stub.Native, device.Facts);
        using (CudaModule module = new(context, Code()))
        {
            DeviceException none = Assert.Throws<DeviceException>(() => module.Kernel("third"));
            Assert.Equal(DeviceFault.Build, none.Fault);
            Assert.Contains("cuModuleGetFunction(third) of made.sm_80.ptx failed with CUDA_ERROR_NOT_FOUND", none.Message, StringComparison.Ordinal);
        }

        stub.Configure("jit=1");
        DeviceException refused = Assert.Throws<DeviceException>(() => new CudaModule(context, Code()).Dispose());
        Assert.Equal(DeviceFault.Build, refused.Fault);
        Assert.Contains("cuModuleLoadDataEx of made.sm_80.ptx (\"ptxas application ptx input, line 7; fatal : the stub was told to refuse\")", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, stub.Live[5]);
    }

    [Theory]
    [InlineData(CUresult.CUDA_ERROR_OUT_OF_MEMORY, DeviceFault.OutOfMemory)]
    [InlineData(CUresult.CUDA_ERROR_NO_DEVICE, DeviceFault.Absent)]
    [InlineData(CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, DeviceFault.Absent)]
    [InlineData(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, DeviceFault.Lost)]
    [InlineData(CUresult.CUDA_ERROR_LAUNCH_FAILED, DeviceFault.Lost)]
    [InlineData(CUresult.CUDA_ERROR_ECC_UNCORRECTABLE, DeviceFault.Lost)]
    [InlineData(CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED, DeviceFault.Lost)]
    [InlineData(CUresult.CUDA_ERROR_INVALID_PTX, DeviceFault.Build)]
    [InlineData(CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND, DeviceFault.Build)]
    [InlineData(CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE, DeviceFault.Refused)]
    [InlineData((CUresult)1, DeviceFault.Refused)]
    [InlineData((CUresult)12345, DeviceFault.Refused)]
    internal void Every_status_is_one_kind_of_fault_with_a_remedy(CUresult status, DeviceFault fault)
    {
        Assert.Equal(fault, status.Fault());
        Assert.EndsWith(".", status.Remedy(), StringComparison.Ordinal);
    }

    private static CudaCode Code() => new("made.sm_80.ptx", Encoding.UTF8.GetBytes(Ptx + '\0'));
}
