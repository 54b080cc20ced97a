using System.Runtime.InteropServices;
using Engine.Native.Devices;

namespace Engine.Native.OpenCl;

/// <summary>A context, which everything else of a device belongs to.</summary>
internal sealed unsafe class OpenClContextHandle : SafeHandle
{
    /// <summary>Takes a context over.</summary>
    public OpenClContextHandle(nint context)
        : base(0, ownsHandle: true) => SetHandle(context);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => OpenClNative.Instance.clReleaseContext(handle) == OpenClNative.CL_SUCCESS;
}

/// <summary>A command queue.</summary>
internal sealed unsafe class OpenClQueueHandle : SafeHandle
{
    /// <summary>Takes a queue over.</summary>
    public OpenClQueueHandle(nint queue)
        : base(0, ownsHandle: true) => SetHandle(queue);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => OpenClNative.Instance.clReleaseCommandQueue(handle) == OpenClNative.CL_SUCCESS;
}

/// <summary>A program, built from one source.</summary>
internal sealed unsafe class OpenClProgramHandle : SafeHandle
{
    /// <summary>Takes a program over.</summary>
    public OpenClProgramHandle(nint program)
        : base(0, ownsHandle: true) => SetHandle(program);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => OpenClNative.Instance.clReleaseProgram(handle) == OpenClNative.CL_SUCCESS;
}

/// <summary>A kernel of a program.</summary>
internal sealed unsafe class OpenClKernelHandle : SafeHandle
{
    /// <summary>Takes a kernel over.</summary>
    public OpenClKernelHandle(nint kernel)
        : base(0, ownsHandle: true) => SetHandle(kernel);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => OpenClNative.Instance.clReleaseKernel(handle) == OpenClNative.CL_SUCCESS;
}

/// <summary>A memory object.</summary>
internal sealed unsafe class OpenClBuffer : DeviceBuffer
{
    /// <summary>Takes a memory object over.</summary>
    public OpenClBuffer(nint memory, long bytes)
        : base(bytes) => SetHandle(memory);

    /// <inheritdoc/>
    protected override void Free() => OpenClNative.Instance.clReleaseMemObject(handle);
}

/// <summary>Host memory for copies. OpenCL pins what it copies from by itself; page alignment lets a driver copy from it in place.</summary>
internal sealed unsafe class OpenClPinnedMemory : PinnedMemory
{
    private const int Page = 4096;

    /// <summary>Takes memory.</summary>
    public OpenClPinnedMemory(long bytes)
        : base(bytes) => SetHandle((nint)NativeMemory.AlignedAlloc(checked((nuint)bytes), Page));

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}

/// <summary>A kernel and the handle that keeps it.</summary>
/// <param name="name">Its name in the source.</param>
/// <param name="handle">The kernel.</param>
internal sealed class OpenClKernel(string name, OpenClKernelHandle handle) : DeviceKernel(name)
{
    /// <summary>The kernel.</summary>
    public OpenClKernelHandle Handle => handle;
}
