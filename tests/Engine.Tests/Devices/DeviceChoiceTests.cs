using Engine.Native.Devices;

namespace Engine.Tests.Devices;

/// <summary>Which device a run gets, and what it is told of the others.</summary>
public sealed class DeviceChoiceTests
{
    private static FakeBackend Cuda => new("cuda", FakeBackend.Device("cuda", 0), FakeBackend.Device("cuda", 1));

    [Fact]
    public void Auto_takes_the_first_gpu_that_can_be_used()
    {
        FakeBackend cuda = new("cuda", FakeBackend.Device("cuda", 0, lacks: "it is too old"), FakeBackend.Device("cuda", 1)), opencl = new("opencl", FakeBackend.Device("opencl", 0));
        using (SelectionEngine engine = Engine("auto", cuda, opencl))
        {
            Assert.Equal("cuda", engine.Device.Kind);
            Assert.Equal("cuda:1 (Fake 1)", Assert.Single(engine.Device.Devices).ToString());
            Assert.Equal("the first GPU that can be used (cuda:0 (Fake 0): it is too old)", engine.Device.Why);
            Assert.Equal(engine.KernelSet, engine.Device.Kernels);
            Assert.Matches(@"^device cuda:1 \(Fake 1\), cuda\+cpu-\w+, 1 thread: the first GPU", engine.Device.ToString());
        }

        Assert.Equal((0, 0), (cuda.Held, opencl.Looks));
    }

    [Fact]
    public void Auto_takes_OpenCL_where_CUDA_has_nothing_and_never_a_processor_behind_it()
    {
        FakeBackend cuda = new("cuda") { HasLibrary = false }, opencl = new("opencl", FakeBackend.Device("opencl", 0, gpu: false), FakeBackend.Device("opencl", 1));
        using (SelectionEngine engine = Engine("auto", cuda, opencl))
        {
            Assert.Equal("opencl:1 (Fake 1)", Assert.Single(engine.Device.Devices).ToString());
            Assert.Equal("the first GPU that can be used (cuda: no libcuda; opencl:0 (Fake 0): no GPU)", engine.Device.Why);
        }

        FakeBackend processor = new("opencl", FakeBackend.Device("opencl", 0, gpu: false));
        using SelectionEngine host = Engine("auto", cuda, processor);
        Assert.Equal("cpu", host.Device.Kind);
        Assert.Empty(host.Device.Devices);
        Assert.Equal("no GPU that can be used (cuda: no libcuda; opencl:0 (Fake 0): no GPU)", host.Device.Why);
    }

    [Fact]
    public void Auto_goes_on_when_a_device_cannot_be_opened_and_starts_no_driver_without_a_gpu()
    {
        FakeBackend cuda = new("cuda", FakeBackend.Device("cuda", 0)) { Refuses = new DeviceException(DeviceFault.Refused, "cuda:0 is taken.") };
        FakeBackend opencl = new("opencl", FakeBackend.Device("opencl", 0)) { None = "no driver for a GPU" };
        using SelectionEngine engine = Engine("auto", cuda, opencl);
        Assert.Equal("no GPU that can be used (cuda:0 (Fake 0): cuda:0 is taken.; opencl: no driver for a GPU)", engine.Device.Why);
        Assert.Equal(0, opencl.Looks);
    }

    [Theory]
    [InlineData("cuda", "cuda:0")]
    [InlineData("cuda:1", "cuda:1")]
    [InlineData("cuda:1,cuda:0", "cuda:1 cuda:0")]
    [InlineData("cuda:*", "cuda:0 cuda:1")]
    [InlineData("cuda,cuda:0,cuda:*", "cuda:0 cuda:1")]
    [InlineData("opencl", "opencl:0")]
    [InlineData("cuda:1,opencl:0", "cuda:1 opencl:0")]
    public void Words_name_devices(string words, string devices)
    {
        FakeBackend cuda = Cuda, opencl = new("opencl", FakeBackend.Device("opencl", 0, gpu: false));
        using SelectionEngine engine = Engine(words, cuda, opencl);
        Assert.Equal(devices, string.Join(' ', engine.Device.Devices.Select(device => $"{device.Backend}:{device.Number}")));
        Assert.Equal("asked for", engine.Device.Why);
        Assert.All(cuda.Opened.Concat(opencl.Opened), opened => Assert.Equal(77, opened.Budget));
    }

    [Theory]
    [InlineData("cuda:2", "found no device cuda:2, expected one of: cuda:0 (Fake 0), cuda:1 (Fake 1). Use --device cpu")]
    [InlineData("cuda:0,cuda:7", "found no device cuda:7")]
    [InlineData("opencl", "found no device of \"opencl\" that can be used: opencl:0 (Fake 0): it has no float64.")]
    [InlineData("opencl:*", "found no device of \"opencl\" that can be used")]
    [InlineData("cuda:0,opencl:0", "opencl:0 (Fake 0) cannot be used: it has no float64.")]
    public void A_device_that_is_not_there_is_exit_9(string words, string message)
    {
        FakeBackend cuda = Cuda, opencl = new("opencl", FakeBackend.Device("opencl", 0, lacks: "it has no float64"));
        EngineException refused = Assert.Throws<EngineException>(() => Engine(words, cuda, opencl));
        Assert.Equal((ExitCode.Native, "DEVICE"), (refused.Exit, refused.Errors[0].Code));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, cuda.Held);
    }

    [Fact]
    public void A_library_that_is_not_there_is_told_with_the_places_and_the_command()
    {
        EngineException refused = Assert.Throws<EngineException>(() => Engine("cuda", new FakeBackend("cuda") { HasLibrary = false }));
        Assert.Matches("^error DEVICE: found no device for \"cuda\": libcuda cannot be loaded. Tried: .*libnone.so .*Install it: apt-get install cuda.*engine doctor", refused.Errors[0].ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:x")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:1,")]
    [InlineData("cuda:1\n")]
    [InlineData("cpu,cuda")]
    [InlineData("auto:1")]
    [InlineData("CUDA")]
    public void Words_that_mean_nothing_are_exit_3(string words)
    {
        EngineException refused = Assert.Throws<EngineException>(() => Engine(words, Cuda));
        Assert.Equal((ExitCode.Plan, "VALUE"), (refused.Exit, refused.Errors[0].Code));
    }

    [Fact]
    public void An_engine_within_a_program_looks_for_no_device_unless_it_is_told_to()
    {
        FakeBackend cuda = Cuda;
        using var engine = new SelectionEngine(new EngineOptions(), new DeviceCatalog([cuda]));
        Assert.Equal(("cpu", 0), (engine.Device.Kind, cuda.Looks));
    }

    private static SelectionEngine Engine(string words, params DeviceBackend[] backends) =>
        new(new EngineOptions { Device = words, DeviceMemory = 77, Threads = 1 }, new DeviceCatalog(backends));
}
