namespace Engine.Native.OnnxRuntime;

/// <summary>Ends calls that run, from any thread: each ends with an error after the operator it is at.</summary>
internal sealed unsafe class OnnxStop(OrtLibrary library) : IDisposable
{
    /// <summary>What calls are given.</summary>
    public OrtRunOptionsHandle Options { get; } = new(library);

    /// <summary>Ends the calls that run with it, and those that begin later.</summary>
    public void Stop() => library.Native.Check(library.Native.RunOptionsSetTerminate(Options.DangerousGetHandle()));

    /// <summary>Frees it, once no call runs with it any more.</summary>
    public void Dispose() => Options.Dispose();
}
