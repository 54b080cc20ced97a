namespace Engine.Native.Devices;

/// <summary>What a look at one backend found.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="Library">Where its library came from, or null when it is not there.</param>
/// <param name="Devices">Its devices, those that cannot be used included.</param>
/// <param name="Fault">Why there is no device, in full, or null.</param>
/// <param name="Brief">The same in a few words, or null.</param>
internal sealed record DeviceSearch(DeviceBackend Backend, string? Library, IReadOnlyList<DeviceFacts> Devices, string? Fault, string? Brief)
{
    /// <summary>Looks. Nothing that is missing or fails is an error here.</summary>
    public static DeviceSearch Of(DeviceBackend backend)
    {
        string library;
        try
        {
            library = NativeLibraries.Load(backend.Library).Path;
        }
        catch (NativeLibraryMissingException missing)
        {
            return new DeviceSearch(backend, null, [], missing.Message, $"no {missing.Name}");
        }

        try
        {
            IReadOnlyList<DeviceFacts> found = backend.List();
            return found.Count > 0
                ? new DeviceSearch(backend, library, found, null, null)
                : new DeviceSearch(backend, library, [], $"{backend.Library.Name} ({library}) offers no device. {backend.Library.Install}", "no device");
        }
        catch (NativeLibraryMissingException tooOld)
        {
            return new DeviceSearch(backend, library, [], tooOld.Message, $"{tooOld.Name} is too old");
        }
        catch (DeviceException refused)
        {
            return new DeviceSearch(backend, library, [], refused.Message, refused.Fault == DeviceFault.Absent ? "no GPU" : "the driver fails");
        }
    }
}
