namespace Engine.Kernels.Cpu;

/// <summary>Zeroed scratch memory outside the managed heap that is taken in pieces and given back all at once: pieces lie side by side, on huge pages.</summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private const long Line = 64;
    private const long SmallestChunk = (long)HugePages.Worthwhile;

    private readonly List<NativeBuffer<byte>> _chunks = [];
    private byte* _next;
    private long _left;

    /// <summary>Takes a piece, aligned to a cache line.</summary>
    /// <typeparam name="T">What it holds.</typeparam>
    /// <param name="count">Elements, 0 or more.</param>
    /// <exception cref="OutOfMemoryException">The system has no such memory.</exception>
    public T* Take<T>(long count)
        where T : unmanaged
    {
        long bytes = checked((count * sizeof(T)) + Line - 1) & -Line;
        if (bytes > _left)
        {
            long chunk = Math.Max(bytes, SmallestChunk);
            _chunks.Add(new NativeBuffer<byte>(chunk));
            _next = _chunks[^1].Pointer;
            _left = chunk;
        }

        T* piece = (T*)_next;
        _next += bytes;
        _left -= bytes;
        return piece;
    }

    /// <summary>Frees all pieces.</summary>
    public void Dispose()
    {
        foreach (NativeBuffer<byte> chunk in _chunks) chunk.Dispose();
        _chunks.Clear();
        _left = 0;
    }
}
