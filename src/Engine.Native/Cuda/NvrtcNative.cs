using System.Globalization;
using System.Runtime.InteropServices;

namespace Engine.Native.Cuda;

/// <summary>The functions of NVRTC (11.2 or later), the compiler from CUDA C to machine code, under their own names.</summary>
/// <remarks>Source: nvrtc.h. It is no part of the driver, and optional.</remarks>
internal sealed unsafe class NvrtcNative
{
    /// <summary>NVRTC_SUCCESS.</summary>
    internal const int NVRTC_SUCCESS = 0;

    internal readonly delegate* unmanaged<int*, int*, int> nvrtcVersion;
    internal readonly delegate* unmanaged<int, byte*> nvrtcGetErrorString;
    internal readonly delegate* unmanaged<int*, int> nvrtcGetNumSupportedArchs;
    internal readonly delegate* unmanaged<int*, int> nvrtcGetSupportedArchs;
    internal readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int> nvrtcCreateProgram;
    internal readonly delegate* unmanaged<nint*, int> nvrtcDestroyProgram;
    internal readonly delegate* unmanaged<nint, int, byte**, int> nvrtcCompileProgram;
    internal readonly delegate* unmanaged<nint, nuint*, int> nvrtcGetProgramLogSize;
    internal readonly delegate* unmanaged<nint, byte*, int> nvrtcGetProgramLog;
    internal readonly delegate* unmanaged<nint, nuint*, int> nvrtcGetCUBINSize;
    internal readonly delegate* unmanaged<nint, byte*, int> nvrtcGetCUBIN;

    private NvrtcNative(LoadedLibrary library)
    {
        Library = library;
        nvrtcVersion = (delegate* unmanaged<int*, int*, int>)library.Export("nvrtcVersion");
        nvrtcGetErrorString = (delegate* unmanaged<int, byte*>)library.Export("nvrtcGetErrorString");
        nvrtcGetNumSupportedArchs = (delegate* unmanaged<int*, int>)library.Export("nvrtcGetNumSupportedArchs");
        nvrtcGetSupportedArchs = (delegate* unmanaged<int*, int>)library.Export("nvrtcGetSupportedArchs");
        nvrtcCreateProgram = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)library.Export("nvrtcCreateProgram");
        nvrtcDestroyProgram = (delegate* unmanaged<nint*, int>)library.Export("nvrtcDestroyProgram");
        nvrtcCompileProgram = (delegate* unmanaged<nint, int, byte**, int>)library.Export("nvrtcCompileProgram");
        nvrtcGetProgramLogSize = (delegate* unmanaged<nint, nuint*, int>)library.Export("nvrtcGetProgramLogSize");
        nvrtcGetProgramLog = (delegate* unmanaged<nint, byte*, int>)library.Export("nvrtcGetProgramLog");
        nvrtcGetCUBINSize = (delegate* unmanaged<nint, nuint*, int>)library.Export("nvrtcGetCUBINSize");
        nvrtcGetCUBIN = (delegate* unmanaged<nint, byte*, int>)library.Export("nvrtcGetCUBIN");
        int major, minor;
        Version = nvrtcVersion(&major, &minor) == NVRTC_SUCCESS ? string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}") : "unknown";
    }

    /// <summary>Where it is looked for. pip and conda put it where no loader looks, so their users name it.</summary>
    public static NativeLibraryQuery Query => new(
        "libnvrtc", "ENGINE_LIBNVRTC", ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"],
        ["nvrtcVersion", "nvrtcCompileProgram", "nvrtcGetCUBIN", "nvrtcGetSupportedArchs"],
        "pip install nvidia-cuda-nvrtc-cu12, then set ENGINE_LIBNVRTC to the libnvrtc.so.12 in its nvidia/cuda_nvrtc/lib (or install NVIDIA's CUDA toolkit)")
    { Folders = Folders() };

    /// <summary>Where it came from.</summary>
    public LoadedLibrary Library { get; }

    /// <summary>Its version as it says, such as <c>12.4</c>.</summary>
    public string Version { get; }

    /// <summary>Loads it.</summary>
    /// <exception cref="NativeLibraryMissingException">It is not there.</exception>
    public static NvrtcNative Load(NativeLibraryQuery query) => new(NativeLibraries.Load(query));

    /// <summary>Whether it makes machine code for a compute capability.</summary>
    public bool Knows(int capability)
    {
        int count;
        if (nvrtcGetNumSupportedArchs(&count) != NVRTC_SUCCESS || count <= 0) return false;
        int[] known = new int[count];

        // The library fills as many numbers as it has just said.
        fixed (int* at = known) return nvrtcGetSupportedArchs(at) == NVRTC_SUCCESS && known.Contains(capability);
    }

    /// <summary>The library's name for an error.</summary>
    public string Describe(int status) => Marshal.PtrToStringUTF8((nint)nvrtcGetErrorString(status)) ?? string.Create(CultureInfo.InvariantCulture, $"NVRTC error {status}");

    private static List<string> Folders()
    {
        List<string> folders = ["/usr/local/cuda/lib64"];
        if (Environment.GetEnvironmentVariable("CUDA_HOME") is { Length: > 0 } home) folders.Insert(0, Path.Combine(home, "lib64"));
        return folders;
    }
}
