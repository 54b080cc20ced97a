using System.Runtime.InteropServices;
using System.Text;
using Engine.Native;
using Engine.Native.Cuda;
using Engine.Native.Devices;
using Engine.Tests.Data;
using Engine.Tests.House;

namespace Engine.Tests.Cuda;

/// <summary>Machine code by NVRTC: made once, kept, and done without when anything is wrong with it.</summary>
public sealed unsafe class NvrtcTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [CudaStubFact]
    public void A_source_is_compiled_once_for_a_chip_and_a_driver()
    {
        (NvrtcNative nvrtc, nint library) = Stub();
        Assert.Equal("12.4", nvrtc.Version);
        CubinCache cache = new(_folder.File("cache"));
        CudaCode made = NvrtcCompiler.For(nvrtc, cache, 90, "CUDA 12.4")!.Compile("pool", out string? refusal)!;
        Assert.Null(refusal);
        Assert.Equal("pool.sm_90.cubin by NVRTC 12.4", made.Origin);
        Assert.StartsWith("CUBIN --gpu-architecture=sm_90 --std=c++17 -fmad=false -ftz=false -prec-div=true -prec-sqrt=true\n", Encoding.UTF8.GetString(made.Image), StringComparison.Ordinal);
        Assert.Contains("KERNEL pool_add\n", Encoding.UTF8.GetString(made.Image), StringComparison.Ordinal);

        // Another process finds it; another driver or chip does not.
        Assert.Equal(made.Image, NvrtcCompiler.For(nvrtc, cache, 90, "CUDA 12.4")!.Compile("pool", out _)!.Image);
        Assert.Equal(1, Count(library, "stub_compiled"));
        NvrtcCompiler.For(nvrtc, cache, 90, "CUDA 12.5")!.Compile("pool", out _);
        NvrtcCompiler.For(nvrtc, cache, 80, "CUDA 12.4")!.Compile("pool", out _);
        Assert.Equal(3, Count(library, "stub_compiled"));
        Assert.Equal(0, Count(library, "stub_live"));
        Assert.Equal(3, Directory.GetFiles(_folder.File("cache")).Length);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.File("cache")));
    }

    [CudaStubFact]
    public void What_is_damaged_in_the_cache_is_made_anew()
    {
        (NvrtcNative nvrtc, nint library) = Stub();
        NvrtcCompiler compiler = NvrtcCompiler.For(nvrtc, new CubinCache(_folder.File("cache")), 90, "CUDA 12.4")!;
        byte[] image = compiler.Compile("pool", out _)!.Image;
        string file = Directory.GetFiles(_folder.File("cache"))[0];
        byte[] kept = File.ReadAllBytes(file);
        foreach (byte[] damaged in (byte[][])[[], kept[..20], kept[..^1], [.. kept[..40], (byte)(kept[40] ^ 1), .. kept[41..]]])
        {
            File.WriteAllBytes(file, damaged);
            Assert.Equal(image, compiler.Compile("pool", out _)!.Image);
            Assert.Equal(kept, File.ReadAllBytes(file));
        }

        Assert.Equal(5, Count(library, "stub_compiled"));
    }

    [CudaStubFact]
    public void A_cache_that_cannot_be_written_is_done_without()
    {
        (NvrtcNative nvrtc, nint library) = Stub();
        NvrtcCompiler compiler = NvrtcCompiler.For(nvrtc, new CubinCache(Path.Combine(_folder.Write("file", "x"), "cache")), 90, "CUDA 12.4")!;
        Assert.NotNull(compiler.Compile("pool", out _));
        Assert.NotNull(NvrtcCompiler.For(nvrtc, new CubinCache(""), 90, "CUDA 12.4")!.Compile("pool", out _));
        Assert.Equal(2, Count(library, "stub_compiled"));
    }

    [CudaStubFact]
    public void The_ptx_in_the_assembly_serves_where_NVRTC_does_not()
    {
        (NvrtcNative nvrtc, nint library) = Stub();
        Assert.Null(NvrtcCompiler.For(nvrtc, new CubinCache(""), 120, "CUDA 12.4"));
        using CudaStub stub = new();
        NvrtcCompiler compiler = NvrtcCompiler.For(nvrtc, new CubinCache(""), 90, "CUDA 12.4")!;

        // Machine code first: the stub gives its kernels no arguments, those of the PTX have some.
        using (CudaDevice device = stub.Open(compiler: compiler)) Assert.Equal(0, ArgumentsOf(device, stub));

        // A driver that does not take the machine code.
        stub.Configure("jit=2");
        using (CudaDevice device = stub.Open(compiler: compiler)) Assert.NotEqual(0, ArgumentsOf(device, stub));

        // A compiler that fails.
        ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, "stub_fail"))(1);
        using (CudaDevice device = stub.Open(compiler: compiler)) Assert.NotEqual(0, ArgumentsOf(device, stub));

        // And nothing serves: both say why.
        stub.Configure("jit=1");
        using (CudaDevice device = stub.Open(compiler: compiler))
        {
            DeviceException refused = Assert.Throws<DeviceException>(() => device.Kernel("pool", "pool_add"));
            Assert.Matches(@"of pool\.sm_80\.ptx .*line 7; fatal.* Before that, pool\.cu: nvrtcCompileProgram failed with NVRTC_ERROR_COMPILATION: pool\.cu\(7\): error", refused.Message);
        }
    }

    /// <summary>NVIDIA's own NVRTC, where somebody has installed it: every kernel becomes machine code for Ampere and Hopper.</summary>
    [NvrtcFact]
    public void The_real_compiler_takes_every_source()
    {
        NvrtcNative nvrtc = NvrtcNative.Load(NvrtcNative.Query);
        foreach (int capability in (int[])[80, 90])
        {
            Assert.True(nvrtc.Knows(capability), $"NVRTC {nvrtc.Version} does not know sm_{capability}");
            NvrtcCompiler compiler = NvrtcCompiler.For(nvrtc, new CubinCache(_folder.File("cache")), capability, "none")!;
            foreach (string source in Repository.Files("kernels", "*.cu").Select(file => Path.GetFileNameWithoutExtension(file)))
            {
                CudaCode? code = compiler.Compile(source, out string? refusal);
                Assert.True(code is not null, refusal);
                Assert.Equal([0x7f, (byte)'E', (byte)'L', (byte)'F'], code.Image[..4]);
            }
        }
    }

    private static int ArgumentsOf(CudaDevice device, CudaStub stub)
    {
        using DeviceBuffer buffer = device.Allocate(64);
        device.Work.Launch(device.Kernel("pool", "pool_add"), 1, 256, buffer, 1, 0, 1f, buffer, 0, 0, buffer);
        return stub.LastLaunch.Arguments.Length;
    }

    private static int Count(nint library, string export) => ((delegate* unmanaged<int>)NativeLibrary.GetExport(library, export))();

    private (NvrtcNative Nvrtc, nint Library) Stub()
    {
        string path = StubLibraries.Copy("nvrtc_stub", _folder);
        NativeLibraryQuery query = NvrtcNative.Query with { Variable = "ENGINE_NO_SUCH_VARIABLE", FileNames = [path], Folders = [] };
        return (NvrtcNative.Load(query), NativeLibrary.Load(path));
    }
}

/// <summary>A test that needs NVIDIA's NVRTC. No check demands it: it is not free software.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvrtcFactAttribute : FactAttribute
{
    public NvrtcFactAttribute()
    {
        try
        {
            NvrtcNative.Load(NvrtcNative.Query);
        }
        catch (NativeLibraryMissingException missing)
        {
            Skip = missing.Message;
        }
    }
}
