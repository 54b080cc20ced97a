using Engine.Native.Devices;

namespace Engine.Native.OpenCl;

/// <summary>The one gate from an OpenCL status to an exception.</summary>
internal static class OpenClStatus
{
    private static readonly Dictionary<int, string> Names = new()
    {
        [-1] = "CL_DEVICE_NOT_FOUND",
        [-2] = "CL_DEVICE_NOT_AVAILABLE",
        [-3] = "CL_COMPILER_NOT_AVAILABLE",
        [-4] = "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        [-5] = "CL_OUT_OF_RESOURCES",
        [-6] = "CL_OUT_OF_HOST_MEMORY",
        [-11] = "CL_BUILD_PROGRAM_FAILURE",
        [-14] = "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        [-30] = "CL_INVALID_VALUE",
        [-33] = "CL_INVALID_DEVICE",
        [-34] = "CL_INVALID_CONTEXT",
        [-36] = "CL_INVALID_COMMAND_QUEUE",
        [-38] = "CL_INVALID_MEM_OBJECT",
        [-45] = "CL_INVALID_PROGRAM_EXECUTABLE",
        [-46] = "CL_INVALID_KERNEL_NAME",
        [-50] = "CL_INVALID_ARG_VALUE",
        [-51] = "CL_INVALID_ARG_SIZE",
        [-52] = "CL_INVALID_KERNEL_ARGS",
        [-54] = "CL_INVALID_WORK_GROUP_SIZE",
        [-61] = "CL_INVALID_BUFFER_SIZE",
        [-1001] = "CL_PLATFORM_NOT_FOUND_KHR",
    };

    /// <summary>Passes when a call succeeded.</summary>
    /// <param name="status">What it gave.</param>
    /// <param name="call">Its name.</param>
    /// <param name="device">The device in words.</param>
    /// <exception cref="DeviceException">It failed.</exception>
    public static void Check(int status, string call, string device)
    {
        if (status == OpenClNative.CL_SUCCESS) return;
        (DeviceFault fault, string remedy) = status switch
        {
            OpenClNative.CL_MEM_OBJECT_ALLOCATION_FAILURE or OpenClNative.CL_INVALID_BUFFER_SIZE =>
                (DeviceFault.OutOfMemory, "It has no room left; lower run.deviceMemory, end what else uses it, or use --device cpu."),
            OpenClNative.CL_OUT_OF_HOST_MEMORY => (DeviceFault.OutOfMemory, "The driver found no host memory."),

            // Drivers answer so both when a kernel faulted and when the device is gone; either way its queue is of no more use.
            OpenClNative.CL_OUT_OF_RESOURCES or OpenClNative.CL_INVALID_COMMAND_QUEUE or OpenClNative.CL_DEVICE_NOT_AVAILABLE or OpenClNative.CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST =>
                (DeviceFault.Lost, "The device stopped answering; the run can be resumed once it does, or with --device cpu."),
            OpenClNative.CL_DEVICE_NOT_FOUND or OpenClNative.CL_PLATFORM_NOT_FOUND_KHR => (DeviceFault.Absent, "No driver offers a device."),
            _ => (DeviceFault.Refused, "Use --device cpu, and report this as a bug."),
        };
        throw new DeviceException(fault, $"{device}: {call} gave {Name(status)}. {remedy}");
    }

    /// <summary>A status by its name in cl.h where it is known.</summary>
    public static string Name(int status) => Names.TryGetValue(status, out string? name) ? name : $"status {status}";
}
