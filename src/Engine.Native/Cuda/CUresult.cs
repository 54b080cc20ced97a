using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>The statuses of the CUDA driver that mean something to the engine; any other may come too.</summary>
/// <remarks>Source: cuda.h.</remarks>
internal enum CUresult
{
    /// <summary>Done.</summary>
    CUDA_SUCCESS = 0,

    /// <summary>No memory, on the device or pinned.</summary>
    CUDA_ERROR_OUT_OF_MEMORY = 2,

    /// <summary>The library is the toolkit's stand-in, which is for linking only.</summary>
    CUDA_ERROR_STUB_LIBRARY = 34,

    /// <summary>Another process has the device for itself, or it takes no work.</summary>
    CUDA_ERROR_DEVICE_UNAVAILABLE = 46,

    /// <summary>No GPU.</summary>
    CUDA_ERROR_NO_DEVICE = 100,

    /// <summary>No GPU of that number.</summary>
    CUDA_ERROR_INVALID_DEVICE = 101,

    /// <summary>The module is no kernel code.</summary>
    CUDA_ERROR_INVALID_IMAGE = 200,

    /// <summary>The module has no code that this GPU runs.</summary>
    CUDA_ERROR_NO_BINARY_FOR_GPU = 209,

    /// <summary>Memory on the device has an error that cannot be mended.</summary>
    CUDA_ERROR_ECC_UNCORRECTABLE = 214,

    /// <summary>The PTX is not valid.</summary>
    CUDA_ERROR_INVALID_PTX = 218,

    /// <summary>A link between GPUs failed.</summary>
    CUDA_ERROR_NVLINK_UNCORRECTABLE = 220,

    /// <summary>The driver was installed without its compiler for PTX.</summary>
    CUDA_ERROR_JIT_COMPILER_NOT_FOUND = 221,

    /// <summary>The PTX is newer than the driver.</summary>
    CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,

    /// <summary>Compiling PTX is switched off.</summary>
    CUDA_ERROR_JIT_COMPILATION_DISABLED = 223,

    /// <summary>The GPU met an error that it kept from spreading.</summary>
    CUDA_ERROR_CONTAINED = 226,

    /// <summary>The module has no kernel of that name.</summary>
    CUDA_ERROR_NOT_FOUND = 500,

    /// <summary>A kernel read or wrote where it may not.</summary>
    CUDA_ERROR_ILLEGAL_ADDRESS = 700,

    /// <summary>A kernel ran longer than a GPU with a screen allows.</summary>
    CUDA_ERROR_LAUNCH_TIMEOUT = 702,

    /// <summary>The context was destroyed.</summary>
    CUDA_ERROR_CONTEXT_IS_DESTROYED = 709,

    /// <summary>A kernel's assertion failed.</summary>
    CUDA_ERROR_ASSERT = 710,

    /// <summary>A kernel's stack is damaged.</summary>
    CUDA_ERROR_HARDWARE_STACK_ERROR = 714,

    /// <summary>A kernel met an instruction that there is not.</summary>
    CUDA_ERROR_ILLEGAL_INSTRUCTION = 715,

    /// <summary>A kernel read or wrote at an odd address.</summary>
    CUDA_ERROR_MISALIGNED_ADDRESS = 716,

    /// <summary>A kernel used an address of another kind of memory.</summary>
    CUDA_ERROR_INVALID_ADDRESS_SPACE = 717,

    /// <summary>A kernel went where no code is.</summary>
    CUDA_ERROR_INVALID_PC = 718,

    /// <summary>A kernel ended otherwise than it should.</summary>
    CUDA_ERROR_LAUNCH_FAILED = 719,

    /// <summary>The driver's services are still starting.</summary>
    CUDA_ERROR_SYSTEM_NOT_READY = 802,

    /// <summary>The library and the kernel's driver are of different versions.</summary>
    CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,

    /// <summary>The driver fails and does not know why.</summary>
    CUDA_ERROR_UNKNOWN = 999,
}

/// <summary>What a status means to a run, and what its user can do.</summary>
internal static class CudaStatus
{
    /// <summary>The kind of fault.</summary>
    public static DeviceFault Fault(this CUresult status) => status switch
    {
        CUresult.CUDA_ERROR_OUT_OF_MEMORY => DeviceFault.OutOfMemory,
        CUresult.CUDA_ERROR_STUB_LIBRARY or CUresult.CUDA_ERROR_NO_DEVICE or CUresult.CUDA_ERROR_INVALID_DEVICE or CUresult.CUDA_ERROR_SYSTEM_NOT_READY
            or CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => DeviceFault.Absent,
        CUresult.CUDA_ERROR_INVALID_IMAGE or CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU or CUresult.CUDA_ERROR_INVALID_PTX or CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND
            or CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION or CUresult.CUDA_ERROR_JIT_COMPILATION_DISABLED or CUresult.CUDA_ERROR_NOT_FOUND => DeviceFault.Build,
        CUresult.CUDA_ERROR_ECC_UNCORRECTABLE or CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE or CUresult.CUDA_ERROR_CONTAINED or CUresult.CUDA_ERROR_ILLEGAL_ADDRESS
            or CUresult.CUDA_ERROR_LAUNCH_TIMEOUT or CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED or CUresult.CUDA_ERROR_ASSERT or CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR
            or CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION or CUresult.CUDA_ERROR_MISALIGNED_ADDRESS or CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE
            or CUresult.CUDA_ERROR_INVALID_PC or CUresult.CUDA_ERROR_LAUNCH_FAILED or CUresult.CUDA_ERROR_UNKNOWN => DeviceFault.Lost,
        _ => DeviceFault.Refused,
    };

    /// <summary>What its user can do.</summary>
    public static string Remedy(this CUresult status) => status switch
    {
        CUresult.CUDA_ERROR_OUT_OF_MEMORY => "Other programs may hold its memory: look with nvidia-smi, set run.deviceMemory to what is free, or use --device cpu.",
        CUresult.CUDA_ERROR_STUB_LIBRARY => "That libcuda is the toolkit's stand-in for linking; see to it that the driver's own comes first, or set ENGINE_LIBCUDA to its full path.",
        CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE => "Another process has it for itself, or its compute mode forbids work: look with nvidia-smi -q -d COMPUTE, take another GPU, or use --device cpu.",
        CUresult.CUDA_ERROR_NO_DEVICE or CUresult.CUDA_ERROR_INVALID_DEVICE =>
            "Look with nvidia-smi and engine doctor; CUDA_VISIBLE_DEVICES may hide it, and a container sees it only with --gpus. Or use --device cpu.",
        CUresult.CUDA_ERROR_SYSTEM_NOT_READY => "The driver's services are still starting (on machines with NVSwitch: nvidia-fabricmanager). Wait, start them, or use --device cpu.",
        CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => "libcuda and the kernel's driver are of different versions: restart the machine after a driver update. Or use --device cpu.",
        CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND => "The driver lacks its compiler for PTX: apt-get install libnvidia-ptxjitcompiler1, or install NVRTC. Or use --device cpu.",
        CUresult.CUDA_ERROR_JIT_COMPILATION_DISABLED => "Unset CUDA_DISABLE_PTX_JIT, or install NVRTC. Or use --device cpu.",
        CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION => "Update the driver. Or use --device cpu.",
        _ when status.Fault() == DeviceFault.Lost => "Look with nvidia-smi and dmesg, run again, or use --device cpu.",
        _ when status.Fault() == DeviceFault.Build => "Update the driver, or use --device cpu; what it says of the kernel belongs in a bug report.",
        _ => "Look with nvidia-smi and engine doctor, or use --device cpu.",
    };
}
