using System.Runtime.InteropServices;
using System.Text;

namespace Engine.Native.Cuda;

/// <summary>A source that NVRTC compiles.</summary>
internal sealed unsafe class NvrtcProgram : SafeHandle
{
    private readonly NvrtcNative _nvrtc;

    /// <summary>Takes the source.</summary>
    /// <param name="nvrtc">The library.</param>
    /// <param name="source">CUDA C without includes.</param>
    /// <param name="name">Its name in messages.</param>
    /// <exception cref="NvrtcException">The library refuses it.</exception>
    public NvrtcProgram(NvrtcNative nvrtc, string source, string name)
        : base(0, ownsHandle: true)
    {
        _nvrtc = nvrtc;
        nint program;
        int status;
        fixed (byte* text = Encoding.UTF8.GetBytes(source + '\0'), called = Encoding.UTF8.GetBytes(name + '\0'))
            status = nvrtc.nvrtcCreateProgram(&program, text, called, 0, null, null);
        Check(status, nameof(nvrtc.nvrtcCreateProgram));
        SetHandle(program);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Compiles it to a cubin.</summary>
    /// <param name="options">As the command line of nvcc has them.</param>
    /// <exception cref="NvrtcException">The library cannot; the message holds what it said.</exception>
    public byte[] Compile(IReadOnlyList<string> options)
    {
        byte*[] texts = new byte*[options.Count];
        try
        {
            for (int i = 0; i < options.Count; i++) texts[i] = (byte*)Marshal.StringToCoTaskMemUTF8(options[i]);
            int status;
            fixed (byte** at = texts) status = _nvrtc.nvrtcCompileProgram(handle, options.Count, at);
            if (status != NvrtcNative.NVRTC_SUCCESS) throw new NvrtcException($"nvrtcCompileProgram failed with {_nvrtc.Describe(status)}: {Log()}");
        }
        finally
        {
            foreach (byte* text in texts) Marshal.FreeCoTaskMem((nint)text);
        }

        nuint bytes;
        Check(_nvrtc.nvrtcGetCUBINSize(handle, &bytes), nameof(_nvrtc.nvrtcGetCUBINSize));
        byte[] cubin = new byte[checked((int)bytes)];

        // The library fills as many bytes as it has just said.
        fixed (byte* at = cubin) Check(_nvrtc.nvrtcGetCUBIN(handle, at), nameof(_nvrtc.nvrtcGetCUBIN));
        return cubin;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        nint program = handle;
        return _nvrtc.nvrtcDestroyProgram(&program) == NvrtcNative.NVRTC_SUCCESS;
    }

    private string Log()
    {
        nuint bytes;
        if (_nvrtc.nvrtcGetProgramLogSize(handle, &bytes) != NvrtcNative.NVRTC_SUCCESS || bytes <= 1) return "no reason given";
        byte[] log = new byte[checked((int)bytes)];
        fixed (byte* at = log) Check(_nvrtc.nvrtcGetProgramLog(handle, at), nameof(_nvrtc.nvrtcGetProgramLog));
        return Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
    }

    private void Check(int status, string function)
    {
        if (status != NvrtcNative.NVRTC_SUCCESS) throw new NvrtcException($"{function} failed with {_nvrtc.Describe(status)}");
    }
}

/// <summary>NVRTC refused.</summary>
/// <param name="message">The function and the library's own words.</param>
internal sealed class NvrtcException(string message) : Exception(message);
