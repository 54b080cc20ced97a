using System.Text;

namespace Engine.Native.OnnxRuntime;

/// <summary>A session's inputs and outputs tied to memory, for calls one after the other on one thread.</summary>
/// <remarks>Outputs that are asked for by name alone lie in the processor's memory, wherever the model ran: the library makes them and hands them over without a copy.</remarks>
internal sealed unsafe class OnnxBinding : IDisposable
{
    private readonly OrtSessionHandle _session;
    private readonly OrtIoBindingHandle _binding;
    private readonly OrtNative _native;
    private readonly List<string> _outputs = [];

    /// <summary>Ties nothing yet.</summary>
    public OnnxBinding(OrtSessionHandle session)
    {
        _session = session;
        _binding = new OrtIoBindingHandle(session);
        _native = session.Library.Native;
    }

    /// <summary>Ties an input to a tensor, which lives until the next call with another one is over.</summary>
    public void Input(string name, OnnxTensor tensor)
    {
        fixed (byte* at = Terminated(name)) _native.Check(_native.BindInput(_binding.DangerousGetHandle(), at, tensor.Value.DangerousGetHandle()));
    }

    /// <summary>Ties an output to memory of the caller: a tensor of the very shape and type the model will give.</summary>
    public void Output(string name, OnnxTensor tensor)
    {
        fixed (byte* at = Terminated(name)) _native.Check(_native.BindOutput(_binding.DangerousGetHandle(), at, tensor.Value.DangerousGetHandle()));
        if (!_outputs.Contains(name)) _outputs.Add(name);
    }

    /// <summary>Asks for an output in the processor's memory.</summary>
    public void Output(string name)
    {
        fixed (byte* at = Terminated(name)) _native.Check(_native.BindOutputToDevice(_binding.DangerousGetHandle(), at, _session.Library.Cpu.DangerousGetHandle()));
        if (!_outputs.Contains(name)) _outputs.Add(name);
    }

    /// <summary>Runs the model.</summary>
    /// <param name="stop">Ends the call from elsewhere; null when nobody does.</param>
    /// <exception cref="OrtException">The library cannot, or the call was ended.</exception>
    public void Run(OnnxStop? stop = null) =>
        _native.Check(_native.RunWithBinding(_session.DangerousGetHandle(), stop?.Options.DangerousGetHandle() ?? 0, _binding.DangerousGetHandle()));

    /// <summary>The outputs of the last call in the order they were asked for, to be disposed.</summary>
    public OnnxTensor[] Outputs()
    {
        nint allocator;
        nint* made;
        nuint count;
        _native.Check(_native.GetAllocatorWithDefaultOptions(&allocator));
        _native.Check(_native.GetBoundOutputValues(_binding.DangerousGetHandle(), allocator, &made, &count));
        var tensors = new OnnxTensor[checked((int)count)];
        int taken = 0;
        try
        {
            // Each value is a reference of its own; the array that led to them is freed below.
            for (; taken < tensors.Length; taken++) tensors[taken] = OnnxTensor.Take(_session, made[taken], _outputs[taken]);
            return tensors;
        }
        catch
        {
            foreach (OnnxTensor tensor in tensors.AsSpan(0, taken)) tensor.Dispose();
            for (int i = taken + 1; i < tensors.Length; i++) _native.ReleaseValue(made[i]);
            throw;
        }
        finally
        {
            if (count > 0) _native.Check(_native.AllocatorFree(allocator, made));
        }
    }

    /// <summary>Unties everything; memory that the library made goes back to it with the tensors.</summary>
    public void Clear()
    {
        _native.ClearBoundInputs(_binding.DangerousGetHandle());
        _native.ClearBoundOutputs(_binding.DangerousGetHandle());
        _outputs.Clear();
    }

    /// <summary>Ends it.</summary>
    public void Dispose() => _binding.Dispose();

    private static byte[] Terminated(string name) => [.. Encoding.UTF8.GetBytes(name), 0];
}
