namespace Engine.Kernels.Cpu;

/// <summary>What makes two rows neighbours: how float32 products propose it, and what decides it.</summary>
/// <remarks>A pair whose canonical score is at least s has dot * inverse + shift >= Bound(query, s) in float32, whatever the row.</remarks>
internal abstract unsafe class Neighbourhood(PackedColumns columns) : IDisposable
{
    /// <summary>The packed queries.</summary>
    public PackedColumns Columns => columns;

    /// <summary>How a row's products become proposals. An infinite shift lets every query through.</summary>
    /// <param name="row">For messages.</param>
    /// <param name="norm">The row's Euclidean norm.</param>
    public abstract (float Inverse, float Shift) Propose(long row, double norm);

    /// <summary>The float32 bound that a proposal must reach for its pair to have a canonical score.</summary>
    public abstract float Bound(int query, double score);

    /// <summary>Canonical scores of one widened row with several queries; higher is nearer.</summary>
    public abstract void Score(float* row, double norm, ReadOnlySpan<int> queries, Span<double> scores);

    /// <inheritdoc/>
    public void Dispose() => columns.Dispose();
}

/// <summary>Neighbours by cosine.</summary>
internal sealed unsafe class CosineNeighbourhood<TLanes, TFloat, TDouble> : Neighbourhood
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    private readonly SimilarityQueries<TLanes, TFloat, TDouble> _queries;

    /// <summary>Packs the queries; they outlive this object.</summary>
    public CosineNeighbourhood(RowQueries vectors)
        : this(new SimilarityQueries<TLanes, TFloat, TDouble>(vectors.Pointer, vectors.Count, vectors.Dim, [0, vectors.Count]))
    {
    }

    private CosineNeighbourhood(SimilarityQueries<TLanes, TFloat, TDouble> queries)
        : base(queries.Columns) => _queries = queries;

    public override (float Inverse, float Shift) Propose(long row, double norm)
    {
        if (!(norm > 0)) throw new ArgumentException($"Row {row} has no direction: its norm is {norm}.");
        return ((float)Math.Min(1 / norm, float.MaxValue), ProposalError.RoundUp(_queries.Error(norm)));
    }

    public override float Bound(int query, double score) => ProposalError.RoundDown(score);

    public override void Score(float* row, double norm, ReadOnlySpan<int> queries, Span<double> scores) => _queries.Rescore(row, norm, queries, scores);
}

/// <summary>Neighbours by squared Euclidean distance; the score is its negative.</summary>
/// <remarks>
/// |x - q|² = |x|² + |q|² - 2 x.q, so the pair's distance is at most D exactly when x.q - |x|²/2 >= (|q|² - D)/2. With X = |x|, C at least the
/// norm of every query and n roundings in a dot product, the left side in float32 differs from its exact value by at most
///   (gamma(n) + 4u) X C + 2u (X² + C²) + (dim + 2) 2^-149:
/// the dot product; one rounding of |x|²/2 and one of the sum; underflow. Canonical distances and squared norms lie within
/// (dim + 32) 2^-52 (X + C)² of the exact ones, each.
/// </remarks>
internal sealed unsafe class DistanceNeighbourhood<TLanes, TFloat, TDouble> : Neighbourhood
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    private readonly RowQueries _queries;
    private readonly double[] _squares;
    private readonly double _longest;
    private readonly double _gamma;

    /// <summary>Packs the queries; they outlive this object.</summary>
    public DistanceNeighbourhood(RowQueries vectors)
        : base(new PackedColumns(vectors.Count, vectors.Dim))
    {
        _queries = vectors;
        _squares = new double[vectors.Count];
        _gamma = ProposalError.Gamma(Columns.Roundings);
        for (int q = 0; q < _squares.Length; q++)
        {
            _squares[q] = RowMath<TLanes, TFloat, TDouble>.SquaredNorm<Float32Element>((byte*)vectors.Vector(q), 1, vectors.Dim, out _);
            Columns.Set(q, new ReadOnlySpan<float>(vectors.Vector(q), vectors.Dim), 1);
            _longest = Math.Max(_longest, Math.Sqrt(_squares[q]) * (1 + 1e-9));
        }
    }

    public override (float Inverse, float Shift) Propose(long row, double norm)
    {
        double x = norm, c = _longest;
        if (!(Math.Max(x, c) * Math.Max(x, c) < ProposalError.SafeMagnitude)) return (1, float.PositiveInfinity);
        int dim = Columns.Dim;
        double error = ((_gamma + (4 * ProposalError.Unit)) * x * c) + (2 * ProposalError.Unit * ((x * x) + (c * c)))
            + ((dim + 2) * ProposalError.Underflow) + (2 * ProposalError.Canonical(dim) * (x + c) * (x + c));
        return (1, ProposalError.RoundUp((1.01 * error) - (x * x / 2)));
    }

    public override float Bound(int query, double score)
        => double.IsNegativeInfinity(score) ? float.NegativeInfinity : ProposalError.RoundDown((_squares[query] + score) / 2);

    public override void Score(float* row, double norm, ReadOnlySpan<int> queries, Span<double> scores)
    {
        for (int i = 0; i < queries.Length; i++)
            scores[i] = -RowMath<TLanes, TFloat, TDouble>.SquaredDistance<Float32Element, Float32Element>((byte*)row, 1, 1, (byte*)_queries.Vector(queries[i]), Columns.Dim);
    }
}
