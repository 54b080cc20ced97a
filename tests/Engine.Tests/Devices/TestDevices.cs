using System.Collections.Concurrent;
using Engine.Kernels;
using Engine.Native.Devices;
using Engine.Native.OpenCl;

namespace Engine.Tests.Devices;

/// <summary>Kernel sets over an OpenCL device, PoCL on machines without a GPU. Devices are used again: a context and its kernels take their time.</summary>
internal static class TestDevices
{
    private static readonly ConcurrentBag<ComputeDevice> Idle = [];

    /// <summary>Why there is no OpenCL device, or null when there is one, or when there must be one.</summary>
    public static string? Missing { get; } = OptionalPart.WhyNot(() => OpenClDevices.List().Any(device => device.Lacks is null), "No OpenCL driver is installed: apt-get install pocl-opencl-icd.");

    /// <summary>A set over so many devices (contexts on one) with so much memory each; everything goes to the device, however small.</summary>
    public static IKernels Open(int devices = 1, long budget = 0, int threads = 1, bool tensorCores = false) =>
        new DeviceKernels([.. Enumerable.Range(0, devices).Select(_ => Rent(budget, tensorCores))], KernelSets.Best(threads), leastWork: 0);

    /// <summary>A device that others do not use meanwhile; with tensor cores, the tile for them runs as OpenCL emulates it.</summary>
    public static ComputeDevice Rent(long budget = 0, bool tensorCores = false) =>
        new Loan(Idle.TryTake(out ComputeDevice? idle) ? idle : OpenClDevices.Open(0, 0), budget, tensorCores);

    /// <summary>A device with a budget of its own, which goes back when it is disposed.</summary>
    private sealed class Loan(ComputeDevice device, long budget, bool tensorCores) : ComputeDevice(device.Facts, budget)
    {
        public override bool HasTensorCores => tensorCores;

        public override DeviceQueue Work => device.Work;

        public override DeviceQueue Copies => device.Copies;

        public override PinnedMemory Pin(long bytes) => device.Pin(bytes);

        public override void Dispose()
        {
            Assert.Equal(Budget, Spare);
            Idle.Add(device);
        }

        internal override void Returned(long bytes)
        {
            base.Returned(bytes);
            device.Returned(bytes);
        }

        protected override DeviceBuffer Take(long bytes) => device.Allocate(bytes);

        protected override DeviceKernel Build(string file, string kernel) => device.Kernel(file, kernel);
    }
}
