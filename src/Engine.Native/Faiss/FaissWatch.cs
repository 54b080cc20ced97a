using System.Runtime.InteropServices;

namespace Engine.Native.Faiss;

/// <summary>Lets a token stop what FAISS does on this thread: a flag that FAISS looks at between its own blocks of work.</summary>
/// <remarks>A library that is not the engine's own has no such flag; there a call ends when it is done, and callers keep calls short.</remarks>
internal readonly unsafe ref struct FaissWatch
{
    private readonly FaissNative _faiss;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenRegistration _registration;
    private readonly int* _stop;

    /// <summary>Begins the watch on the calling thread.</summary>
    /// <exception cref="OperationCanceledException">The token asks to stop already.</exception>
    public FaissWatch(FaissNative faiss, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        (_faiss, _cancel) = (faiss, cancel);
        if (faiss.engine_faiss_watch == null || !cancel.CanBeCanceled) return;

        // The flag outlives the watch: it is freed after the registration is gone and the library has let go of it.
        _stop = (int*)NativeMemory.AllocZeroed(sizeof(int));
        nint flag = (nint)_stop;
        _registration = cancel.UnsafeRegister(static at => Volatile.Write(ref *(int*)(nint)at!, 1), flag);
        faiss.engine_faiss_watch(_stop);
    }

    /// <summary>Turns a status into an exception; what was stopped says so.</summary>
    /// <exception cref="FaissException">FAISS refused.</exception>
    /// <exception cref="OperationCanceledException">The call was stopped.</exception>
    public void Check(int status)
    {
        if (status != 0) _cancel.ThrowIfCancellationRequested();
        _faiss.Check(status);
    }

    /// <summary>Ends the watch.</summary>
    public void Dispose()
    {
        if (_stop == null) return;
        _faiss.engine_faiss_watch(null);
        _registration.Dispose();
        NativeMemory.Free(_stop);
    }
}
