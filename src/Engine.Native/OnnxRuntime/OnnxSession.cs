using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Engine.Native.OnnxRuntime;

/// <summary>How far the library rewrites a model before it runs: GraphOptimizationLevel.</summary>
internal enum OnnxOptimization
{
    None = 0,
    Basic = 1,
    Extended = 2,
    All = 99,
}

/// <summary>How a session runs.</summary>
internal sealed record OnnxSessionOptions
{
    /// <summary>
    /// Threads within one call. With one, a result does not depend on how work is shared: callers who want more processors call
    /// <see cref="OnnxSession.Run"/> from several threads at once.
    /// </summary>
    public int Threads { get; init; } = 1;

    /// <summary>How far the model is rewritten.</summary>
    public OnnxOptimization Optimization { get; init; } = OnnxOptimization.All;

    /// <summary>The NVIDIA GPU to run on, from 0; null for the processor.</summary>
    public int? CudaDevice { get; init; }
}

/// <summary>A model, ready to run. Safe to run from several threads at once.</summary>
internal sealed unsafe class OnnxSession : IDisposable
{
    private readonly OrtSessionHandle _session;

    private OnnxSession(OrtLibrary library, OrtSessionHandle session)
    {
        (Library, _session) = (library, session);
        OrtNative native = library.Native;
        nuint inputs, outputs;
        native.Check(native.SessionGetInputCount(session.DangerousGetHandle(), &inputs));
        native.Check(native.SessionGetOutputCount(session.DangerousGetHandle(), &outputs));
        Inputs = [.. Enumerable.Range(0, checked((int)inputs)).Select(i => Describe(i, native.SessionGetInputName, native.SessionGetInputTypeInfo))];
        Outputs = [.. Enumerable.Range(0, checked((int)outputs)).Select(i => Describe(i, native.SessionGetOutputName, native.SessionGetOutputTypeInfo))];
    }

    /// <summary>The library.</summary>
    public OrtLibrary Library { get; }

    /// <summary>What the model takes, in its order.</summary>
    public IReadOnlyList<OnnxValueInfo> Inputs { get; }

    /// <summary>What the model gives, in its order.</summary>
    public IReadOnlyList<OnnxValueInfo> Outputs { get; }

    /// <summary>Opens a model file. Weights that lie in files of their own are found beside it.</summary>
    /// <param name="library">The library.</param>
    /// <param name="path">Full path.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="OrtException">The library refuses the model.</exception>
    /// <exception cref="OrtProviderException">The GPU cannot be used.</exception>
    public static OnnxSession Open(OrtLibrary library, string path, OnnxSessionOptions options)
    {
        if (!Path.IsPathFullyQualified(path)) throw new ArgumentException($"'{path}' is no full path.", nameof(path));
        byte[] name = [.. Encoding.UTF8.GetBytes(path), 0];
        return Open(library, options, settings =>
        {
            nint session;

            // The name is pinned for the call and ends with a zero.
            fixed (byte* at = name) library.Native.Check(library.Native.CreateSession(library.Env.DangerousGetHandle(), at, settings, &session));
            return session;
        });
    }

    /// <summary>Opens a model in memory, which the library copies.</summary>
    /// <inheritdoc cref="Open(OrtLibrary, string, OnnxSessionOptions)"/>
    public static OnnxSession Open(OrtLibrary library, ReadOnlyMemory<byte> model, OnnxSessionOptions options) => Open(library, options, settings =>
    {
        nint session;

        // The model is pinned for the call, and the library stays within its length.
        fixed (byte* at = model.Span)
            library.Native.Check(library.Native.CreateSessionFromArray(library.Env.DangerousGetHandle(), at, (nuint)model.Length, settings, &session));
        return session;
    });

    /// <summary>Runs the model once.</summary>
    /// <param name="inputs">Tensors by the names of inputs.</param>
    /// <param name="outputs">Names of the outputs wanted; what only others need is not computed.</param>
    /// <param name="stop">Ends the call from elsewhere; null when nobody does.</param>
    /// <returns>The outputs in the order asked for, to be disposed.</returns>
    /// <exception cref="OrtException">The library cannot.</exception>
    public OnnxTensor[] Run(IReadOnlyList<KeyValuePair<string, OnnxTensor>> inputs, IReadOnlyList<string> outputs, OnnxStop? stop = null)
    {
        using var given = new OrtNames(inputs.Select(input => input.Key));
        using var wanted = new OrtNames(outputs);
        nint[] values = [.. inputs.Select(input => input.Value.Value.DangerousGetHandle())];
        nint[] made = new nint[outputs.Count];
        bool held = false;
        _session.DangerousAddRef(ref held);
        try
        {
            // Names and values are as many as their counts say; the tensors are alive below.
            fixed (nint* from = values, to = made)
            {
                Library.Native.Check(Library.Native.Run(
                    _session.DangerousGetHandle(), stop?.Options.DangerousGetHandle() ?? 0, given.Pointer, from, (nuint)values.Length, wanted.Pointer, (nuint)made.Length, to));
            }

            GC.KeepAlive(inputs);
            return Take(made, outputs);
        }
        finally
        {
            _session.DangerousRelease();
        }
    }

    /// <summary>A way to run it again and again with inputs and outputs tied to memory. Each thread has its own.</summary>
    public OnnxBinding Bind() => new(_session);

    /// <summary>Frees the model, once nothing it made is used any more.</summary>
    public void Dispose() => _session.Dispose();

    private OnnxTensor[] Take(nint[] made, IReadOnlyList<string> names)
    {
        var tensors = new OnnxTensor[made.Length];
        int taken = 0;
        try
        {
            for (; taken < made.Length; taken++) tensors[taken] = OnnxTensor.Take(_session, made[taken], names[taken]);
            return tensors;
        }
        catch
        {
            // The one that was refused is released already.
            foreach (OnnxTensor tensor in tensors.AsSpan(0, taken)) tensor.Dispose();
            foreach (nint value in made.AsSpan(taken + 1)) Library.Native.ReleaseValue(value);
            throw;
        }
    }

    private static OnnxSession Open(OrtLibrary library, OnnxSessionOptions options, Func<nint, nint> create)
    {
        OrtNative native = library.Native;
        using var settings = new OrtSessionOptionsHandle(library);
        nint address = settings.DangerousGetHandle();
        native.Check(native.SetSessionExecutionMode(address, OrtNative.ORT_SEQUENTIAL));
        native.Check(native.SetIntraOpNumThreads(address, options.Threads));
        native.Check(native.SetInterOpNumThreads(address, 1));
        native.Check(native.SetSessionGraphOptimizationLevel(address, (int)options.Optimization));
        native.Check(native.SetSessionLogSeverityLevel(address, OrtNative.ORT_LOGGING_LEVEL_FATAL));

        // A plan of memory is kept for every shape that is met, and there are thousands.
        native.Check(native.DisableMemPattern(address));
        try
        {
            if (options.CudaDevice is { } device) AppendCuda(library, address, device);
            var session = new OrtSessionHandle(library.Env, create(address));
            try
            {
                return new OnnxSession(library, session);
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (OrtException refused) when (options.CudaDevice is not null && refused.Words.Contains("CUDA", StringComparison.OrdinalIgnoreCase))
        {
            throw new OrtProviderException("CUDA", library, refused);
        }
    }

    private static void AppendCuda(OrtLibrary library, nint settings, int device)
    {
        // Multiplying in TF32 keeps 10 bits of 23. Libraries before 1.17 have no such setting, and no TF32 unless they are told.
        bool knowsTf32 = System.Version.TryParse(library.Version.Split('-', '+')[0], out Version? version) && version >= new Version(1, 17);
        using var keys = new OrtNames(knowsTf32 ? ["device_id", "use_tf32"] : ["device_id"]);
        using var values = new OrtNames(knowsTf32 ? [device.ToString(CultureInfo.InvariantCulture), "0"] : [device.ToString(CultureInfo.InvariantCulture)]);
        OrtNative native = library.Native;
        try
        {
            // The first of these already needs the provider's own library, where that is a file beside the library.
            using var options = new OrtCudaOptionsHandle(library);
            native.Check(native.UpdateCUDAProviderOptions(options.DangerousGetHandle(), keys.Pointer, values.Pointer, (nuint)keys.Count));
            native.Check(native.SessionOptionsAppendExecutionProvider_CUDA_V2(settings, options.DangerousGetHandle()));
        }
        catch (OrtException refused)
        {
            throw new OrtProviderException("CUDA", library, refused);
        }
    }

    private OnnxValueInfo Describe(
        int index, delegate* unmanaged<nint, nuint, nint, byte**, nint> nameOf, delegate* unmanaged<nint, nuint, nint*, nint> typeOf)
    {
        OrtNative native = Library.Native;
        nint allocator, type;
        byte* text;
        native.Check(native.GetAllocatorWithDefaultOptions(&allocator));
        native.Check(nameOf(_session.DangerousGetHandle(), (nuint)index, allocator, &text));
        string name = Marshal.PtrToStringUTF8((nint)text) ?? "";
        native.Check(native.AllocatorFree(allocator, text));
        native.Check(typeOf(_session.DangerousGetHandle(), (nuint)index, &type));
        return OnnxShapes.Describe(native, name, type);
    }
}

/// <summary>A GPU was asked for and the library cannot use it.</summary>
/// <param name="provider">Such as <c>CUDA</c>.</param>
/// <param name="library">The library.</param>
/// <param name="refused">What it said.</param>
internal sealed class OrtProviderException(string provider, OrtLibrary library, OrtException refused)
    : Exception($"ONNX Runtime {library.Version} ({library.Library.Path}) cannot run models on {provider}: {refused.Words}", refused);
