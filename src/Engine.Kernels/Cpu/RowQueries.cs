namespace Engine.Kernels.Cpu;

/// <summary>Rows of a matrix that are compared with its rows: widened copies, one after another.</summary>
internal sealed unsafe class RowQueries : IDisposable
{
    private readonly NativeBuffer<float> _vectors;

    /// <summary>Copies the rows.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="numbers">Which rows, at least one; they exist.</param>
    public RowQueries(RowSource rows, ReadOnlySpan<int> numbers)
    {
        Count = numbers.Length;
        Dim = rows.Dim;
        _vectors = new NativeBuffer<float>(checked((long)Count * Dim));
        for (int q = 0; q < Count; q++) rows.CopyRow(numbers[q], new Span<float>(Vector(q), Dim));
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Elements in each.</summary>
    public int Dim { get; }

    /// <summary>[queries x dim], row-major.</summary>
    public float* Pointer => _vectors.Pointer;

    /// <summary>One of them.</summary>
    public float* Vector(int query) => Pointer + ((nint)query * Dim);

    /// <inheritdoc/>
    public void Dispose() => _vectors.Dispose();
}
