using System.Runtime.InteropServices;
using System.Text;
using Engine.Native;
using Engine.Native.Cuda;
using Engine.Tests.Data;
using Engine.Tests.Hostile;
using Engine.Tests.House;

namespace Engine.Tests.Cuda;

/// <summary>A test against the stub of libcuda, which needs a C compiler. Without one it is left out and says so, unless ENGINE_REQUIRE_NATIVE=1 makes that a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CudaStubFactAttribute : FactAttribute
{
    public CudaStubFactAttribute() => Skip = OptionalPart.WhyNot(StubLibraries.HasCompiler, "There is no C compiler (cc) for the stub of libcuda.");
}

/// <summary>The stubs of native libraries, compiled once a test run and copied for every test, so that each has its own state.</summary>
internal static class StubLibraries
{
    private static readonly Lazy<TemporaryFolder> Compiled = new(Compile);

    /// <summary>Whether this machine has a C compiler.</summary>
    public static bool HasCompiler { get; } = Shell.Run("/tmp", "command -v cc").Exit == 0;

    /// <summary>A stub of its own.</summary>
    /// <param name="name">Its source in this folder, without the extension.</param>
    /// <param name="folder">Where it is put.</param>
    public static string Copy(string name, TemporaryFolder folder)
    {
        string copy = folder.File($"{name}-{Guid.NewGuid():N}.so");
        File.Copy(Compiled.Value.File(name + ".so"), copy);
        return copy;
    }

    private static TemporaryFolder Compile()
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        foreach (string source in Repository.Files("tests/Engine.Tests/Cuda", "*_stub.c"))
            Shell.Run($"cc -std=gnu11 -O1 -Wall -Wextra -Werror -shared -fPIC -o '{folder.File(Path.GetFileNameWithoutExtension(source))}.so' '{source}'");
        return folder;
    }
}

/// <summary>A libcuda of this test alone.</summary>
internal sealed unsafe class CudaStub : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CudaStub(string words = "")
    {
        Path = StubLibraries.Copy("cuda_stub", _folder);
        Configure(words);
        Native = CudaNative.Load(Query);
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Where the engine is to look for it.</summary>
    public NativeLibraryQuery Query => CudaNative.Query with { Variable = "ENGINE_NO_SUCH_VARIABLE", FileNames = [Path] };

    /// <summary>What the engine sees.</summary>
    public CudaNative Native { get; }

    /// <summary>Kernels launched since the last <see cref="Configure"/>.</summary>
    public int Launches => ((delegate* unmanaged<int>)Export("stub_launches"))();

    /// <summary>What lives in the driver: contexts, buffers, pinned memory, streams, events, modules.</summary>
    public int[] Live => [.. Enumerable.Range(0, 6).Select(kind => ((delegate* unmanaged<int, int>)Export("stub_live"))(kind))];

    /// <summary>The last launch: kernel, groups, group size and the eight bytes at every argument.</summary>
    public (string Kernel, int Groups, int GroupSize, ulong[] Arguments) LastLaunch => (
        Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)Export("stub_name"))())!,
        ((delegate* unmanaged<int>)Export("stub_grid"))(),
        ((delegate* unmanaged<int>)Export("stub_block"))(),
        [.. Enumerable.Range(0, ((delegate* unmanaged<int>)Export("stub_arguments"))()).Select(i => ((delegate* unmanaged<int, ulong>)Export("stub_value"))(i))]);

    /// <summary>Orders faults; see the stub's source for the words.</summary>
    public void Configure(string words)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(words + '\0')) ((delegate* unmanaged<byte*, void>)Export("stub_configure"))(text);
    }

    /// <summary>Opens one of its GPUs.</summary>
    public CudaDevice Open(int number = 0, long budget = 0, NvrtcCompiler? compiler = null) => CudaDevice.Open(Native, CudaDevices.List(Native)[number], budget, compiler);

    public void Dispose() => _folder.Dispose();

    private nint Export(string name) => NativeLibrary.GetExport(NativeLibrary.Load(Path), name);
}
