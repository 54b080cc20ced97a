using Engine.Native.Devices;

namespace Engine.Native.OpenCl;

/// <summary>OpenCL as a backend: whatever has a driver for it.</summary>
internal sealed class OpenClBackend : DeviceBackend
{
    /// <inheritdoc/>
    public override string Name => "opencl";

    /// <inheritdoc/>
    public override NativeLibraryQuery Library => OpenClNative.Query;

    /// <summary>Told by the files in which drivers are registered: to start one takes a while and memory, for nothing where the only driver is one for processors.</summary>
    public override string? NoGpu
    {
        get
        {
            // These variables lead loaders elsewhere.
            if (((string[])["OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH", "OCL_ICD_FILENAMES"]).Any(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 })) return null;
            try
            {
                string[] drivers = [.. Directory.EnumerateFiles("/etc/OpenCL/vendors", "*.icd").Select(file => File.ReadAllText(file).Trim())];
                if (drivers.Length == 0) return "no driver";
                return drivers.All(driver => Path.GetFileName(driver).StartsWith("libpocl", StringComparison.Ordinal)) ? "no driver for a GPU" : null;
            }
            catch (DirectoryNotFoundException)
            {
                return "no driver";
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<DeviceFacts> List() => OpenClDevices.List();

    /// <inheritdoc/>
    public override ComputeDevice Open(DeviceFacts device, long budget) => OpenClDevices.Open(device.Number, budget);
}
