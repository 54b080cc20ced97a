using System.Runtime.InteropServices;
using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>The primary context of a GPU: what its memory, streams and modules live in. Others in the process may use it as well.</summary>
internal sealed unsafe class CudaContext : SafeHandle
{
    private readonly int _device;
    private readonly string _name;

    /// <summary>Retains it.</summary>
    /// <param name="cuda">The driver.</param>
    /// <param name="facts">The GPU.</param>
    /// <exception cref="DeviceException">The driver cannot.</exception>
    public CudaContext(CudaNative cuda, DeviceFacts facts)
        : base(0, ownsHandle: true)
    {
        Cuda = cuda;
        _name = facts.ToString();
        int device;
        Check(cuda.cuDeviceGet(&device, facts.Number), nameof(cuda.cuDeviceGet));
        nint context;
        Check(cuda.cuDevicePrimaryCtxRetain(&context, device), nameof(cuda.cuDevicePrimaryCtxRetain));
        _device = device;
        SetHandle(context);
    }

    /// <summary>The driver.</summary>
    public CudaNative Cuda { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Makes it the context of the calling thread, which every other function of the driver asks for.</summary>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    /// <exception cref="DeviceException">The driver cannot.</exception>
    public CudaNative Enter()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        Check(Cuda.cuCtxSetCurrent(handle), nameof(Cuda.cuCtxSetCurrent));
        return Cuda;
    }

    /// <summary>Does <see cref="Enter"/> where something is given back: a fault has shown before, or shows at the next call.</summary>
    public CudaNative EnterToRelease()
    {
        _ = Cuda.cuCtxSetCurrent(handle);
        return Cuda;
    }

    /// <summary>Holds the context open for something that lives in it.</summary>
    public void Hold()
    {
        bool held = false;
        DangerousAddRef(ref held);
    }

    /// <inheritdoc cref="CudaNative.Check"/>
    public void Check(CUresult status, string function) => Cuda.Check(status, function, _name);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Cuda.cuDevicePrimaryCtxRelease_v2(_device) == CUresult.CUDA_SUCCESS;
}
