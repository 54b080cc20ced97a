using System.Runtime.InteropServices;
using Engine.Native.Devices;

namespace Engine.Native.OpenCl;

/// <summary>Something that a driver made and that is given back by one call.</summary>
internal abstract class OpenClHandle : SafeHandle
{
    /// <summary>Takes it over.</summary>
    protected OpenClHandle(nint made)
        : base(0, ownsHandle: true) => SetHandle(made);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Gives it back to the driver.</summary>
    protected abstract int Free(OpenClNative cl);

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle() => Free(OpenClNative.Instance) == OpenClNative.CL_SUCCESS;
}

/// <summary>A context, which everything else of a device belongs to.</summary>
/// <param name="context">Taken over.</param>
internal sealed unsafe class OpenClContextHandle(nint context) : OpenClHandle(context)
{
    /// <inheritdoc/>
    protected override int Free(OpenClNative cl) => cl.clReleaseContext(handle);
}

/// <summary>A command queue.</summary>
/// <param name="queue">Taken over.</param>
internal sealed unsafe class OpenClQueueHandle(nint queue) : OpenClHandle(queue)
{
    /// <inheritdoc/>
    protected override int Free(OpenClNative cl) => cl.clReleaseCommandQueue(handle);
}

/// <summary>A program, built from one source.</summary>
/// <param name="program">Taken over.</param>
internal sealed unsafe class OpenClProgramHandle(nint program) : OpenClHandle(program)
{
    /// <inheritdoc/>
    protected override int Free(OpenClNative cl) => cl.clReleaseProgram(handle);
}

/// <summary>A kernel of a program.</summary>
/// <param name="kernel">Taken over.</param>
internal sealed unsafe class OpenClKernelHandle(nint kernel) : OpenClHandle(kernel)
{
    /// <inheritdoc/>
    protected override int Free(OpenClNative cl) => cl.clReleaseKernel(handle);
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
