using System.Runtime.InteropServices;

namespace Engine.Kernels.Cpu;

/// <summary>Zeroed scratch memory outside the managed heap, aligned to a cache line, for one worker or one call.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private T* _pointer;

    /// <summary>Allocates and clears.</summary>
    /// <param name="count">Elements, 0 or more.</param>
    /// <exception cref="OutOfMemoryException">The system has no such memory.</exception>
    public NativeBuffer(long count)
    {
        nuint bytes = checked((nuint)count * (nuint)sizeof(T));
        _pointer = (T*)NativeMemory.AlignedAlloc(Math.Max(bytes, 64), 64);
        NativeMemory.Clear(_pointer, bytes);
    }

    /// <summary>The first element; null after disposal.</summary>
    public T* Pointer => _pointer;

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
