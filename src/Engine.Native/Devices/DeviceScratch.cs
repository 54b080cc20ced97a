namespace Engine.Native.Devices;

/// <summary>The buffers of one pass: whatever happens, all of them go back together.</summary>
/// <param name="device">Where they are.</param>
internal sealed class DeviceScratch(ComputeDevice device) : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    /// <summary>The device.</summary>
    public ComputeDevice Device => device;

    /// <summary>Room for so many elements.</summary>
    /// <exception cref="DeviceException">The budget or the device has no room.</exception>
    public unsafe DeviceBuffer Room<T>(long count)
        where T : unmanaged
    {
        DeviceBuffer buffer = device.Allocate(checked(count * sizeof(T)));
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>A copy of host values.</summary>
    /// <exception cref="DeviceException">The budget or the device has no room.</exception>
    public DeviceBuffer Copy<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        DeviceBuffer buffer = Room<T>(values.Length);
        device.Work.Write(buffer, values);
        return buffer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers) buffer.Dispose();
        _buffers.Clear();
    }
}
