using System.Text.Json;

namespace Engine.Runs;

/// <summary>What a machine offers the engine: kernel sets of the processor, native libraries, devices.</summary>
public sealed record MachineReport
{
    /// <summary>The engine's version.</summary>
    public required string Version { get; init; }

    /// <summary>The .NET runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>The operating system.</summary>
    public required string System { get; init; }

    /// <summary>Processors that this process may use.</summary>
    public required int Processors { get; init; }

    /// <summary>Kernel sets of the processor, best first.</summary>
    public required IReadOnlyList<KernelSetFacts> KernelSets { get; init; }

    /// <summary>Optional native libraries.</summary>
    public required IReadOnlyList<LibraryFacts> Libraries { get; init; }

    /// <summary>What drives devices, best first.</summary>
    public required IReadOnlyList<BackendFacts> Backends { get; init; }

    /// <summary>What <c>run.device</c> <c>auto</c> takes here.</summary>
    public required EngineDevice Auto { get; init; }

    /// <summary>Writes it as one object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("engine", Version);
        json.WriteString("runtime", Runtime);
        json.WriteString("system", System);
        json.WriteNumber("processors", Processors);
        json.WriteStartArray("kernelSets");
        foreach (KernelSetFacts set in KernelSets)
        {
            json.WriteStartObject();
            json.WriteString("name", set.Name);
            json.WriteBoolean("supported", set.Supported);
            json.WriteBoolean("taken", set.Taken);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("libraries");
        foreach (LibraryFacts library in Libraries) library.Write(json);
        json.WriteEndArray();
        json.WriteStartArray("backends");
        foreach (BackendFacts backend in Backends) backend.Write(json);
        json.WriteEndArray();
        json.WriteStartObject("auto");
        json.WriteString("device", Auto.Devices.Count == 0 ? Auto.Kind : $"{Auto.Devices[0].Backend}:{Auto.Devices[0].Number}");
        json.WriteString("kernels", Auto.Kernels);
        json.WriteString("why", Auto.Why);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

/// <summary>A kernel set of the processor.</summary>
/// <param name="Name">Such as <c>cpu-512</c>.</param>
/// <param name="Supported">Whether the processor can run it.</param>
/// <param name="Taken">Whether it is the one that runs take.</param>
public sealed record KernelSetFacts(string Name, bool Supported, bool Taken);

/// <summary>An optional native library.</summary>
/// <param name="Name">Such as <c>libzstd</c>.</param>
/// <param name="Gives">What can be done with it and not without it.</param>
/// <param name="Path">Where it is, or null.</param>
/// <param name="Version">Its version, where it says one.</param>
/// <param name="Tried">Every place that was looked at in vain, each with what was wrong there; empty when it was found.</param>
/// <param name="Install">The command that installs it.</param>
/// <param name="Variable">The environment variable that may hold its full path.</param>
public sealed record LibraryFacts(string Name, string Gives, string? Path, string? Version, IReadOnlyList<string> Tried, string Install, string Variable)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("gives", Gives);
        json.WriteString("path", Path);
        json.WriteString("version", Version);
        json.WriteStartArray("tried");
        foreach (string place in Tried) json.WriteStringValue(place);
        json.WriteEndArray();
        json.WriteString("install", Install);
        json.WriteString("variable", Variable);
        json.WriteEndObject();
    }
}

/// <summary>What drives devices.</summary>
/// <param name="Name"><c>cuda</c> or <c>opencl</c>.</param>
/// <param name="Fault">Why it has none, or null.</param>
/// <param name="Devices">Its devices, those that cannot be used included.</param>
public sealed record BackendFacts(string Name, string? Fault, IReadOnlyList<FoundDevice> Devices)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("fault", Fault);
        json.WriteStartArray("devices");
        foreach (FoundDevice device in Devices)
        {
            json.WriteStartObject();
            json.WriteNumber("number", device.Number);
            json.WriteString("name", device.Name);
            json.WriteString("driver", device.Driver);
            json.WriteNumber("memory", device.MemoryBytes);
            json.WriteBoolean("gpu", device.IsGpu);
            json.WriteString("lacks", device.Lacks);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>A device that was found.</summary>
/// <param name="Number">Its number among the backend's devices, from 0.</param>
/// <param name="Name">Its maker's name for it.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="MemoryBytes">Memory on it.</param>
/// <param name="IsGpu">Whether it is a GPU, or a processor behind the interface of one.</param>
/// <param name="Lacks">What the same bits need and it does not offer, or null when it can be used.</param>
public sealed record FoundDevice(int Number, string Name, string Driver, long MemoryBytes, bool IsGpu, string? Lacks);
