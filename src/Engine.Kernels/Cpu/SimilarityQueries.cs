using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Queries prepared for a pass: unit vectors packed for the float32 product, canonical norms, and the groups they form.</summary>
/// <remarks>
/// The proposal for cos(x, q) is a = (x . q') / |x| with q' = q/|q| rounded to float32, the dot product in float32. With n roundings,
///   |a - cos| &lt;= e = gamma(n) + 6u + dim 2^-149 / |x| + (dim + 32) 2^-52:
/// the dot product; then one rounding each of q' and 1/|x|, with room for one or two of a later comparison; then underflow; then the
/// canonical cosine's own distance from the exact one.
/// </remarks>
internal sealed unsafe class SimilarityQueries<TLanes, TFloat, TDouble> : IDisposable
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    private const double ShortestSafe = 1e-30;
    private const nint PrefetchBytes = 8 << 10;

    private readonly float* _vectors;
    private readonly double[] _norms;
    private readonly double _error;
    private readonly double _underflow;
    private long _estimated;
    private long _repeated;

    /// <summary>Packs the queries.</summary>
    /// <param name="vectors">[queries x dim], fixed by the caller for the life of this object.</param>
    /// <param name="count">Queries.</param>
    /// <param name="dim">Elements in a query.</param>
    /// <param name="starts">Group boundaries, [groups + 1].</param>
    /// <param name="estimated">Whether rows may be estimated in 8 bits first, where that pays.</param>
    /// <exception cref="ArgumentException">A query is zero or not finite.</exception>
    public SimilarityQueries(float* vectors, int count, int dim, int[] starts, bool estimated = false)
    {
        _vectors = vectors;
        Starts = starts;
        Columns = new PackedColumns(count, dim);
        _norms = new double[count];
        for (int q = 0; q < count; q++)
        {
            _norms[q] = Math.Sqrt(RowMath<TLanes, TFloat, TDouble>.SquaredNorm<Float32Element>((byte*)Vector(q), 1, dim, out _));
            if (!(_norms[q] > 0) || !double.IsFinite(_norms[q]))
            {
                Columns.Dispose();
                throw new ArgumentException($"Query {q} has no direction: its norm is {_norms[q]}.", nameof(vectors));
            }

            Columns.Set(q, new ReadOnlySpan<float>(Vector(q), dim), _norms[q]);
        }

        _error = 1.01 * (ProposalError.Gamma(Columns.Roundings) + (6 * ProposalError.Unit) + ProposalError.Canonical(dim));
        _underflow = 1.01 * dim * ProposalError.Underflow;
        if (estimated && TLanes.ByteProduct is { } product && ByteColumns.Pay(count, dim)) Bytes = ByteColumns.Of(Columns, product);
    }

    /// <summary>The packed unit queries.</summary>
    public PackedColumns Columns { get; }

    /// <summary>The unit queries in 8 bits, or null where estimating would not be faster than the float32 product.</summary>
    public ByteColumns? Bytes { get; }

    /// <summary>Rows whose 8-bit estimates left few enough queries to decide.</summary>
    public long Estimated => Interlocked.Read(ref _estimated);

    /// <summary>Rows whose estimates left too many, so that the float32 product followed.</summary>
    public long Repeated => Interlocked.Read(ref _repeated);

    /// <summary>Group boundaries, [groups + 1].</summary>
    public int[] Starts { get; }

    /// <summary>Groups.</summary>
    public int Groups => Starts.Length - 1;

    /// <summary>e for a row of this norm; infinity where float32 could overflow or the norm's inverse is out of range.</summary>
    public double Error(double norm)
        => norm is >= ShortestSafe and <= ProposalError.SafeMagnitude ? _error + (_underflow / norm) : double.PositiveInfinity;

    /// <summary>Canonical cosines of one widened row with several queries, four to a load of the row.</summary>
    /// <param name="row">Widened row.</param>
    /// <param name="norm">Its norm.</param>
    /// <param name="queries">Which queries.</param>
    /// <param name="cosines">Destination, as long as <paramref name="queries"/>.</param>
    public void Rescore(float* row, double norm, ReadOnlySpan<int> queries, Span<double> cosines)
    {
        double* dots = stackalloc double[4];
        int last = queries.Length - 1;
        for (int i = 0; i <= last; i += 4)
        {
            // Two or three take about as long as four, so the last one is repeated; one alone is half of that.
            if (i == last)
            {
                dots[0] = RowMath<TLanes, TFloat, TDouble>.Dot<Float32Element, Float32Element>((byte*)row, 1, (byte*)Vector(queries[i]), Columns.Dim);
            }
            else
            {
                RowMath<TLanes, TFloat, TDouble>.Dot4<Float32Element, Float32Element>(
                    (byte*)row,
                    1,
                    (byte*)Vector(queries[i]),
                    (byte*)Vector(queries[i + 1]),
                    (byte*)Vector(queries[Math.Min(i + 2, last)]),
                    (byte*)Vector(queries[Math.Min(i + 3, last)]),
                    Columns.Dim,
                    dots);
            }

            for (int k = 0; k < 4 && i + k <= last; k++) cosines[i + k] = dots[k] / (norm * _norms[queries[i + k]]);
        }
    }

    /// <summary>Counts what a worker's estimates came to.</summary>
    public void Count(long estimated, long repeated)
    {
        Interlocked.Add(ref _estimated, estimated);
        Interlocked.Add(ref _repeated, repeated);
    }

    /// <summary>Asks for the first of the queries that will be rescored next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Prefetch(ReadOnlySpan<int> queries)
    {
        nint bytes = sizeof(float) * (nint)Columns.Dim, room = PrefetchBytes;
        for (int i = 0; i < queries.Length && room > 0; i++, room -= bytes) Engine.Kernels.Prefetch.Row((byte*)Vector(queries[i]), bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Columns.Dispose();
        Bytes?.Dispose();
    }

    private float* Vector(int query) => _vectors + ((nint)query * Columns.Dim);
}
