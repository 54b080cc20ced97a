using Engine.Native.Cuda;
using Engine.Native.OpenCl;

namespace Engine.Native.Devices;

/// <summary>The devices of both backends. A backend is looked at when it is first asked for, and once.</summary>
/// <param name="backends">Best first.</param>
internal sealed class DeviceCatalog(IReadOnlyList<DeviceBackend> backends)
{
    private readonly Dictionary<DeviceBackend, DeviceSearch> _looked = [];

    /// <summary>What drives devices, best first.</summary>
    public IReadOnlyList<DeviceBackend> Backends => backends;

    /// <summary>The catalog of this machine.</summary>
    public static DeviceCatalog OfMachine() => new([new CudaBackend(), new OpenClBackend()]);

    /// <summary>What a backend has.</summary>
    public DeviceSearch Look(DeviceBackend backend)
    {
        if (!_looked.TryGetValue(backend, out DeviceSearch? search)) _looked.Add(backend, search = DeviceSearch.Of(backend));
        return search;
    }
}
