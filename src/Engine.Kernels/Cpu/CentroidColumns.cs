using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The centroids of one assignment, packed for the product tile in groups of neighbouring columns, and how far their proposals can be trusted.</summary>
/// <remarks>
/// |s x - c|² = s²|x|² + (|c|² - 2 s x.c). The proposal is v = |c|² - 2 s x.c in float32.
/// With X >= |x|, C >= |c| for every centroid and n roundings in a dot product, v differs from its exact value by at most
///   m = 2|s| X C (gamma(n) + 4u) + 4u C² + 2|s| dim 2^-149 + 2^-148:
/// the dot product's own error; then one rounding each of |c|², of 2s, and one or two of the combination; then underflow.
/// The canonical distance differs from the exact one by at most m' = (dim + 32) 2^-52 (|s| X + C)².
/// With 8-bit estimates of x.(c/C), c/C rounded to float32, off by at most e X each, v differs by 2|s| X C (e + 2u) more.
/// </remarks>
internal sealed unsafe class CentroidColumns<TLanes, TFloat, TDouble> : IDisposable
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    /// <summary>|s| C from which 2 |s| C is a normal float32.</summary>
    private const double ShortestFactor = 1e-30;

    private readonly NativeBuffer<float> _squares;
    private readonly float* _centroids;

    /// <summary>Packs the centroids.</summary>
    /// <param name="centroids">[k x dim], fixed by the caller for the life of this object.</param>
    /// <param name="order">[k], the centroid of every column.</param>
    /// <param name="dim">Elements in a centroid.</param>
    /// <param name="groupPanels">Panels of 16 columns in a group.</param>
    /// <param name="estimated">Whether rows may be estimated in 8 bits first, where that can pay.</param>
    public CentroidColumns(float* centroids, int[] order, int dim, int groupPanels, bool estimated)
    {
        _centroids = centroids;
        (Order, GroupPanels) = (order, groupPanels);
        Columns = new PackedColumns(order.Length, dim);
        Groups = (Columns.Panels + groupPanels - 1) / groupPanels;
        _squares = new NativeBuffer<float>(Columns.Width);
        new Span<float>(_squares.Pointer, Columns.Width).Fill(float.PositiveInfinity);
        ColumnOf = new int[order.Length];
        double longest = 0;
        for (int column = 0; column < order.Length; column++)
        {
            float* centroid = Centroid(order[column]);
            ColumnOf[order[column]] = column;
            Columns.Set(column, new ReadOnlySpan<float>(centroid, dim), 1);
            double square = RowMath<TLanes, TFloat, TDouble>.SquaredNorm<Float32Element>((byte*)centroid, 1, dim, out _);
            _squares.Pointer[column] = (float)square;
            longest = Math.Max(longest, square);
        }

        Longest = Math.Sqrt(longest) * (1 + 1e-9);
        Gamma = ProposalError.Gamma(Columns.Roundings);
        if (!estimated || TLanes.ByteProduct is not { } product || !ByteColumns.Pay(order.Length, dim) || !(Longest is > ProposalError.ShortestEstimated and < ProposalError.LongestEstimated)) return;
        using PackedColumns shortened = new(order.Length, dim);
        for (int column = 0; column < order.Length; column++) shortened.Set(column, new ReadOnlySpan<float>(Centroid(order[column]), dim), Longest);
        Bytes = ByteColumns.Of(shortened, product);
    }

    /// <summary>The packed centroids.</summary>
    public PackedColumns Columns { get; }

    /// <summary>The centroids divided by C in 8 bits, or null where estimating would not be faster than the float32 product.</summary>
    public ByteColumns? Bytes { get; }

    /// <summary>[k], the centroid of every column.</summary>
    public int[] Order { get; }

    /// <summary>[k], the column of every centroid.</summary>
    public int[] ColumnOf { get; }

    /// <summary>Panels of 16 columns in a group; the last group may have fewer.</summary>
    public int GroupPanels { get; }

    /// <summary>Groups.</summary>
    public int Groups { get; }

    /// <summary>|c|² by column, [columns.Width], infinity where there is no centroid.</summary>
    public float* Squares => _squares.Pointer;

    /// <summary>C: at least the norm of every centroid.</summary>
    public double Longest { get; }

    private double Gamma { get; }

    /// <summary>A centroid as the caller holds it.</summary>
    public float* Centroid(int c) => _centroids + ((nint)c * Columns.Dim);

    /// <summary>The first column of a group.</summary>
    public int Start(int group) => group * GroupPanels * PackedColumns.PanelColumns;

    /// <summary>The column behind a group's last.</summary>
    public int End(int group) => Math.Min(Columns.Width, (group + 1) * GroupPanels * PackedColumns.PanelColumns);

    /// <summary>The group of a centroid.</summary>
    public int GroupOf(int centroid) => ColumnOf[centroid] / (GroupPanels * PackedColumns.PanelColumns);

    /// <summary>m + m', or infinity where float32 could overflow.</summary>
    /// <param name="length">X, at least the norm of the row.</param>
    /// <param name="scale">s.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Margin(double length, double scale)
    {
        double s = Math.Abs(scale), c = Longest;
        if (!(Math.Max(Math.Max(length * c, s * length * c), Math.Max(c * c, s)) < ProposalError.SafeMagnitude)) return double.PositiveInfinity;
        double proposal = (2 * s * length * c * (Gamma + (4 * ProposalError.Unit))) + (4 * ProposalError.Unit * c * c)
            + (((2 * s * Columns.Dim) + 2) * ProposalError.Underflow);
        return 1.01 * (proposal + CanonicalMargin((s * length) + c));
    }

    /// <summary>m + m' where dot products are C times an estimate.</summary>
    /// <param name="length">X, at least the norm of the row.</param>
    /// <param name="scale">s.</param>
    /// <param name="error">e: how far estimates divided by X may be off.</param>
    public double Margin(double length, double scale, double error)
    {
        double by = Math.Abs(scale) * Longest;
        if (!(by is > ShortestFactor and < ProposalError.SafeMagnitude)) return double.PositiveInfinity;
        return Margin(length, scale) + (1.01 * 2 * by * length * (error + (2 * ProposalError.Unit)));
    }

    /// <summary>m' for a row whose scaled norm and C add up to <paramref name="reach"/> at most.</summary>
    public double CanonicalMargin(double reach) => ProposalError.Canonical(Columns.Dim) * reach * reach;

    /// <inheritdoc/>
    public void Dispose()
    {
        Columns.Dispose();
        Bytes?.Dispose();
        _squares.Dispose();
    }
}
