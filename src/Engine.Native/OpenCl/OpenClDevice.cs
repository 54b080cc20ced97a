using System.Runtime.InteropServices;
using System.Text;
using Engine.Native.Devices;

namespace Engine.Native.OpenCl;

/// <summary>A device behind OpenCL 1.2. Kernels are built from source by its driver, a file at a time.</summary>
internal sealed unsafe class OpenClDevice : ComputeDevice
{
    // Contraction is off in the source already; this says so to drivers that look at options only.
    private const string Options = "-cl-std=CL1.2";

    private readonly nint _device;
    private readonly OpenClContextHandle _context;
    private readonly OpenClQueue _work;
    private readonly OpenClQueue _copies;
    private readonly Dictionary<string, OpenClProgramHandle> _programs = [];
    private readonly List<OpenClKernelHandle> _kernels = [];

    /// <summary>Makes a context and its queues.</summary>
    /// <exception cref="DeviceException">The driver refuses.</exception>
    public OpenClDevice(nint platform, nint device, DeviceFacts facts, long budget)
        : base(facts, budget)
    {
        _device = device;
        int status;
        nint* properties = stackalloc nint[] { OpenClNative.CL_CONTEXT_PLATFORM, platform, 0 };
        nint context = Cl.clCreateContext(properties, 1, &device, 0, 0, &status);
        OpenClStatus.Check(status, nameof(Cl.clCreateContext), facts.ToString());
        _context = new OpenClContextHandle(context);
        _work = Queue();
        _copies = Queue();
    }

    /// <inheritdoc/>
    public override DeviceQueue Work => _work;

    /// <inheritdoc/>
    public override DeviceQueue Copies => _copies;

    private static OpenClNative Cl => OpenClNative.Instance;

    /// <inheritdoc/>
    public override PinnedMemory Pin(long bytes) => new OpenClPinnedMemory(bytes);

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (OpenClKernelHandle kernel in _kernels) kernel.Dispose();
        foreach (OpenClProgramHandle program in _programs.Values) program.Dispose();
        _work.Dispose();
        _copies.Dispose();
        _context.Dispose();
    }

    /// <inheritdoc/>
    protected override DeviceBuffer Take(long bytes)
    {
        int status;
        nint memory = Cl.clCreateBuffer(_context.DangerousGetHandle(), OpenClNative.CL_MEM_READ_WRITE, (nuint)bytes, null, &status);
        OpenClStatus.Check(status, $"{nameof(Cl.clCreateBuffer)}({bytes} bytes)", Facts.ToString());
        return new OpenClBuffer(memory, bytes);
    }

    /// <inheritdoc/>
    protected override DeviceKernel Build(string file, string kernel)
    {
        if (!_programs.TryGetValue(file, out OpenClProgramHandle? program)) _programs.Add(file, program = Compile(file, KernelSources.Whole(file)));
        int status;
        fixed (byte* name = Encoding.UTF8.GetBytes(kernel + '\0'))
        {
            nint made = Cl.clCreateKernel(program.DangerousGetHandle(), name, &status);
            OpenClStatus.Check(status, $"{nameof(Cl.clCreateKernel)}({kernel})", Facts.ToString());
            OpenClKernelHandle handle = new(made);
            _kernels.Add(handle);
            return new OpenClKernel(kernel, handle);
        }
    }

    /// <summary>Builds one source.</summary>
    /// <exception cref="DeviceException">The driver's compiler refuses it; the message holds what it said.</exception>
    internal OpenClProgramHandle Compile(string file, string source)
    {
        byte[] text = Encoding.UTF8.GetBytes(source);
        int status;
        OpenClProgramHandle program;
        fixed (byte* at = text)
        {
            byte* start = at;
            nuint length = (nuint)text.Length;
            nint made = Cl.clCreateProgramWithSource(_context.DangerousGetHandle(), 1, &start, &length, &status);
            OpenClStatus.Check(status, nameof(Cl.clCreateProgramWithSource), Facts.ToString());
            program = new OpenClProgramHandle(made);
        }

        nint device = _device;
        fixed (byte* options = Encoding.UTF8.GetBytes(Options + '\0'))
            status = Cl.clBuildProgram(program.DangerousGetHandle(), 1, &device, options, 0, 0);
        if (status == OpenClNative.CL_SUCCESS) return program;
        string log = Log(program);
        program.Dispose();
        throw new DeviceException(DeviceFault.Build,
            $"{Facts}: the driver ({Facts.Driver}) cannot build kernels/{file}.cu: {OpenClStatus.Name(status)}. Update the driver, or use --device cpu. It said: {log}");
    }

    private string Log(OpenClProgramHandle program)
    {
        nuint bytes = 0;
        if (Cl.clGetProgramBuildInfo(program.DangerousGetHandle(), _device, OpenClNative.CL_PROGRAM_BUILD_LOG, 0, null, &bytes) != OpenClNative.CL_SUCCESS || bytes <= 1) return "nothing";
        byte[] log = new byte[bytes];
        fixed (byte* to = log)
        {
            _ = Cl.clGetProgramBuildInfo(program.DangerousGetHandle(), _device, OpenClNative.CL_PROGRAM_BUILD_LOG, bytes, to, null);
            return Marshal.PtrToStringUTF8((nint)to)?.Trim() ?? "nothing";
        }
    }

    private OpenClQueue Queue()
    {
        int status;
        nint queue = Cl.clCreateCommandQueue(_context.DangerousGetHandle(), _device, 0, &status);
        OpenClStatus.Check(status, nameof(Cl.clCreateCommandQueue), Facts.ToString());
        return new OpenClQueue(new OpenClQueueHandle(queue), Facts.ToString());
    }
}
