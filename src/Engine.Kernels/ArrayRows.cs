namespace Engine.Kernels;

/// <summary>A matrix over memory that the caller owns: the memory is pinned, never copied, until the matrix is disposed.</summary>
public sealed unsafe class ArrayRows : RowSource
{
    private readonly byte* _origin;
    private System.Buffers.MemoryHandle _pin;
    private bool _disposed;

    private ArrayRows(System.Buffers.MemoryHandle pin, long elements, int dim, ElementType element, float scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        if (elements % dim != 0)
        {
            pin.Dispose();
            throw new ArgumentException($"{elements} elements do not fill rows of {dim}.");
        }

        _pin = pin;
        _origin = (byte*)pin.Pointer;
        Rows = elements / dim;
        Dim = dim;
        Element = element;
        Scale = scale;
    }

    /// <summary>Wraps float32 values, row-major, <c>rows * dim</c> of them.</summary>
    /// <exception cref="ArgumentException">The length is no multiple of <paramref name="dim"/>.</exception>
    public static ArrayRows From(ReadOnlyMemory<float> values, int dim) => new(values.Pin(), values.Length, dim, ElementType.Float32, 1f);

    /// <summary>Wraps float16 values, row-major, <c>rows * dim</c> of them.</summary>
    /// <exception cref="ArgumentException">The length is no multiple of <paramref name="dim"/>.</exception>
    public static ArrayRows From(ReadOnlyMemory<Half> values, int dim) => new(values.Pin(), values.Length, dim, ElementType.Float16, 1f);

    /// <summary>Wraps 8-bit values, each multiplied by <paramref name="scale"/>.</summary>
    /// <exception cref="ArgumentException">The length is no multiple of <paramref name="dim"/>.</exception>
    public static ArrayRows From(ReadOnlyMemory<sbyte> values, int dim, float scale) => new(values.Pin(), values.Length, dim, ElementType.Int8, scale);

    /// <summary>Wraps the bit patterns of bfloat16 values, for which .NET has no type.</summary>
    /// <exception cref="ArgumentException">The length is no multiple of <paramref name="dim"/>.</exception>
    public static ArrayRows FromBFloat16(ReadOnlyMemory<ushort> values, int dim) => new(values.Pin(), values.Length, dim, ElementType.BFloat16, 1f);

    /// <inheritdoc/>
    public override long Rows { get; }

    /// <inheritdoc/>
    public override int Dim { get; }

    /// <inheritdoc/>
    public override ElementType Element { get; }

    /// <summary>What an 8-bit element is multiplied by; 1 for every other type.</summary>
    public float Scale { get; }

    /// <inheritdoc/>
    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, Rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);

        // firstRow + rows <= Rows, and the pinned memory holds Rows * Dim elements.
        nint stride = checked((nint)Dim * Element.SizeInBytes());
        nint rows = (nint)Math.Min(maxRows, Rows - firstRow);
        return new RowBlock(new MatrixView(_origin + (nint)firstRow * stride, rows, Dim, stride, Element, Scale));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _pin.Dispose();
    }
}
