using System.Runtime.InteropServices;

namespace Engine.Native.OpenCl;

/// <summary>The functions of OpenCL 1.2 that the engine needs, under their own names.</summary>
/// <remarks>Source: cl.h, the OpenCL 1.2 specification. The library is the ICD loader, which passes calls on to the drivers that are installed.</remarks>
internal sealed unsafe class OpenClNative
{
    internal const int CL_SUCCESS = 0;
    internal const int CL_DEVICE_NOT_FOUND = -1;
    internal const int CL_DEVICE_NOT_AVAILABLE = -2;
    internal const int CL_MEM_OBJECT_ALLOCATION_FAILURE = -4;
    internal const int CL_OUT_OF_RESOURCES = -5;
    internal const int CL_OUT_OF_HOST_MEMORY = -6;
    internal const int CL_BUILD_PROGRAM_FAILURE = -11;
    internal const int CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST = -14;
    internal const int CL_INVALID_COMMAND_QUEUE = -36;
    internal const int CL_INVALID_BUFFER_SIZE = -61;
    internal const int CL_PLATFORM_NOT_FOUND_KHR = -1001;

    internal const uint CL_PLATFORM_VERSION = 0x0901;
    internal const uint CL_PLATFORM_NAME = 0x0902;
    internal const ulong CL_DEVICE_TYPE_GPU = 1 << 2;
    internal const ulong CL_DEVICE_TYPE_ALL = 0xFFFFFFFF;
    internal const uint CL_DEVICE_TYPE = 0x1000;
    internal const uint CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004;
    internal const uint CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010;
    internal const uint CL_DEVICE_SINGLE_FP_CONFIG = 0x101B;
    internal const uint CL_DEVICE_GLOBAL_MEM_SIZE = 0x101F;
    internal const uint CL_DEVICE_LOCAL_MEM_SIZE = 0x1023;
    internal const uint CL_DEVICE_NAME = 0x102B;
    internal const uint CL_DRIVER_VERSION = 0x102D;
    internal const uint CL_DEVICE_EXTENSIONS = 0x1030;
    internal const uint CL_DEVICE_DOUBLE_FP_CONFIG = 0x1032;
    internal const ulong CL_FP_DENORM = 1 << 0;
    internal const ulong CL_FP_ROUND_TO_NEAREST = 1 << 2;
    internal const uint CL_PROGRAM_BUILD_LOG = 0x1183;
    internal const uint CL_EVENT_COMMAND_EXECUTION_STATUS = 0x11D3;
    internal const ulong CL_MEM_READ_WRITE = 1 << 0;
    internal const nint CL_CONTEXT_PLATFORM = 0x1084;

    internal readonly delegate* unmanaged<uint, nint*, uint*, int> clGetPlatformIDs;
    internal readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> clGetPlatformInfo;
    internal readonly delegate* unmanaged<nint, ulong, uint, nint*, uint*, int> clGetDeviceIDs;
    internal readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> clGetDeviceInfo;
    internal readonly delegate* unmanaged<nint*, uint, nint*, nint, nint, int*, nint> clCreateContext;
    internal readonly delegate* unmanaged<nint, int> clReleaseContext;
    internal readonly delegate* unmanaged<nint, nint, ulong, int*, nint> clCreateCommandQueue;
    internal readonly delegate* unmanaged<nint, int> clReleaseCommandQueue;
    internal readonly delegate* unmanaged<nint, ulong, nuint, void*, int*, nint> clCreateBuffer;
    internal readonly delegate* unmanaged<nint, int> clReleaseMemObject;
    internal readonly delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint> clCreateProgramWithSource;
    internal readonly delegate* unmanaged<nint, uint, nint*, byte*, nint, nint, int> clBuildProgram;
    internal readonly delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int> clGetProgramBuildInfo;
    internal readonly delegate* unmanaged<nint, int> clReleaseProgram;
    internal readonly delegate* unmanaged<nint, byte*, int*, nint> clCreateKernel;
    internal readonly delegate* unmanaged<nint, int> clReleaseKernel;
    internal readonly delegate* unmanaged<nint, uint, nuint, void*, int> clSetKernelArg;
    internal readonly delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int> clEnqueueNDRangeKernel;
    internal readonly delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> clEnqueueWriteBuffer;
    internal readonly delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> clEnqueueReadBuffer;
    internal readonly delegate* unmanaged<nint, nint, void*, nuint, nuint, nuint, uint, nint*, nint*, int> clEnqueueFillBuffer;
    internal readonly delegate* unmanaged<nint, uint, nint*, nint*, int> clEnqueueMarkerWithWaitList;
    internal readonly delegate* unmanaged<nint, uint, nint*, nint*, int> clEnqueueBarrierWithWaitList;
    internal readonly delegate* unmanaged<uint, nint*, int> clWaitForEvents;
    internal readonly delegate* unmanaged<nint, int> clReleaseEvent;
    internal readonly delegate* unmanaged<nint, int> clFlush;
    internal readonly delegate* unmanaged<nint, int> clFinish;

    /// <summary>Where it is looked for.</summary>
    internal static readonly NativeLibraryQuery Query = new(
        "libOpenCL", "ENGINE_LIBOPENCL", ["libOpenCL.so.1", "libOpenCL.so"],
        ["clGetPlatformIDs", "clEnqueueFillBuffer", "clEnqueueMarkerWithWaitList"],
        "apt-get install ocl-icd-libopencl1, and the OpenCL driver of the GPU's maker (pocl-opencl-icd runs kernels on the processor, for tests)");

    // A failure is not kept: the user of a long-lived program may install the library and try again.
    private static readonly Lazy<OpenClNative> Loaded = new(() => new OpenClNative(NativeLibraries.Load(Query)), LazyThreadSafetyMode.PublicationOnly);

    private OpenClNative(LoadedLibrary library)
    {
        Library = library;
        clGetPlatformIDs = (delegate* unmanaged<uint, nint*, uint*, int>)library.Export("clGetPlatformIDs");
        clGetPlatformInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)library.Export("clGetPlatformInfo");
        clGetDeviceIDs = (delegate* unmanaged<nint, ulong, uint, nint*, uint*, int>)library.Export("clGetDeviceIDs");
        clGetDeviceInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)library.Export("clGetDeviceInfo");
        clCreateContext = (delegate* unmanaged<nint*, uint, nint*, nint, nint, int*, nint>)library.Export("clCreateContext");
        clReleaseContext = (delegate* unmanaged<nint, int>)library.Export("clReleaseContext");
        clCreateCommandQueue = (delegate* unmanaged<nint, nint, ulong, int*, nint>)library.Export("clCreateCommandQueue");
        clReleaseCommandQueue = (delegate* unmanaged<nint, int>)library.Export("clReleaseCommandQueue");
        clCreateBuffer = (delegate* unmanaged<nint, ulong, nuint, void*, int*, nint>)library.Export("clCreateBuffer");
        clReleaseMemObject = (delegate* unmanaged<nint, int>)library.Export("clReleaseMemObject");
        clCreateProgramWithSource = (delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint>)library.Export("clCreateProgramWithSource");
        clBuildProgram = (delegate* unmanaged<nint, uint, nint*, byte*, nint, nint, int>)library.Export("clBuildProgram");
        clGetProgramBuildInfo = (delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int>)library.Export("clGetProgramBuildInfo");
        clReleaseProgram = (delegate* unmanaged<nint, int>)library.Export("clReleaseProgram");
        clCreateKernel = (delegate* unmanaged<nint, byte*, int*, nint>)library.Export("clCreateKernel");
        clReleaseKernel = (delegate* unmanaged<nint, int>)library.Export("clReleaseKernel");
        clSetKernelArg = (delegate* unmanaged<nint, uint, nuint, void*, int>)library.Export("clSetKernelArg");
        clEnqueueNDRangeKernel = (delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int>)library.Export("clEnqueueNDRangeKernel");
        clEnqueueWriteBuffer = (delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)library.Export("clEnqueueWriteBuffer");
        clEnqueueReadBuffer = (delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)library.Export("clEnqueueReadBuffer");
        clEnqueueFillBuffer = (delegate* unmanaged<nint, nint, void*, nuint, nuint, nuint, uint, nint*, nint*, int>)library.Export("clEnqueueFillBuffer");
        clEnqueueMarkerWithWaitList = (delegate* unmanaged<nint, uint, nint*, nint*, int>)library.Export("clEnqueueMarkerWithWaitList");
        clEnqueueBarrierWithWaitList = (delegate* unmanaged<nint, uint, nint*, nint*, int>)library.Export("clEnqueueBarrierWithWaitList");
        clWaitForEvents = (delegate* unmanaged<uint, nint*, int>)library.Export("clWaitForEvents");
        clReleaseEvent = (delegate* unmanaged<nint, int>)library.Export("clReleaseEvent");
        clFlush = (delegate* unmanaged<nint, int>)library.Export("clFlush");
        clFinish = (delegate* unmanaged<nint, int>)library.Export("clFinish");
    }

    /// <summary>The library, loaded when it is first asked for.</summary>
    /// <exception cref="NativeLibraryMissingException">It is not there.</exception>
    public static OpenClNative Instance => Loaded.Value;

    /// <summary>Where it came from.</summary>
    public LoadedLibrary Library { get; }

    /// <summary>A text that a platform tells of itself.</summary>
    public string PlatformText(nint platform, uint what)
    {
        nuint bytes = 0;
        if (clGetPlatformInfo(platform, what, 0, null, &bytes) != CL_SUCCESS || bytes == 0) return "unknown";
        byte[] text = new byte[bytes];
        fixed (byte* to = text) return clGetPlatformInfo(platform, what, bytes, to, null) == CL_SUCCESS ? Marshal.PtrToStringUTF8((nint)to) ?? "unknown" : "unknown";
    }

    /// <summary>A text that a device tells of itself.</summary>
    public string DeviceText(nint device, uint what)
    {
        nuint bytes = 0;
        if (clGetDeviceInfo(device, what, 0, null, &bytes) != CL_SUCCESS || bytes == 0) return "unknown";
        byte[] text = new byte[bytes];
        fixed (byte* to = text) return clGetDeviceInfo(device, what, bytes, to, null) == CL_SUCCESS ? Marshal.PtrToStringUTF8((nint)to) ?? "unknown" : "unknown";
    }

    /// <summary>A number that a device tells of itself, 0 when it does not know the question.</summary>
    public ulong DeviceNumber(nint device, uint what)
    {
        ulong value = 0;
        return clGetDeviceInfo(device, what, sizeof(ulong), &value, null) == CL_SUCCESS ? value : 0;
    }
}
