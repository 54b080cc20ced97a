using Engine.Kernels;
using Engine.Native.Devices;
using Engine.Plans;

namespace Engine.Runs;

/// <summary>Finds and opens the devices that a run asks for.</summary>
/// <param name="catalog">The devices there are.</param>
/// <param name="budget">Most bytes to use on each, or null for what its backend thinks right.</param>
/// <param name="threads">Worker threads on the processor; 0 for one per processor.</param>
internal sealed class DeviceSelection(DeviceCatalog catalog, long? budget, int threads)
{
    private const string Instead = "Use --device cpu, or auto; engine doctor shows what is there.";

    /// <summary>Makes the kernel set that the words ask for.</summary>
    /// <param name="text">As in <c>run.device</c>.</param>
    /// <exception cref="EngineException">The words mean nothing: exit 3. A device that they name is not there or fails: exit 9.</exception>
    public (IKernels Kernels, EngineDevice Device) Open(string text)
    {
        IReadOnlyList<DeviceWord> words = DeviceWord.Parse(text)
            ?? throw new EngineException(new EngineError(ExitCode.Plan, "VALUE", $"found device \"{text}\", expected {DeviceWord.Expectation}."));
        if (words is [{ Backend: "auto" }]) return Auto();
        if (words is [{ Backend: "cpu" }]) return Host("asked for");
        DeviceFacts[] wanted = [.. words.SelectMany(Find).Distinct()];
        return On(OpenAll(wanted), "asked for");
    }

    private (IKernels Kernels, EngineDevice Device) Auto()
    {
        List<string> passed = [];
        foreach (DeviceBackend backend in catalog.Backends)
        {
            if (backend.NoGpu is { } none)
            {
                passed.Add($"{backend.Name}: {none}");
                continue;
            }

            DeviceSearch search = catalog.Look(backend);
            if (search.Brief is { } brief) passed.Add($"{backend.Name}: {brief}");
            foreach (DeviceFacts device in search.Devices)
            {
                string? against = device.Lacks ?? (device.IsGpu ? null : "no GPU");
                if (against is null)
                {
                    try
                    {
                        return On([backend.Open(device, budget ?? 0)], passed.Count == 0 ? "the first GPU that can be used" : $"the first GPU that can be used ({string.Join("; ", passed)})");
                    }
                    catch (DeviceException refused)
                    {
                        against = refused.Message;
                    }
                }

                passed.Add($"{device}: {against}");
            }
        }

        return Host($"no GPU that can be used ({string.Join("; ", passed)})");
    }

    private IEnumerable<DeviceFacts> Find(DeviceWord word)
    {
        DeviceBackend backend = catalog.Backends.First(b => b.Name == word.Backend);
        DeviceSearch search = catalog.Look(backend);
        if (search.Fault is { } fault) throw Refused($"found no device for \"{word.Backend}\": {fault}");
        if (word.Number is { } number)
        {
            return number < search.Devices.Count
                ? [search.Devices[number]]
                : throw Refused($"found no device {word.Backend}:{number}, expected one of: {string.Join(", ", search.Devices)}.");
        }

        DeviceFacts[] usable = [.. search.Devices.Where(device => device.Lacks is null)];
        if (usable.Length == 0) throw Refused($"found no device of \"{word.Backend}\" that can be used: {string.Join("; ", search.Devices.Select(device => $"{device}: {device.Lacks}"))}.");
        return word.All ? usable : usable[..1];
    }

    private List<ComputeDevice> OpenAll(IEnumerable<DeviceFacts> wanted)
    {
        List<ComputeDevice> opened = [];
        try
        {
            foreach (DeviceFacts device in wanted) opened.Add(catalog.Backends.First(backend => backend.Name == device.Backend).Open(device, budget ?? 0));
            return opened;
        }
        catch (DeviceException refused)
        {
            foreach (ComputeDevice device in opened) device.Dispose();
            throw DeviceError.Of(refused);
        }
    }

    private (IKernels Kernels, EngineDevice Device) On(IReadOnlyList<ComputeDevice> devices, string why)
    {
        var kernels = new DeviceKernels(devices, KernelSets.Best(threads));
        return (kernels, new EngineDevice
        {
            Kind = string.Join('+', devices.Select(device => device.Facts.Backend).Distinct()),
            Kernels = kernels.Name,
            Threads = kernels.Threads,
            Devices = [.. devices.Select(DeviceInUse.Of)],
            Why = why,
        });
    }

    private (IKernels Kernels, EngineDevice Device) Host(string why)
    {
        IKernels kernels = KernelSets.Best(threads);
        return (kernels, new EngineDevice { Kind = "cpu", Kernels = kernels.Name, Threads = kernels.Threads, Why = why });
    }

    private static EngineException Refused(string message) => new(new EngineError(ExitCode.Native, "DEVICE", $"{message} {Instead}"));
}
