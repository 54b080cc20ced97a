namespace Engine.Kernels.Cpu;

/// <summary>For every row and every group of centroids a float32 that no distance of the row to a centroid of the group lies below; the row's nearest centroid is left out of its group.</summary>
/// <remarks>
/// A centroid that moves by δ comes nearer by at most δ, so bounds of a group sink by the group's longest move from one assignment to the next.
/// Source: Hamerly 2010; Ding et al. 2015 (Yinyang k-means) for the groups.
/// </remarks>
internal sealed unsafe class CentroidBounds : IDisposable
{
    private readonly NativeBuffer<float> _below;
    private readonly NativeBuffer<float> _moves;
    private readonly NativeBuffer<float> _squares;

    /// <summary>Room for the bounds of so many rows and groups.</summary>
    public CentroidBounds(long rows, int groups)
    {
        Stride = StrideOf(groups);
        _below = new NativeBuffer<float>(checked(rows * Stride));
        _squares = new NativeBuffer<float>(rows);
        _moves = new NativeBuffer<float>(Stride);
    }

    /// <summary>Floats from one row to the next: groups, up to a multiple of 16 with places that are infinitely far.</summary>
    public int Stride { get; }

    /// <summary>[rows], the rows' squared lengths, about: they stay from one assignment to the next.</summary>
    public float* Squares => _squares.Pointer;

    /// <summary>Bytes for so many rows and groups.</summary>
    public static long BytesOf(long rows, int groups) => checked(rows * (StrideOf(groups) + 1) * sizeof(float));

    /// <summary>[stride], how far the farthest-moving centroid of every group came at most since the bounds were made.</summary>
    public float* Moves => _moves.Pointer;

    /// <summary>[stride], the row's bounds. They are distances, not squared; at or below 0 they say nothing.</summary>
    public float* Row(long row) => _below.Pointer + ((nint)row * Stride);

    /// <summary>Lets the row's bounds say nothing.</summary>
    public void Forget(long row) => new Span<float>(Row(row), Stride).Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        _below.Dispose();
        _moves.Dispose();
        _squares.Dispose();
    }

    private static int StrideOf(int groups) => (groups + 15) & ~15;
}
