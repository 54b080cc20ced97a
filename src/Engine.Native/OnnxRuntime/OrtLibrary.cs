using System.Runtime.InteropServices;

namespace Engine.Native.OnnxRuntime;

/// <summary>ONNX Runtime, found and opened once for the process.</summary>
internal sealed unsafe class OrtLibrary
{
    private const string Install =
        "pip install onnxruntime (onnxruntime-gpu for NVIDIA GPUs), or npm install --ignore-scripts --prefix ~/.local/share/engine onnxruntime-node";

    /// <summary>Where it is looked for. The providers for GPUs are looked up by the library itself, in the folder it was loaded from.</summary>
    public static NativeLibraryQuery Query { get; } = new(
        "libonnxruntime", "ENGINE_LIBONNXRUNTIME", ["libonnxruntime.so.1", "libonnxruntime.so", "libonnxruntime.so.1.*"], ["OrtGetApiBase"], Install)
    {
        Packages =
        [
            $"onnxruntime-node/bin/napi-v*/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux/arm64" : "linux/x64")}",
            $"sherpa-onnx-{NativeLibraries.RuntimeName()}",
        ],
        PythonPackages = ["onnxruntime/capi"],
    };

    // A failure is not kept: the user of a long-lived program may install the library and try again.
    private static readonly Lazy<OrtLibrary> Loaded = new(() => Load(Query), LazyThreadSafetyMode.PublicationOnly);

    private readonly Lazy<OrtEnvHandle> _env;
    private readonly Lazy<OrtMemoryInfoHandle> _cpu;

    private OrtLibrary(LoadedLibrary library, string version, nint* table)
    {
        (Library, Version, Native) = (library, version, new OrtNative(table));
        _env = new Lazy<OrtEnvHandle>(() => new OrtEnvHandle(this));
        _cpu = new Lazy<OrtMemoryInfoHandle>(() => new OrtMemoryInfoHandle(this));
    }

    /// <summary>The library, loaded when it is first asked for.</summary>
    /// <exception cref="NativeLibraryMissingException">It is not there, or too old.</exception>
    public static OrtLibrary Instance => Loaded.Value;

    /// <summary>Where it came from.</summary>
    public LoadedLibrary Library { get; }

    /// <summary>Its version as it says, such as <c>1.30.0</c>.</summary>
    public string Version { get; }

    /// <summary>Its functions.</summary>
    public OrtNative Native { get; }

    /// <summary>What all sessions share, made when it is first asked for.</summary>
    public OrtEnvHandle Env => _env.Value;

    /// <summary>The processor's memory.</summary>
    public OrtMemoryInfoHandle Cpu => _cpu.Value;

    /// <summary>Loads it.</summary>
    /// <param name="query">Where to look; <see cref="Query"/>, or another place in tests.</param>
    /// <exception cref="NativeLibraryMissingException">It is not there, or too old.</exception>
    public static OrtLibrary Load(NativeLibraryQuery query)
    {
        LoadedLibrary library = NativeLibraries.Load(query);
        var getBase = (delegate* unmanaged<OrtApiBase*>)library.Export("OrtGetApiBase");
        OrtApiBase* api = getBase();
        string version = Marshal.PtrToStringUTF8((nint)api->GetVersionString()) ?? "unknown";
        nint* table = api->GetApi(OrtNative.ORT_API_VERSION);
        if (table != null) return new OrtLibrary(library, version, table);
        throw new NativeLibraryMissingException(query.Name,
            [$"{library.Path} (it is ONNX Runtime {version}, expected 1.{OrtNative.ORT_API_VERSION} or later)"], query.Variable, query.Install);
    }

    /// <summary>The execution providers that the library was built with, best first, such as <c>CPUExecutionProvider</c>. One that is listed may still lack its own libraries.</summary>
    public IReadOnlyList<string> Providers()
    {
        byte** names;
        int count;
        Native.Check(Native.GetAvailableProviders(&names, &count));
        string[] providers = new string[count];
        for (int i = 0; i < count; i++) providers[i] = Marshal.PtrToStringUTF8((nint)names[i]) ?? "";
        Native.Check(Native.ReleaseAvailableProviders(names, count));
        return providers;
    }

    /// <summary>struct OrtApiBase.</summary>
    private struct OrtApiBase
    {
#pragma warning disable CS0649 // The library fills it.
        internal delegate* unmanaged<uint, nint*> GetApi;
        internal delegate* unmanaged<byte*> GetVersionString;
#pragma warning restore CS0649
    }
}
