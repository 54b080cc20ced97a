using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>A worker's block of rows, widened to float32 and padded with zeros to whole groups of 16, with room for their dot products.</summary>
internal sealed unsafe class RowTile<TLanes, TFloat, TDouble, TElement> : IDisposable
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    private const long RowBytes = 256 << 10;
    private const long DotBytes = 512 << 10;

    private readonly PackedColumns _columns;
    private readonly NativeBuffer<float> _rows;
    private readonly NativeBuffer<float> _dots;
    private readonly nint[] _some;
    private readonly int _padded;
    private readonly double _error;
    private readonly nint _stride;

    /// <summary>Scratch for as many rows as keep rows and dot products in the second-level cache.</summary>
    public RowTile(PackedColumns columns)
    {
        _columns = columns;
        _padded = checked(columns.Dim + 15) & ~15;

        // One group more than a row needs, or rows of a power of two bytes would all want the same cache lines.
        _stride = _padded + 16;
        Capacity = RowsFor(columns);
        _rows = new NativeBuffer<float>(Capacity * _stride);
        _some = new nint[Capacity];
        _error = 2 * ProposalError.Gamma((_padded / 16) + 17);
        _dots = new NativeBuffer<float>(checked(Capacity * (long)columns.Width));
    }

    /// <summary>Rows it holds, a multiple of <see cref="ProductTile{TLanes, TFloat, TDouble}.TileRows"/>.</summary>
    public int Capacity { get; }

    /// <summary>Rows a tile for these columns will hold.</summary>
    public static int RowsFor(PackedColumns columns)
    {
        long rows = Math.Min(RowBytes / (4L * columns.Dim), DotBytes / (4L * columns.Width));
        return (int)Math.Clamp(rows / ProductTile<TLanes, TFloat, TDouble>.TileRows, 2, 16) * ProductTile<TLanes, TFloat, TDouble>.TileRows;
    }

    /// <summary>Elements from one row to the next.</summary>
    public nint Stride => _stride;

    /// <summary>A row as the matrix holds it, widened: dim elements, then zeros to a whole group.</summary>
    public float* Row(int row) => _rows.Pointer + (row * _stride);

    /// <summary>The row's dot products with all columns, [columns.Width].</summary>
    public float* Dots(int row) => _dots.Pointer + ((nint)row * _columns.Width);

    /// <summary>Widens rows first .. first + count - 1 of a block and multiplies them with every column.</summary>
    public void Multiply(MatrixView view, nint first, int count)
    {
        for (int r = 0; r < count; r++) Load(r, view, first + r);
        Multiply(count);
    }

    /// <summary>Widens one row of a block into a place of the tile.</summary>
    public void Load(int place, MatrixView view, nint row) => Load(place, view.DangerousRow(row), view.Scale);

    /// <summary>Widens a row into a place of the tile.</summary>
    public void Load(int place, byte* row, float scale) => Widen(row, scale, Row(place));

    /// <summary>Multiplies the first so many loaded rows with every column.</summary>
    public void Multiply(int count) => Multiply(count, _columns);

    /// <summary>Multiplies the first so many loaded rows with other columns of the same shape; the products take the place of the last ones.</summary>
    public void Multiply(int count, PackedColumns columns)
    {
        // Rows beyond the count hold an earlier block's values; their products are computed and never read.
        ProductTile<TLanes, TFloat, TDouble>.Multiply(_rows.Pointer, _stride, ProductTile<TLanes, TFloat, TDouble>.Whole(count), columns, _dots.Pointer);
    }

    /// <summary>Multiplies some loaded rows with some columns.</summary>
    /// <param name="places">Which rows.</param>
    /// <param name="panel">The first panel of columns.</param>
    /// <param name="panels">Panels.</param>
    /// <param name="dots">Destination, [places x panels * 16], in the order of the places.</param>
    public void MultiplySome(ReadOnlySpan<int> places, int panel, int panels, float* dots)
    {
        for (int i = 0; i < places.Length; i++) _some[i] = (nint)Row(places[i]);

        // What is left of the last tile repeats a row, and its products go where nobody reads.
        int whole = ProductTile<TLanes, TFloat, TDouble>.Whole(places.Length);
        for (int i = places.Length; i < whole; i++) _some[i] = _some[0];
        fixed (nint* rows = _some) ProductTile<TLanes, TFloat, TDouble>.MultiplySome((float**)rows, whole, _columns, panel, panels, dots);
    }

    /// <summary>|row|² of a loaded row, about.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float SquaredLength(int place)
    {
        TFloat even = default, odd = default;
        float* x = Row(place);
        int j = 0;
        for (; j + 32 <= _padded; j += 32)
        {
            TFloat v = TLanes.LoadF32(x + j), w = TLanes.LoadF32(x + j + 16);
            even = TLanes.MultiplyAdd(v, v, even);
            odd = TLanes.MultiplyAdd(w, w, odd);
        }

        if (j < _padded)
        {
            TFloat v = TLanes.LoadF32(x + j);
            even = TLanes.MultiplyAdd(v, v, even);
        }

        return TLanes.SumApproximately(TLanes.Add(even, odd));
    }

    /// <summary>At most |row|², where <paramref name="squared"/> is what <see cref="SquaredLength"/> gives: what rounding and underflow of the squares can add is allowed for.</summary>
    public double ShortestSquared(float squared) => (squared * (1 - _error)) - (_padded * ProposalError.Underflow);

    /// <summary>At least |row|, in the same way; infinite where the squares overflow.</summary>
    public double Longest(float squared) => Math.Sqrt((squared * (1 + _error)) + (_padded * ProposalError.Underflow));

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _dots.Dispose();
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Widen(byte* x, float scale, float* to)
    {
        int dim = _columns.Dim, whole = dim & ~15;
        for (int j = 0; j < whole; j += 16) TLanes.Store(TElement.Load<TLanes, TFloat, TDouble>(x + ((nint)j * TElement.Size), scale), to + j);
        if (whole < dim)
        {
            Sixteen tail;
            RowMath<TLanes, TFloat, TDouble>.CopyTail<TElement>(x, whole, dim, tail.Bytes);
            TLanes.Store(TElement.Load<TLanes, TFloat, TDouble>(tail.Bytes, scale), to + whole);
        }
    }
}
