using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Engine.Native.Files;

/// <summary>64-byte aligned memory outside the garbage collector's heap.</summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    /// <summary>Reserves memory; its content is undefined.</summary>
    /// <param name="bytes">At least 1.</param>
    /// <exception cref="OutOfMemoryException">There is not as much.</exception>
    public NativeBuffer(nuint bytes)
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)NativeMemory.AlignedAlloc(bytes, 64));
        Bytes = bytes;
    }

    /// <summary>Bytes reserved.</summary>
    public nuint Bytes { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The first byte, valid until the buffer is disposed.</summary>
    internal byte* Pointer => (byte*)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}

/// <summary>Equal buffers that are lent out and come back; as many exist as were ever on loan at one time.</summary>
/// <param name="bytes">Size of each.</param>
internal sealed class NativeBufferPool(nuint bytes) : IDisposable
{
    private readonly ConcurrentBag<Loan> _free = [];
    private volatile bool _disposed;

    /// <summary>Size of each.</summary>
    public nuint Bytes => bytes;

    /// <summary>Lends a buffer; disposing the loan returns it.</summary>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public Loan Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _free.TryTake(out Loan? loan) ? loan : new Loan(this, new NativeBuffer(bytes));
    }

    /// <summary>Frees every buffer; those on loan when they come back.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_free.TryTake(out Loan? loan)) loan.Buffer.Dispose();
    }

    private void Return(Loan loan)
    {
        _free.Add(loan);
        if (_disposed) Dispose();
    }

    /// <summary>A buffer on loan.</summary>
    internal sealed class Loan(NativeBufferPool pool, NativeBuffer buffer) : IDisposable
    {
        /// <summary>The buffer.</summary>
        public NativeBuffer Buffer => buffer;

        /// <summary>Returns it, exactly once.</summary>
        public void Dispose() => pool.Return(this);
    }
}
