using System.Runtime.InteropServices;

namespace Engine.Kernels.Cpu;

/// <summary>Zeroed scratch memory outside the managed heap, aligned to a cache line, for one worker or one call. What is never written need not take a page.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint Line = 64;
    private byte* _memory;

    /// <summary>Allocates and clears.</summary>
    /// <param name="count">Elements, 0 or more.</param>
    /// <exception cref="OutOfMemoryException">The system has no such memory.</exception>
    public NativeBuffer(long count)
    {
        nuint bytes = checked((nuint)count * (nuint)sizeof(T)), alignment = bytes < HugePages.Worthwhile ? Line : HugePages.Bytes;
        _memory = (byte*)NativeMemory.AllocZeroed(checked(Math.Max(bytes, Line) + alignment));
        Pointer = (T*)(((nuint)_memory + alignment - 1) & ~(alignment - 1));
        if (alignment == HugePages.Bytes) HugePages.Advise((byte*)Pointer, bytes);
    }

    /// <summary>The first element; null after disposal.</summary>
    public T* Pointer { get; private set; }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        Pointer = null;
    }
}
