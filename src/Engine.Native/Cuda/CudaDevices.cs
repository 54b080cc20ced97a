using System.Globalization;
using System.Runtime.InteropServices;
using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>The GPUs behind the CUDA driver.</summary>
internal static unsafe class CudaDevices
{
    /// <summary>Backend name, as plans have it.</summary>
    public const string Backend = "cuda";

    /// <summary>The oldest compute capability that the PTX in the assembly runs on, 8.0 as 80.</summary>
    public const int Oldest = 80;

    private const string Driver = "the CUDA driver";

    /// <summary>What the driver tells of every GPU that it shows to this process, in its own order.</summary>
    /// <exception cref="DeviceException">It has none (<see cref="DeviceFault.Absent"/>), or fails.</exception>
    public static IReadOnlyList<DeviceFacts> List(CudaNative cuda)
    {
        cuda.Check(cuda.cuInit(0), nameof(cuda.cuInit), Driver);
        int count;
        cuda.Check(cuda.cuDeviceGetCount(&count), nameof(cuda.cuDeviceGetCount), Driver);
        if (count == 0) cuda.Check(CUresult.CUDA_ERROR_NO_DEVICE, nameof(cuda.cuDeviceGetCount), Driver);
        return [.. Enumerable.Range(0, count).Select(number => Facts(cuda, number))];
    }

    /// <summary>A GPU's compute capability, such as 90 for 9.0.</summary>
    /// <exception cref="DeviceException">The driver fails.</exception>
    public static int Capability(CudaNative cuda, int number)
    {
        int device = Device(cuda, number);
        return (10 * Attribute(cuda, device, CudaNative.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR))
            + Attribute(cuda, device, CudaNative.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    }

    private static DeviceFacts Facts(CudaNative cuda, int number)
    {
        int device = Device(cuda, number);
        byte* name = stackalloc byte[256];
        cuda.Check(cuda.cuDeviceGetName(name, 256, device), nameof(cuda.cuDeviceGetName), Driver);
        nuint bytes;
        cuda.Check(cuda.cuDeviceTotalMem_v2(&bytes, device), nameof(cuda.cuDeviceTotalMem_v2), Driver);
        int capability = Capability(cuda, number);
        string? lacks = capability < Oldest
            ? string.Create(CultureInfo.InvariantCulture, $"its compute capability is {capability / 10}.{capability % 10} and the kernels need {Oldest / 10}.{Oldest % 10} (Ampere) or later")
            : null;
        if (Attribute(cuda, device, CudaNative.CU_DEVICE_ATTRIBUTE_COMPUTE_MODE) == CudaNative.CU_COMPUTEMODE_PROHIBITED)
            lacks ??= "its compute mode forbids work; nvidia-smi -c 0 allows it";
        return new DeviceFacts(Backend, number, Marshal.PtrToStringUTF8((nint)name) ?? "", cuda.VersionText, (long)bytes, (long)bytes, IsGpu: true, lacks);
    }

    private static int Device(CudaNative cuda, int number)
    {
        int device;
        cuda.Check(cuda.cuDeviceGet(&device, number), nameof(cuda.cuDeviceGet), Driver);
        return device;
    }

    private static int Attribute(CudaNative cuda, int device, int attribute)
    {
        int value;
        cuda.Check(cuda.cuDeviceGetAttribute(&value, attribute, device), nameof(cuda.cuDeviceGetAttribute), Driver);
        return value;
    }
}
