namespace Engine.Native.Devices;

/// <summary>An interface that drives devices: how its library, its devices and one of them are come by.</summary>
internal abstract class DeviceBackend
{
    /// <summary>Its name in plans, such as <c>cuda</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The library it needs.</summary>
    public abstract NativeLibraryQuery Library { get; }

    /// <summary>What <see cref="List"/> would find if it can be told without starting a driver: why no GPU of this backend is there, or null when it must be looked for.</summary>
    public virtual string? NoGpu => null;

    /// <summary>What the drivers tell of every device.</summary>
    /// <exception cref="NativeLibraryMissingException">The library is not there.</exception>
    /// <exception cref="DeviceException">There are none, or a driver fails.</exception>
    public abstract IReadOnlyList<DeviceFacts> List();

    /// <summary>Opens a device.</summary>
    /// <param name="device">One that <see cref="List"/> gave.</param>
    /// <param name="budget">Most bytes that its buffers may have together; 0 for what the backend thinks right.</param>
    /// <exception cref="DeviceException">It lacks something, or the driver refuses.</exception>
    public abstract ComputeDevice Open(DeviceFacts device, long budget);
}
