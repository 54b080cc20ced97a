using Engine.Native.Devices;

namespace Engine;

/// <summary>Where an engine's kernels run, and why there.</summary>
public sealed record EngineDevice
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>opencl</c>; with several backends, those of all devices joined by <c>+</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The kernel set, such as <c>cpu-512</c>.</summary>
    public required string Kernels { get; init; }

    /// <summary>Worker threads on the processor.</summary>
    public required int Threads { get; init; }

    /// <summary>The devices; none where the processor does everything.</summary>
    public IReadOnlyList<DeviceInUse> Devices { get; init; } = [];

    /// <summary>Why there and not elsewhere.</summary>
    public required string Why { get; init; }

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        $"device {(Devices.Count == 0 ? Kind : string.Join(", ", Devices))}, {Kernels}, {Threads} {(Threads == 1 ? "thread" : "threads")}: {Why}";
}

/// <summary>A device that an engine uses.</summary>
/// <param name="Backend"><c>cuda</c> or <c>opencl</c>.</param>
/// <param name="Number">Its number among the backend's devices, from 0.</param>
/// <param name="Name">Its maker's name for it.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="MemoryBytes">Memory on it.</param>
/// <param name="BudgetBytes">Most of that memory that the engine uses.</param>
public sealed record DeviceInUse(string Backend, int Number, string Name, string Driver, long MemoryBytes, long BudgetBytes)
{
    /// <summary>How messages name it, such as <c>cuda:0 (NVIDIA H100 80GB HBM3)</c>.</summary>
    public override string ToString() => $"{Backend}:{Number} ({Name})";

    internal static DeviceInUse Of(ComputeDevice device) =>
        new(device.Facts.Backend, device.Facts.Number, device.Facts.Name, device.Facts.Driver, device.Facts.MemoryBytes, device.Budget);
}
