using System.Runtime.InteropServices;
using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>Something that lives in a context and holds it open.</summary>
internal abstract class CudaHandle : SafeHandle
{
    /// <summary>Nothing yet.</summary>
    protected CudaHandle(CudaContext context)
        : base(0, ownsHandle: true)
    {
        Context = context;
    }

    /// <summary>The context it lives in.</summary>
    public CudaContext Context { get; }

    /// <summary>The driver's own handle, valid until this is disposed.</summary>
    public nint Value => handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Gives it back to the driver.</summary>
    protected abstract CUresult Free(CudaNative cuda);

    /// <summary>Takes over what the driver has made.</summary>
    protected void Take(nint made)
    {
        Context.Hold();
        SetHandle(made);
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        bool freed = Free(Context.EnterToRelease()) == CUresult.CUDA_SUCCESS;
        Context.DangerousRelease();
        return freed;
    }
}

/// <summary>A stream: work that is done in order.</summary>
internal sealed unsafe class CudaStream : CudaHandle
{
    /// <summary>Makes one.</summary>
    /// <exception cref="DeviceException">The driver cannot.</exception>
    public CudaStream(CudaContext context)
        : base(context)
    {
        CudaNative cuda = context.Enter();
        nint stream;
        context.Check(cuda.cuStreamCreate(&stream, CudaNative.CU_STREAM_NON_BLOCKING), nameof(cuda.cuStreamCreate));
        Take(stream);
    }

    /// <inheritdoc/>
    protected override CUresult Free(CudaNative cuda) => cuda.cuStreamDestroy_v2(handle);
}

/// <summary>An event: a point in a stream.</summary>
internal sealed unsafe class CudaEvent : CudaHandle
{
    /// <summary>Makes one.</summary>
    /// <exception cref="DeviceException">The driver cannot.</exception>
    public CudaEvent(CudaContext context)
        : base(context)
    {
        CudaNative cuda = context.Enter();
        nint made;
        context.Check(cuda.cuEventCreate(&made, CudaNative.CU_EVENT_DISABLE_TIMING), nameof(cuda.cuEventCreate));
        Take(made);
    }

    /// <summary>Puts it behind what the stream has so far.</summary>
    /// <exception cref="DeviceException">The driver cannot.</exception>
    public void Record(CudaStream stream)
    {
        CudaNative cuda = Context.Enter();
        Context.Check(cuda.cuEventRecord(handle, stream.Value), nameof(cuda.cuEventRecord));
    }

    /// <summary>Waits until the stream has come to it.</summary>
    /// <exception cref="DeviceException">Something before it failed.</exception>
    public void Wait()
    {
        CudaNative cuda = Context.Enter();
        Context.Check(cuda.cuEventSynchronize(handle), nameof(cuda.cuEventSynchronize));
    }

    /// <inheritdoc/>
    protected override CUresult Free(CudaNative cuda) => cuda.cuEventDestroy_v2(handle);
}

/// <summary>Memory on a GPU.</summary>
internal sealed unsafe class CudaBuffer : DeviceBuffer
{
    private readonly CudaContext _context;

    /// <summary>Takes some.</summary>
    /// <exception cref="DeviceException">There is none.</exception>
    public CudaBuffer(CudaContext context, long bytes)
        : base(bytes)
    {
        _context = context;
        CudaNative cuda = context.Enter();
        nint pointer;
        context.Check(cuda.cuMemAlloc_v2(&pointer, checked((nuint)bytes)), nameof(cuda.cuMemAlloc_v2));
        context.Hold();
        SetHandle(pointer);
    }

    /// <summary>Where it begins, as the GPU counts.</summary>
    public nint Address => handle;

    /// <inheritdoc/>
    protected override void Free()
    {
        CudaNative cuda = _context.EnterToRelease();
        _ = cuda.cuMemFree_v2(handle);
        _context.DangerousRelease();
    }
}

/// <summary>Page-locked host memory.</summary>
internal sealed unsafe class CudaPinnedMemory : PinnedMemory
{
    private readonly CudaContext _context;

    /// <summary>Takes some.</summary>
    /// <exception cref="DeviceException">There is none.</exception>
    public CudaPinnedMemory(CudaContext context, long bytes)
        : base(bytes)
    {
        _context = context;
        CudaNative cuda = context.Enter();
        void* memory;
        context.Check(cuda.cuMemHostAlloc(&memory, checked((nuint)bytes), 0), nameof(cuda.cuMemHostAlloc));
        context.Hold();
        SetHandle((nint)memory);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        CudaNative cuda = _context.EnterToRelease();
        bool freed = cuda.cuMemFreeHost((void*)handle) == CUresult.CUDA_SUCCESS;
        _context.DangerousRelease();
        return freed;
    }
}
