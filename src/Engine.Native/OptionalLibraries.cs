using Engine.Native.Cuda;
using Engine.Native.DuckDb;
using Engine.Native.Faiss;
using Engine.Native.OnnxRuntime;
using Engine.Native.OpenCl;
using Engine.Native.Zstd;

namespace Engine.Native;

/// <summary>A library that the engine runs without, and what it gives.</summary>
/// <param name="Query">Where it is looked for.</param>
/// <param name="Gives">What can be done with it and not without it.</param>
/// <param name="Load">Loads it and tells where it came from, and its version where it says one.</param>
internal sealed record OptionalLibrary(NativeLibraryQuery Query, string Gives, Func<(LoadedLibrary Library, string? Version)> Load);

/// <summary>Every optional library. One that is new is one more row.</summary>
internal static class OptionalLibraries
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<OptionalLibrary> All { get; } =
    [
        new(ZstdNative.Query, "reads records in .jsonl.zst", static () => (ZstdNative.Instance.Library, null)),
        new(DuckDbNative.Query, "reads records, embeddings and scores in .parquet", static () => (DuckDbNative.Instance.Library, DuckDbNative.Instance.Version)),
        new(OrtLibrary.Query, "runs ONNX models: embed with hidden states of a language model", static () =>
        {
            OrtLibrary ort = OrtLibrary.Instance;
            return (ort.Library, $"{ort.Version}; providers {string.Join(", ", ort.Providers())}");
        }),
        new(FaissNative.Query, "searches approximately, with measured recall: \"search\": \"faiss\", engine index", static () => (FaissNative.Instance.Library, FaissNative.Instance.Description)),
        new(CudaNative.Query, "runs kernels on NVIDIA GPUs: --device cuda", static () =>
        {
            CudaNative cuda = CudaNative.Load(CudaNative.Query);
            return (cuda.Library, cuda.VersionText);
        }),
        new(NvrtcNative.Query, "compiles kernels for the very GPU, instead of the PTX that the engine carries and the driver translates", static () =>
        {
            NvrtcNative nvrtc = NvrtcNative.Load(NvrtcNative.Query);
            return (nvrtc.Library, nvrtc.Version);
        }),
        new(OpenClNative.Query, "runs kernels on whatever has an OpenCL driver: --device opencl", static () => (OpenClNative.Instance.Library, null)),
    ];
}
