using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>CUDA as a backend: GPUs of NVIDIA through their driver, with NVRTC where it is installed.</summary>
/// <param name="driver">Where the driver is looked for.</param>
/// <param name="compiler">Where NVRTC is looked for.</param>
/// <param name="cache">Where cubins are kept.</param>
internal sealed class CudaBackend(NativeLibraryQuery driver, NativeLibraryQuery compiler, CubinCache cache) : DeviceBackend
{
    private readonly Lazy<CudaNative> _cuda = new(() => CudaNative.Load(driver), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The backend of this machine.</summary>
    public CudaBackend()
        : this(CudaNative.Query, NvrtcNative.Query, CubinCache.OfUser())
    {
    }

    /// <inheritdoc/>
    public override string Name => CudaDevices.Backend;

    /// <inheritdoc/>
    public override NativeLibraryQuery Library => driver;

    /// <inheritdoc/>
    public override IReadOnlyList<DeviceFacts> List() => CudaDevices.List(_cuda.Value);

    /// <inheritdoc/>
    public override ComputeDevice Open(DeviceFacts device, long budget) =>
        CudaDevice.Open(_cuda.Value, device, budget, Compiler(CudaDevices.Capability(_cuda.Value, device.Number)));

    private NvrtcCompiler? Compiler(int capability)
    {
        try
        {
            return NvrtcCompiler.For(NvrtcNative.Load(compiler), cache, capability, _cuda.Value.VersionText);
        }
        catch (NativeLibraryMissingException)
        {
            // It is optional: the PTX in the assembly serves.
            return null;
        }
    }
}
