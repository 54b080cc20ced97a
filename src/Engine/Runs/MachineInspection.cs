using System.Runtime.InteropServices;
using Engine.Kernels;
using Engine.Native;
using Engine.Native.Devices;

namespace Engine.Runs;

/// <summary>Looks a machine over. Nothing that is missing or fails is an error here.</summary>
internal static class MachineInspection
{
    public static MachineReport Run(DeviceCatalog catalog)
    {
        (IKernels kernels, EngineDevice auto) = new DeviceSelection(catalog, budget: null, threads: 0).Open("auto");
        kernels.Dispose();
        using IKernels host = KernelSets.Best(threads: 1);
        return new MachineReport
        {
            Version = EngineVersion.Text,
            Runtime = RuntimeInformation.FrameworkDescription,
            System = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}",
            Processors = Environment.ProcessorCount,
            KernelSets = [.. KernelSets.All.Select(set => new KernelSetFacts(set.Name, set.Supported, set.Name == host.Name))],
            Libraries = [.. OptionalLibraries.All.Select(Look)],
            Backends = [.. catalog.Backends.Select(backend => Look(catalog.Look(backend)))],
            Auto = auto,
        };
    }

    private static LibraryFacts Look(OptionalLibrary library)
    {
        NativeLibraryQuery query = library.Query;
        try
        {
            (LoadedLibrary loaded, string? version) = library.Load();
            return new LibraryFacts(query.Name, library.Gives, loaded.Path, version, [], query.Install, query.Variable);
        }
        catch (NativeLibraryMissingException missing)
        {
            return new LibraryFacts(query.Name, library.Gives, null, null, missing.Tried, query.Install, query.Variable);
        }
    }

    private static BackendFacts Look(DeviceSearch search) => new(
        search.Backend.Name,
        search.Library is null ? $"{search.Brief}; see above" : search.Fault,
        [.. search.Devices.Select(device => new FoundDevice(device.Number, device.Name, device.Driver, device.MemoryBytes, device.IsGpu, device.Lacks))]);
}
