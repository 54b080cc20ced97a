using System.Globalization;
using System.Runtime.InteropServices;
using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>The functions of the CUDA driver (11.0 or later) that running kernels needs, under the names that libcuda exports.</summary>
/// <remarks>
/// Source: cuda.h. The header renames many functions by macro; a program that looks them up by name gets the version it names, so all carry theirs.
/// The primary context is retained, not created: its functions have kept one form from CUDA 11 to 13, and other libraries in the process use the same context.
/// </remarks>
internal sealed unsafe class CudaNative
{
    /// <summary>CU_DEVICE_ATTRIBUTE_COMPUTE_MODE.</summary>
    internal const int CU_DEVICE_ATTRIBUTE_COMPUTE_MODE = 20;

    /// <summary>CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR.</summary>
    internal const int CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75;

    /// <summary>CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR.</summary>
    internal const int CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76;

    /// <summary>CU_COMPUTEMODE_PROHIBITED.</summary>
    internal const int CU_COMPUTEMODE_PROHIBITED = 2;

    /// <summary>CU_STREAM_NON_BLOCKING: the stream does not wait for the null stream of other users of the context.</summary>
    internal const uint CU_STREAM_NON_BLOCKING = 1;

    /// <summary>CU_EVENT_DISABLE_TIMING.</summary>
    internal const uint CU_EVENT_DISABLE_TIMING = 2;

    /// <summary>CU_JIT_ERROR_LOG_BUFFER.</summary>
    internal const int CU_JIT_ERROR_LOG_BUFFER = 5;

    /// <summary>CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES.</summary>
    internal const int CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6;

    private const string Install = "apt-get install nvidia-driver-libs (or NVIDIA's own driver; inside a container start it with --gpus all)";
    private const int Oldest = 11000;

    internal readonly delegate* unmanaged<uint, CUresult> cuInit;
    internal readonly delegate* unmanaged<int*, CUresult> cuDriverGetVersion;
    internal readonly delegate* unmanaged<CUresult, byte**, CUresult> cuGetErrorName;
    internal readonly delegate* unmanaged<CUresult, byte**, CUresult> cuGetErrorString;
    internal readonly delegate* unmanaged<int*, CUresult> cuDeviceGetCount;
    internal readonly delegate* unmanaged<int*, int, CUresult> cuDeviceGet;
    internal readonly delegate* unmanaged<byte*, int, int, CUresult> cuDeviceGetName;
    internal readonly delegate* unmanaged<nuint*, int, CUresult> cuDeviceTotalMem_v2;
    internal readonly delegate* unmanaged<int*, int, int, CUresult> cuDeviceGetAttribute;
    internal readonly delegate* unmanaged<nint*, int, CUresult> cuDevicePrimaryCtxRetain;
    internal readonly delegate* unmanaged<int, CUresult> cuDevicePrimaryCtxRelease_v2;
    internal readonly delegate* unmanaged<nint, CUresult> cuCtxSetCurrent;
    internal readonly delegate* unmanaged<nuint*, nuint*, CUresult> cuMemGetInfo_v2;
    internal readonly delegate* unmanaged<nint*, nuint, CUresult> cuMemAlloc_v2;
    internal readonly delegate* unmanaged<nint, CUresult> cuMemFree_v2;
    internal readonly delegate* unmanaged<void**, nuint, uint, CUresult> cuMemHostAlloc;
    internal readonly delegate* unmanaged<void*, CUresult> cuMemFreeHost;
    internal readonly delegate* unmanaged<nint, void*, nuint, nint, CUresult> cuMemcpyHtoDAsync_v2;
    internal readonly delegate* unmanaged<void*, nint, nuint, nint, CUresult> cuMemcpyDtoHAsync_v2;
    internal readonly delegate* unmanaged<nint, byte, nuint, nint, CUresult> cuMemsetD8Async;
    internal readonly delegate* unmanaged<nint*, uint, CUresult> cuStreamCreate;
    internal readonly delegate* unmanaged<nint, CUresult> cuStreamDestroy_v2;
    internal readonly delegate* unmanaged<nint, CUresult> cuStreamSynchronize;
    internal readonly delegate* unmanaged<nint, nint, uint, CUresult> cuStreamWaitEvent;
    internal readonly delegate* unmanaged<nint*, uint, CUresult> cuEventCreate;
    internal readonly delegate* unmanaged<nint, CUresult> cuEventDestroy_v2;
    internal readonly delegate* unmanaged<nint, nint, CUresult> cuEventRecord;
    internal readonly delegate* unmanaged<nint, CUresult> cuEventSynchronize;
    internal readonly delegate* unmanaged<nint*, void*, uint, int*, void**, CUresult> cuModuleLoadDataEx;
    internal readonly delegate* unmanaged<nint, CUresult> cuModuleUnload;
    internal readonly delegate* unmanaged<nint*, nint, byte*, CUresult> cuModuleGetFunction;
    internal readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, CUresult> cuLaunchKernel;

    private CudaNative(LoadedLibrary library)
    {
        Library = library;
        cuInit = (delegate* unmanaged<uint, CUresult>)library.Export("cuInit");
        cuDriverGetVersion = (delegate* unmanaged<int*, CUresult>)library.Export("cuDriverGetVersion");
        cuGetErrorName = (delegate* unmanaged<CUresult, byte**, CUresult>)library.Export("cuGetErrorName");
        cuGetErrorString = (delegate* unmanaged<CUresult, byte**, CUresult>)library.Export("cuGetErrorString");
        cuDeviceGetCount = (delegate* unmanaged<int*, CUresult>)library.Export("cuDeviceGetCount");
        cuDeviceGet = (delegate* unmanaged<int*, int, CUresult>)library.Export("cuDeviceGet");
        cuDeviceGetName = (delegate* unmanaged<byte*, int, int, CUresult>)library.Export("cuDeviceGetName");
        cuDeviceTotalMem_v2 = (delegate* unmanaged<nuint*, int, CUresult>)library.Export("cuDeviceTotalMem_v2");
        cuDeviceGetAttribute = (delegate* unmanaged<int*, int, int, CUresult>)library.Export("cuDeviceGetAttribute");
        cuDevicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, CUresult>)library.Export("cuDevicePrimaryCtxRetain");
        cuDevicePrimaryCtxRelease_v2 = (delegate* unmanaged<int, CUresult>)library.Export("cuDevicePrimaryCtxRelease_v2");
        cuCtxSetCurrent = (delegate* unmanaged<nint, CUresult>)library.Export("cuCtxSetCurrent");
        cuMemGetInfo_v2 = (delegate* unmanaged<nuint*, nuint*, CUresult>)library.Export("cuMemGetInfo_v2");
        cuMemAlloc_v2 = (delegate* unmanaged<nint*, nuint, CUresult>)library.Export("cuMemAlloc_v2");
        cuMemFree_v2 = (delegate* unmanaged<nint, CUresult>)library.Export("cuMemFree_v2");
        cuMemHostAlloc = (delegate* unmanaged<void**, nuint, uint, CUresult>)library.Export("cuMemHostAlloc");
        cuMemFreeHost = (delegate* unmanaged<void*, CUresult>)library.Export("cuMemFreeHost");
        cuMemcpyHtoDAsync_v2 = (delegate* unmanaged<nint, void*, nuint, nint, CUresult>)library.Export("cuMemcpyHtoDAsync_v2");
        cuMemcpyDtoHAsync_v2 = (delegate* unmanaged<void*, nint, nuint, nint, CUresult>)library.Export("cuMemcpyDtoHAsync_v2");
        cuMemsetD8Async = (delegate* unmanaged<nint, byte, nuint, nint, CUresult>)library.Export("cuMemsetD8Async");
        cuStreamCreate = (delegate* unmanaged<nint*, uint, CUresult>)library.Export("cuStreamCreate");
        cuStreamDestroy_v2 = (delegate* unmanaged<nint, CUresult>)library.Export("cuStreamDestroy_v2");
        cuStreamSynchronize = (delegate* unmanaged<nint, CUresult>)library.Export("cuStreamSynchronize");
        cuStreamWaitEvent = (delegate* unmanaged<nint, nint, uint, CUresult>)library.Export("cuStreamWaitEvent");
        cuEventCreate = (delegate* unmanaged<nint*, uint, CUresult>)library.Export("cuEventCreate");
        cuEventDestroy_v2 = (delegate* unmanaged<nint, CUresult>)library.Export("cuEventDestroy_v2");
        cuEventRecord = (delegate* unmanaged<nint, nint, CUresult>)library.Export("cuEventRecord");
        cuEventSynchronize = (delegate* unmanaged<nint, CUresult>)library.Export("cuEventSynchronize");
        cuModuleLoadDataEx = (delegate* unmanaged<nint*, void*, uint, int*, void**, CUresult>)library.Export("cuModuleLoadDataEx");
        cuModuleUnload = (delegate* unmanaged<nint, CUresult>)library.Export("cuModuleUnload");
        cuModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, CUresult>)library.Export("cuModuleGetFunction");
        cuLaunchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, CUresult>)library.Export("cuLaunchKernel");
    }

    /// <summary>Where the driver is looked for.</summary>
    public static NativeLibraryQuery Query { get; } = new(
        "libcuda", "ENGINE_LIBCUDA", ["libcuda.so.1"],
        ["cuInit", "cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2", "cuMemAlloc_v2", "cuMemcpyHtoDAsync_v2", "cuModuleLoadDataEx", "cuLaunchKernel"],
        Install);

    /// <summary>Where it came from.</summary>
    public LoadedLibrary Library { get; }

    /// <summary>The newest CUDA that the driver speaks, such as 12040 for 12.4.</summary>
    public int Version { get; private init; }

    /// <summary>The driver in words, such as <c>CUDA 12.4</c>.</summary>
    public string VersionText => string.Create(CultureInfo.InvariantCulture, $"CUDA {Version / 1000}.{Version % 1000 / 10}");

    /// <summary>Loads the driver.</summary>
    /// <param name="query">Where to look; <see cref="Query"/>, or another place in tests.</param>
    /// <exception cref="NativeLibraryMissingException">It is not there, or too old.</exception>
    public static CudaNative Load(NativeLibraryQuery query)
    {
        LoadedLibrary library = NativeLibraries.Load(query);
        var cuda = new CudaNative(library);
        int version = 0;
        if (cuda.cuDriverGetVersion(&version) == CUresult.CUDA_SUCCESS && version >= Oldest) return new CudaNative(library) { Version = version };
        throw new NativeLibraryMissingException(query.Name,
            [string.Create(CultureInfo.InvariantCulture, $"{library.Path} (it speaks CUDA {version / 1000}.{version % 1000 / 10}; the kernels need 11.0)")], query.Variable, Install);
    }

    /// <summary>The one gate from a status to an exception.</summary>
    /// <param name="status">What a function gave back.</param>
    /// <param name="function">The function.</param>
    /// <param name="device">The device in messages.</param>
    /// <exception cref="DeviceException">It is an error.</exception>
    public void Check(CUresult status, string function, string device)
    {
        if (status != CUresult.CUDA_SUCCESS) throw new DeviceException(status.Fault(), $"{device}: {function} failed with {Describe(status)}. {status.Remedy()}");
    }

    /// <summary>The driver's name for an error and what it says of it, such as <c>CUDA_ERROR_OUT_OF_MEMORY, out of memory</c>.</summary>
    public string Describe(CUresult status)
    {
        byte* name = null;
        byte* words = null;
        if (cuGetErrorName(status, &name) != CUresult.CUDA_SUCCESS || name == null) return string.Create(CultureInfo.InvariantCulture, $"CUDA error {(int)status}");
        _ = cuGetErrorString(status, &words);
        return $"{Marshal.PtrToStringUTF8((nint)name)}, {Marshal.PtrToStringUTF8((nint)words) ?? "no words given"}";
    }
}
