using System.Runtime.InteropServices;

namespace Engine.Native.Devices;

/// <summary>Memory on a device. Dispose it to give it back.</summary>
internal abstract class DeviceBuffer : SafeHandle
{
    private ComputeDevice? _device;

    /// <summary>Room that a backend has taken; <see cref="Own"/> completes it.</summary>
    /// <param name="bytes">How many, at least 1.</param>
    protected DeviceBuffer(long bytes)
        : base(0, ownsHandle: true)
    {
        Bytes = bytes;
    }

    /// <summary>How many bytes it has.</summary>
    public long Bytes { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Makes a device account for it.</summary>
    internal DeviceBuffer Own(ComputeDevice device)
    {
        _device = device;
        return this;
    }

    /// <summary>Gives the memory back to the driver.</summary>
    protected abstract void Free();

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        Free();
        _device?.Returned(Bytes);
        return true;
    }
}
