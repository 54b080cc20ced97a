using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>Compiles the kernel sources for one chip, and keeps what comes of it in the user's cache folder.</summary>
internal sealed class NvrtcCompiler
{
    private readonly NvrtcNative _nvrtc;
    private readonly CubinCache _cache;
    private readonly string[] _options;
    private readonly string _driver;
    private readonly int _capability;

    private NvrtcCompiler(NvrtcNative nvrtc, CubinCache cache, int capability, string driver)
    {
        (_nvrtc, _cache, _capability, _driver) = (nvrtc, cache, capability, driver);

        // The rest are NVRTC's defaults, written out because the bits depend on them.
        _options = [string.Create(CultureInfo.InvariantCulture, $"--gpu-architecture=sm_{capability}"), "--std=c++17", "-fmad=false", "-ftz=false", "-prec-div=true", "-prec-sqrt=true"];
    }

    /// <summary>A compiler for a chip, or null when the library does not know the chip.</summary>
    /// <param name="nvrtc">The library.</param>
    /// <param name="cache">Where cubins are kept.</param>
    /// <param name="capability">The chip's compute capability, such as 90 for 9.0.</param>
    /// <param name="driver">The driver's version, which a kept cubin belongs to.</param>
    public static NvrtcCompiler? For(NvrtcNative nvrtc, CubinCache cache, int capability, string driver) =>
        nvrtc.Knows(capability) ? new NvrtcCompiler(nvrtc, cache, capability, driver) : null;

    /// <summary>The kernels of a source as machine code, or null when the library cannot make it: then the PTX in the assembly serves.</summary>
    /// <param name="file">The source in <c>kernels/</c>, without its extension.</param>
    /// <param name="refusal">Why it cannot, or null.</param>
    public CudaCode? Compile(string file, out string? refusal)
    {
        refusal = null;
        string source = KernelSources.Whole(file);
        string origin = string.Create(CultureInfo.InvariantCulture, $"{file}.sm_{_capability}.cubin by NVRTC {_nvrtc.Version}");
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', [.. _options, _nvrtc.Version, _driver, source]))));
        if (_cache.Find(key) is { } kept) return new CudaCode(origin, kept);
        try
        {
            using var program = new NvrtcProgram(_nvrtc, source, file + ".cu");
            byte[] cubin = program.Compile(_options);
            _cache.Keep(key, cubin);
            return new CudaCode(origin, cubin);
        }
        catch (NvrtcException refused)
        {
            refusal = $"{file}.cu: {refused.Message}";
            return null;
        }
    }
}
