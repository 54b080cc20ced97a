using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Centroids or queries laid out for the product tile: panels of 16 columns, each [dim x 16], so that one load is one element of 16 of them.</summary>
internal sealed unsafe class PackedColumns : IDisposable
{
    /// <summary>Columns in a panel: the lanes of a tile.</summary>
    public const int PanelColumns = 16;

    // A slab of two panels is 32 KB. Starting a new sum with each also keeps the worst-case error of a dot product from growing with dim.
    private const int LongestSlab = 256;

    private readonly NativeBuffer<float>? _own;
    private readonly float* _panels;

    /// <summary>Room for <paramref name="columns"/> vectors, zero until <see cref="Set"/>.</summary>
    /// <param name="columns">Vectors.</param>
    /// <param name="dim">Elements in a vector.</param>
    /// <param name="memory">Where the room is taken, or null for memory of its own.</param>
    public PackedColumns(int columns, int dim, NativeArena? memory = null)
    {
        Columns = columns;
        Dim = dim;
        Panels = (columns + PanelColumns - 1) / PanelColumns;
        Slabs = (dim + LongestSlab - 1) / LongestSlab;
        SlabDepth = (dim + Slabs - 1) / Slabs;
        long elements = checked((long)Panels * PanelColumns * dim);
        _own = memory is null ? new NativeBuffer<float>(elements) : null;
        _panels = memory is null ? _own!.Pointer : memory.Take<float>(elements);
    }

    /// <summary>Vectors.</summary>
    public int Columns { get; }

    /// <summary>Elements in a vector.</summary>
    public int Dim { get; }

    /// <summary>Panels of 16 columns; the last may be padded with zeros.</summary>
    public int Panels { get; }

    /// <summary>Columns with the padding.</summary>
    public int Width => Panels * PanelColumns;

    /// <summary>Elements of a slab, the depth over which a tile sums before it adds to its total.</summary>
    public int SlabDepth { get; }

    /// <summary>Slabs in a vector.</summary>
    public int Slabs { get; }

    /// <summary>The most float32 roundings a term of a dot product can go through.</summary>
    public int Roundings => SlabDepth + Slabs + 1;

    /// <summary>A panel's first element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Panel(int panel) => _panels + ((nint)panel * PanelColumns * Dim);

    /// <summary>Writes one column.</summary>
    /// <param name="column">Below <see cref="Columns"/>.</param>
    /// <param name="values">[dim].</param>
    /// <param name="divisor">What each value is divided by, in float64, before it is rounded to float32.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Set(int column, ReadOnlySpan<float> values, double divisor)
    {
        float* to = Panel(column / PanelColumns) + (column % PanelColumns);
        for (int j = 0; j < values.Length; j++) to[(nint)j * PanelColumns] = (float)(values[j] / divisor);
    }

    /// <summary>Writes neighbouring columns from float64, each element rounded to float32 once.</summary>
    /// <param name="first">The first column.</param>
    /// <param name="end">The one behind the last; at most <see cref="Columns"/>.</param>
    /// <param name="values">[columns], where each column's elements are, [dim]; those of first .. end - 1 are read.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SetRange(int first, int end, double** values)
    {
        for (int column = first, next; column < end; column = next)
        {
            // An element's columns lie side by side: they are written together.
            next = Math.Min(end, (column / PanelColumns + 1) * PanelColumns);
            float* to = Panel(column / PanelColumns) + (column % PanelColumns);
            double** from = values + column;
            int count = next - column;
            for (nint j = 0; j < Dim; j++)
                for (nint c = 0; c < count; c++) to[(j * PanelColumns) + c] = (float)from[c][j];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _own?.Dispose();
}
