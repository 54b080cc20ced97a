using System.Text;
using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>Kernels that the driver has loaded, from PTX, which it compiles, or from a cubin.</summary>
internal sealed unsafe class CudaModule : CudaHandle
{
    private const int LogBytes = 1 << 14;
    private readonly CudaCode _code;

    /// <summary>Loads them.</summary>
    /// <exception cref="DeviceException">The driver cannot; the message holds what its compiler said.</exception>
    public CudaModule(CudaContext context, CudaCode code)
        : base(context)
    {
        _code = code;
        CudaNative cuda = context.Enter();
        byte[] log = new byte[LogBytes];
        nint module;
        CUresult status;

        // The driver writes to the log during the call only, and no more than the size it is told; the image ends with a zero, as the driver expects of PTX.
        fixed (byte* words = log, image = code.Image)
        {
            int* options = stackalloc int[2] { CudaNative.CU_JIT_ERROR_LOG_BUFFER, CudaNative.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES };
            void** values = stackalloc void*[2] { words, (void*)LogBytes };
            status = cuda.cuModuleLoadDataEx(&module, image, 2, options, values);
        }

        Check(status, nameof(cuda.cuModuleLoadDataEx), log);
        Take(module);
    }

    /// <summary>A kernel of it.</summary>
    /// <exception cref="DeviceException">It has none of that name.</exception>
    public CudaKernel Kernel(string name)
    {
        CudaNative cuda = Context.Enter();
        nint function;
        CUresult status;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0')) status = cuda.cuModuleGetFunction(&function, handle, text);
        Check(status, $"{nameof(cuda.cuModuleGetFunction)}({name})", []);
        return new CudaKernel(name, function);
    }

    /// <inheritdoc/>
    protected override CUresult Free(CudaNative cuda) => cuda.cuModuleUnload(handle);

    private void Check(CUresult status, string function, ReadOnlySpan<byte> log)
    {
        if (status == CUresult.CUDA_SUCCESS) return;
        int end = log.IndexOf((byte)0);
        string words = Encoding.UTF8.GetString(end < 0 ? log : log[..end]).Trim();
        Context.Check(status, words.Length == 0 ? $"{function} of {_code.Origin}" : $"{function} of {_code.Origin} (\"{words.ReplaceLineEndings(" ")}\")");
    }
}

/// <summary>Kernel code for a driver.</summary>
/// <param name="Origin">Where it comes from, such as <c>pool.sm_80.ptx</c>.</param>
/// <param name="Image">PTX with a zero behind it, or a cubin.</param>
internal sealed record CudaCode(string Origin, byte[] Image);

/// <summary>A kernel of a module, which keeps it.</summary>
/// <param name="name">Its name in the source.</param>
/// <param name="function">The driver's own handle.</param>
internal sealed class CudaKernel(string name, nint function) : DeviceKernel(name)
{
    /// <summary>The driver's own handle.</summary>
    public nint Function => function;
}
