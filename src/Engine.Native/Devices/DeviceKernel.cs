namespace Engine.Native.Devices;

/// <summary>A kernel that a driver has built; it belongs to its device and lives as long.</summary>
/// <param name="name">Its name in the source.</param>
internal abstract class DeviceKernel(string name)
{
    /// <summary>Its name in the source.</summary>
    public string Name => name;
}
