namespace Engine.Tests.Kernels;

/// <summary>An array whose last element ends at a page that nobody may touch.</summary>
internal sealed unsafe class GuardedArray<T> : IDisposable
    where T : unmanaged
{
    private readonly GuardedMemory _memory;
    private readonly int _length;

    public GuardedArray(T[] values)
    {
        _length = values.Length;
        _memory = new GuardedMemory((long)_length * sizeof(T), atEnd: true);
        values.CopyTo(Span);
    }

    public Span<T> Span => new(_memory.Pointer, _length);

    public void Dispose() => _memory.Dispose();
}
