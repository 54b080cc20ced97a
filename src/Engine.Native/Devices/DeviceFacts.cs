namespace Engine.Native.Devices;

/// <summary>What a driver tells of a device.</summary>
/// <param name="Backend">The interface that drives it: <c>cuda</c> or <c>opencl</c>.</param>
/// <param name="Number">Its number among the backend's devices, from 0.</param>
/// <param name="Name">Such as <c>NVIDIA H100 80GB HBM3</c>.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="MemoryBytes">Memory on the device.</param>
/// <param name="LargestBuffer">Most bytes that one buffer may have.</param>
/// <param name="IsGpu">Whether it is a GPU, or a processor behind the interface of one.</param>
/// <param name="Lacks">What the same bits need and it does not offer, or null when it can be used.</param>
internal sealed record DeviceFacts(
    string Backend, int Number, string Name, string Driver, long MemoryBytes, long LargestBuffer, bool IsGpu, string? Lacks = null)
{
    /// <summary>How messages and manifests name it, such as <c>cuda:0 (NVIDIA H100 80GB HBM3)</c>.</summary>
    public override string ToString() => $"{Backend}:{Number} ({Name})";
}
