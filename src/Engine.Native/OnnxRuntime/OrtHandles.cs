using System.Runtime.InteropServices;

namespace Engine.Native.OnnxRuntime;

/// <summary>An object of the library; it holds the object open that it was made from.</summary>
/// <param name="library">The library.</param>
/// <param name="owner">What it was made from, or null.</param>
internal abstract class OrtHandle(OrtLibrary library, OrtHandle? owner) : SafeHandle(0, ownsHandle: true)
{
    private bool _holds;

    /// <summary>The library.</summary>
    public OrtLibrary Library => library;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Takes the object over.</summary>
    protected void Own(nint address)
    {
        SetHandle(address);
        owner?.DangerousAddRef(ref _holds);
    }

    /// <summary>Has the library make the object.</summary>
    /// <exception cref="OrtException">It cannot.</exception>
    protected unsafe void Make(delegate* unmanaged<nint*, nint> create)
    {
        nint made;
        library.Native.Check(create(&made));
        Own(made);
    }

    /// <summary>Gives the object back to the library.</summary>
    protected abstract void Release(OrtNative native, nint address);

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        Release(library.Native, handle);
        if (_holds) owner!.DangerousRelease();
        return true;
    }
}

/// <summary>OrtEnv: what all sessions of the process share.</summary>
internal sealed unsafe class OrtEnvHandle : OrtHandle
{
    /// <summary>Makes it.</summary>
    /// <exception cref="OrtException">The library cannot.</exception>
    public OrtEnvHandle(OrtLibrary library)
        : base(library, owner: null)
    {
        nint env;

        // The name is a literal that ends with a zero and stays where it is.
        fixed (byte* name = "engine\0"u8) library.Native.Check(library.Native.CreateEnv(OrtNative.ORT_LOGGING_LEVEL_FATAL, name, &env));
        Own(env);
    }

    /// <inheritdoc/>
    protected override void Release(OrtNative native, nint address) => native.ReleaseEnv(address);
}

/// <summary>OrtSessionOptions.</summary>
internal sealed unsafe class OrtSessionOptionsHandle : OrtHandle
{
    /// <summary>Makes them with the library's defaults.</summary>
    public OrtSessionOptionsHandle(OrtLibrary library)
        : base(library, owner: null) => Make(library.Native.CreateSessionOptions);

    /// <inheritdoc/>
    protected override void Release(OrtNative native, nint address) => native.ReleaseSessionOptions(address);
}

/// <summary>OrtCUDAProviderOptionsV2.</summary>
internal sealed unsafe class OrtCudaOptionsHandle : OrtHandle
{
    /// <summary>Makes them with the library's defaults.</summary>
    public OrtCudaOptionsHandle(OrtLibrary library)
        : base(library, owner: null) => Make(library.Native.CreateCUDAProviderOptions);

    /// <inheritdoc/>
    protected override void Release(OrtNative native, nint address) => native.ReleaseCUDAProviderOptions(address);
}

/// <summary>OrtSession.</summary>
internal sealed class OrtSessionHandle : OrtHandle
{
    /// <summary>Takes a session over.</summary>
    public OrtSessionHandle(OrtEnvHandle env, nint session)
        : base(env.Library, env) => Own(session);

    /// <inheritdoc/>
    protected override unsafe void Release(OrtNative native, nint address) => native.ReleaseSession(address);
}

/// <summary>OrtMemoryInfo: where the values of tensors are.</summary>
internal sealed unsafe class OrtMemoryInfoHandle : OrtHandle
{
    /// <summary>The processor's memory.</summary>
    public OrtMemoryInfoHandle(OrtLibrary library)
        : base(library, owner: null)
    {
        nint info;
        library.Native.Check(library.Native.CreateCpuMemoryInfo(OrtNative.OrtArenaAllocator, OrtNative.OrtMemTypeDefault, &info));
        Own(info);
    }

    /// <inheritdoc/>
    protected override void Release(OrtNative native, nint address) => native.ReleaseMemoryInfo(address);
}

/// <summary>OrtValue. A value that a session made holds the session open, whose memory it is in.</summary>
internal sealed class OrtValueHandle : OrtHandle
{
    /// <summary>Takes a value over.</summary>
    /// <param name="library">The library.</param>
    /// <param name="session">The session that made it, or null.</param>
    /// <param name="value">The value.</param>
    public OrtValueHandle(OrtLibrary library, OrtSessionHandle? session, nint value)
        : base(library, session) => Own(value);

    /// <inheritdoc/>
    protected override unsafe void Release(OrtNative native, nint address) => native.ReleaseValue(address);
}

/// <summary>OrtRunOptions.</summary>
internal sealed unsafe class OrtRunOptionsHandle : OrtHandle
{
    /// <summary>Makes them with the library's defaults.</summary>
    public OrtRunOptionsHandle(OrtLibrary library)
        : base(library, owner: null) => Make(library.Native.CreateRunOptions);

    /// <inheritdoc/>
    protected override void Release(OrtNative native, nint address) => native.ReleaseRunOptions(address);
}

/// <summary>OrtIoBinding: the values that a session's inputs and outputs are tied to.</summary>
internal sealed unsafe class OrtIoBindingHandle : OrtHandle
{
    /// <summary>Makes one without any.</summary>
    public OrtIoBindingHandle(OrtSessionHandle session)
        : base(session.Library, session)
    {
        nint binding;
        session.Library.Native.Check(session.Library.Native.CreateIoBinding(session.DangerousGetHandle(), &binding));
        Own(binding);
    }

    /// <inheritdoc/>
    protected override void Release(OrtNative native, nint address) => native.ReleaseIoBinding(address);
}
