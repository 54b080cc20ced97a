using Engine.Native.Devices;

namespace Engine.Native.OpenCl;

/// <summary>The OpenCL devices of this machine, numbered over all platforms.</summary>
internal static unsafe class OpenClDevices
{
    private static readonly Lock Gate = new();

    private const ulong NeededGroup = 256;
    private const ulong NeededLocalBytes = 32 << 10;

    /// <summary>What the drivers tell of every device.</summary>
    /// <exception cref="NativeLibraryMissingException">There is no ICD loader.</exception>
    /// <exception cref="DeviceException">A driver refused.</exception>
    public static IReadOnlyList<DeviceFacts> List() => [.. Find().Select(device => device.Facts)];

    /// <summary>Opens a device.</summary>
    /// <param name="number">Its number in <see cref="List"/>.</param>
    /// <param name="budget">Most bytes that its buffers may have together; 0 for what the device offers.</param>
    /// <exception cref="NativeLibraryMissingException">There is no ICD loader.</exception>
    /// <exception cref="DeviceException">There is no such device, or it cannot be used.</exception>
    public static ComputeDevice Open(int number, long budget)
    {
        List<(nint Platform, nint Device, DeviceFacts Facts)> found = Find();
        if (number >= found.Count)
            throw new DeviceException(DeviceFault.Absent, $"There is no device opencl:{number}; OpenCL ({OpenClNative.Instance.Library.Path}) offers {found.Count}. Install the driver of the GPU's maker.");
        (nint platform, nint device, DeviceFacts facts) = found[number];
        if (facts.Lacks is { } lacks) throw new DeviceException(DeviceFault.Unsuitable, $"{facts} cannot be used: {lacks}.");
        return new OpenClDevice(platform, device, facts, budget);
    }

    private static List<(nint Platform, nint Device, DeviceFacts Facts)> Find()
    {
        // The ICD loader looks for drivers at its first call; a second thread's call meanwhile would see none.
        lock (Gate) return FindAll(OpenClNative.Instance);
    }

    private static List<(nint Platform, nint Device, DeviceFacts Facts)> FindAll(OpenClNative cl)
    {
        uint count = 0;
        int status = cl.clGetPlatformIDs(0, null, &count);
        if (status == OpenClNative.CL_PLATFORM_NOT_FOUND_KHR || count == 0) return [];
        OpenClStatus.Check(status, nameof(cl.clGetPlatformIDs), "OpenCL");
        nint[] platforms = new nint[count];
        fixed (nint* to = platforms) OpenClStatus.Check(cl.clGetPlatformIDs(count, to, null), nameof(cl.clGetPlatformIDs), "OpenCL");
        List<(nint, nint, DeviceFacts)> found = [];
        foreach (nint platform in platforms)
            foreach (nint device in Of(cl, platform)) found.Add((platform, device, Facts(cl, platform, device, found.Count)));
        return found;
    }

    private static nint[] Of(OpenClNative cl, nint platform)
    {
        uint count = 0;
        int status = cl.clGetDeviceIDs(platform, OpenClNative.CL_DEVICE_TYPE_ALL, 0, null, &count);
        if (status == OpenClNative.CL_DEVICE_NOT_FOUND || count == 0) return [];
        OpenClStatus.Check(status, nameof(cl.clGetDeviceIDs), "OpenCL");
        nint[] devices = new nint[count];
        fixed (nint* to = devices) OpenClStatus.Check(cl.clGetDeviceIDs(platform, OpenClNative.CL_DEVICE_TYPE_ALL, count, to, null), nameof(cl.clGetDeviceIDs), "OpenCL");
        return devices;
    }

    private static DeviceFacts Facts(OpenClNative cl, nint platform, nint device, int number) => new(
        "opencl",
        number,
        cl.DeviceText(device, OpenClNative.CL_DEVICE_NAME).Trim(),
        $"{cl.PlatformText(platform, OpenClNative.CL_PLATFORM_NAME).Trim()}, {cl.DeviceText(device, OpenClNative.CL_DRIVER_VERSION).Trim()}",
        (long)Math.Min(long.MaxValue, cl.DeviceNumber(device, OpenClNative.CL_DEVICE_GLOBAL_MEM_SIZE)),
        (long)Math.Min(long.MaxValue, cl.DeviceNumber(device, OpenClNative.CL_DEVICE_MAX_MEM_ALLOC_SIZE)),
        (cl.DeviceNumber(device, OpenClNative.CL_DEVICE_TYPE) & OpenClNative.CL_DEVICE_TYPE_GPU) != 0,
        Lacks(cl, device));

    /// <summary>What the canonical arithmetic needs beyond OpenCL 1.2's least: float64, denormals kept, 64-bit atomic addition of integers.</summary>
    private static string? Lacks(OpenClNative cl, nint device)
    {
        const ulong kept = OpenClNative.CL_FP_DENORM | OpenClNative.CL_FP_ROUND_TO_NEAREST;
        if ((cl.DeviceNumber(device, OpenClNative.CL_DEVICE_DOUBLE_FP_CONFIG) & kept) != kept) return "it has no float64, which decides every choice";
        if ((cl.DeviceNumber(device, OpenClNative.CL_DEVICE_SINGLE_FP_CONFIG) & kept) != kept) return "it drops float32 denormals, which would change results";
        if (!cl.DeviceText(device, OpenClNative.CL_DEVICE_EXTENSIONS).Split(' ').Contains("cl_khr_int64_base_atomics")) return "it cannot add 64-bit integers atomically";
        if (cl.DeviceNumber(device, OpenClNative.CL_DEVICE_MAX_WORK_GROUP_SIZE) < NeededGroup) return $"its groups have fewer than {NeededGroup} work-items";
        if (cl.DeviceNumber(device, OpenClNative.CL_DEVICE_LOCAL_MEM_SIZE) < NeededLocalBytes) return $"a group has less than {NeededLocalBytes} bytes of local memory";
        return null;
    }
}
