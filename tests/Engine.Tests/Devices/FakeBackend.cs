using Engine.Native;
using Engine.Native.Devices;

namespace Engine.Tests.Devices;

/// <summary>A backend with made-up devices, whose library is one that every Linux has.</summary>
internal sealed class FakeBackend(string name, params DeviceFacts[] devices) : DeviceBackend
{
    /// <summary>Why opening fails, or null.</summary>
    public DeviceException? Refuses { get; init; }

    /// <summary>What is found without starting a driver.</summary>
    public string? None { get; init; }

    /// <summary>A library that is there, or not.</summary>
    public bool HasLibrary { get; init; } = true;

    /// <summary>The budgets that devices were opened with.</summary>
    public List<(int Number, long Budget)> Opened { get; } = [];

    /// <summary>Devices that are open now.</summary>
    public int Held { get; set; }

    /// <summary>How often its devices were asked for.</summary>
    public int Looks { get; private set; }

    public override string Name => name;

    public override NativeLibraryQuery Library => new("lib" + name, "ENGINE_NO_SUCH_VARIABLE", [HasLibrary ? "libc.so.6" : "libnone.so"], [], $"apt-get install {name}");

    public override string? NoGpu => None;

    public static DeviceFacts Device(string backend, int number, bool gpu = true, string? lacks = null) => new(backend, number, $"Fake {number}", "fake driver 1", 1000, 1000, gpu, lacks);

    public override IReadOnlyList<DeviceFacts> List()
    {
        Looks++;
        return devices;
    }

    public override ComputeDevice Open(DeviceFacts device, long budget)
    {
        if (device.Lacks is { } lacks) throw new DeviceException(DeviceFault.Unsuitable, $"{device} cannot be used: {lacks}.");
        if (Refuses is not null) throw Refuses;
        Opened.Add((device.Number, budget));
        Held++;
        return new FakeDevice(this, device, budget);
    }

    private sealed class FakeDevice(FakeBackend backend, DeviceFacts facts, long budget) : ComputeDevice(facts, budget)
    {
        public override DeviceQueue Work => throw new NotSupportedException("A made-up device does no work.");

        public override DeviceQueue Copies => throw new NotSupportedException("A made-up device does no work.");

        public override PinnedMemory Pin(long bytes) => throw new NotSupportedException("A made-up device does no work.");

        public override void Dispose() => backend.Held--;

        protected override DeviceBuffer Take(long bytes) => throw new NotSupportedException("A made-up device does no work.");

        protected override DeviceKernel Build(string file, string kernel) => throw new NotSupportedException("A made-up device does no work.");
    }
}
