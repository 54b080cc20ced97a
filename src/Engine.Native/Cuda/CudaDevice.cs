using System.Text;
using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>A GPU behind the CUDA driver.</summary>
/// <remarks>
/// Kernels come from NVRTC for the very chip where it is installed, and otherwise from the PTX that the assembly carries, which the driver compiles and keeps in a cache
/// of its own. Both are made without fused multiply-adds, so that the same source gives the same bits.
/// </remarks>
internal sealed class CudaDevice : ComputeDevice
{
    private readonly CudaContext _context;
    private readonly NvrtcCompiler? _compiler;
    private readonly CudaQueue _work;
    private readonly CudaQueue _copies;
    private readonly Dictionary<string, CudaModule> _modules = [];

    private CudaDevice(CudaContext context, CudaQueue work, CudaQueue copies, DeviceFacts facts, long budget, NvrtcCompiler? compiler)
        : base(facts, budget)
    {
        (_context, _work, _copies, _compiler) = (context, work, copies, compiler);
    }

    /// <inheritdoc/>
    public override bool HasTensorCores => true;

    /// <inheritdoc/>
    public override DeviceQueue Work => _work;

    /// <inheritdoc/>
    public override DeviceQueue Copies => _copies;

    /// <summary>Opens a GPU.</summary>
    /// <param name="cuda">The driver.</param>
    /// <param name="facts">The GPU, as <see cref="CudaDevices.List"/> gives it.</param>
    /// <param name="budget">Most bytes that buffers may have together; 0 for nine tenths of what is free now.</param>
    /// <param name="compiler">NVRTC, or null to use the PTX in the assembly.</param>
    /// <exception cref="DeviceException">It lacks something, or the driver refuses.</exception>
    public static CudaDevice Open(CudaNative cuda, DeviceFacts facts, long budget, NvrtcCompiler? compiler)
    {
        if (facts.Lacks is { } lacks) throw new DeviceException(DeviceFault.Unsuitable, $"{facts} cannot be used: {lacks}. Use --device cpu.");
        var context = new CudaContext(cuda, facts);
        CudaQueue? work = null;
        try
        {
            work = new CudaQueue(context);
            return new CudaDevice(context, work, new CudaQueue(context), facts, budget == 0 ? Free(context) / 10 * 9 : budget, compiler);
        }
        catch
        {
            work?.Dispose();
            context.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override PinnedMemory Pin(long bytes) => new CudaPinnedMemory(_context, Math.Max(1, bytes));

    /// <inheritdoc/>
    public override void Dispose()
    {
        _work.Dispose();
        _copies.Dispose();
        foreach (CudaModule module in _modules.Values) module.Dispose();
        _modules.Clear();
        _context.Dispose();
    }

    /// <inheritdoc/>
    protected override DeviceBuffer Take(long bytes) => new CudaBuffer(_context, bytes);

    /// <inheritdoc/>
    protected override DeviceKernel Build(string file, string kernel)
    {
        if (!_modules.TryGetValue(file, out CudaModule? module)) _modules.Add(file, module = Load(file));
        return module.Kernel(kernel);
    }

    private CudaModule Load(string file)
    {
        string? refusal = null;
        if (_compiler?.Compile(file, out refusal) is { } cubin)
        {
            try
            {
                return new CudaModule(_context, cubin);
            }
            catch (DeviceException refused) when (refused.Fault == DeviceFault.Build)
            {
                // An NVRTC that is newer than the driver makes cubins that the driver does not know; the PTX is older than both.
                refusal = refused.Message;
            }
        }

        string name = $"{file}.sm_{CudaDevices.Oldest}.ptx";
        string ptx = KernelSources.Text($"ptx/{name}") ?? throw new InvalidOperationException($"The assembly carries no {name}; kernels/ptx/build.sh makes it.");
        try
        {
            return new CudaModule(_context, new CudaCode(name, Encoding.UTF8.GetBytes(ptx + '\0')));
        }
        catch (DeviceException refused) when (refused.Fault == DeviceFault.Build && refusal is not null)
        {
            throw new DeviceException(DeviceFault.Build, $"{refused.Message} Before that, {refusal}", refused);
        }
    }

    private static unsafe long Free(CudaContext context)
    {
        CudaNative cuda = context.Enter();
        nuint free, total;
        context.Check(cuda.cuMemGetInfo_v2(&free, &total), nameof(cuda.cuMemGetInfo_v2));
        return (long)free;
    }
}
