namespace Engine.Kernels.Cpu;

/// <summary>A CPU kernel set: checks shapes, picks the kernels for the matrix's element type, and shares the rows among a fixed number of workers.</summary>
internal sealed class CpuKernels<TLanes, TFloat, TDouble> : IKernels
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    private static readonly ElementKernels Float32 = new ElementKernels<TLanes, TFloat, TDouble, Float32Element>();
    private static readonly ElementKernels Float16 = new ElementKernels<TLanes, TFloat, TDouble, Float16Element>();
    private static readonly ElementKernels BFloat16 = new ElementKernels<TLanes, TFloat, TDouble, BFloat16Element>();
    private static readonly ElementKernels Int8 = new ElementKernels<TLanes, TFloat, TDouble, Int8Element>();

    /// <summary>A set with its workers.</summary>
    /// <param name="name">For manifests and logs.</param>
    /// <param name="threads">Workers; 0 for one per processor.</param>
    public CpuKernels(string name, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Name = name;
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Threads { get; }

    /// <inheritdoc/>
    public RowFacts Inspect(RowSource rows, Span<double> norms, Pass pass)
    {
        if (!norms.IsEmpty) Shapes.One(rows, norms.Length, nameof(norms));
        return For(rows).Inspect(rows, norms, Threads, pass);
    }

    /// <inheritdoc/>
    public void Pool(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, Pass pass)
    {
        Shapes.Offsets(tokens, offsets, pooled.Length);
        For(tokens).Pool(tokens, offsets, pooling, normalize, pooled, Threads, pass);
    }

    /// <inheritdoc/>
    public void AssignNearest(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass)
    {
        Shapes.Assignment(rows, rowScales.Length, centroids.Length, assignments.Length, squaredDistances.Length);
        using INearestCentroids once = For(rows).NearestCentroids(rows, rowScales.ToArray(), centroids.Length / rows.Dim, boundBytes: 0, Threads);
        once.Assign(centroids, assignments, squaredDistances, pass);
    }

    /// <inheritdoc/>
    public INearestCentroids NearestCentroids(RowSource rows, double[] rowScales, int k, long boundBytes)
    {
        Shapes.Scales(rows, rowScales.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(boundBytes);
        return For(rows).NearestCentroids(rows, rowScales, k, boundBytes, Threads);
    }

    /// <inheritdoc/>
    public void AccumulateCentroids(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, int fractionBits, Span<long> sums, Pass pass, ReadOnlySpan<int> previous = default)
    {
        Shapes.Accumulation(rows, rowScales.Length, assignments, previous, sums.Length);
        For(rows).AccumulateCentroids(rows, rowScales, assignments, previous, fractionBits, sums, Threads, pass);
    }

    /// <inheritdoc/>
    public IMinDistances MinDistances(RowSource rows, double[] rowScales)
    {
        Shapes.Scales(rows, rowScales.Length);
        return For(rows).MinDistances(rows, rowScales, Threads);
    }

    /// <inheritdoc/>
    public RankedRows[] TopSimilarities(
        RowSource rows,
        ReadOnlySpan<double> norms,
        QueryGroups queries,
        Combination combination,
        ReadOnlySpan<ScoreRange> ranges,
        int depth,
        Pass pass,
        SimilarityTile? tile = null,
        Span<double> highest = default)
    {
        tile = Shapes.Ranking(rows, norms.Length, queries, combination, ranges.Length, depth, tile, highest.Length);
        return For(rows).TopSimilarities(rows, norms, queries, combination, ranges, depth, tile, highest, Threads, pass);
    }

    /// <inheritdoc/>
    public ScoreRange[] SimilarityRanges(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Pass pass)
    {
        Shapes.Queries(rows, norms.Length, queries);
        return For(rows).SimilarityRanges(rows, norms, queries, Threads, pass);
    }

    /// <inheritdoc/>
    public RankedRows[] SimilarRows(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<int> which,
        ReadOnlySpan<int> queries,
        ReadOnlySpan<int> until,
        int depth,
        double above,
        Pass pass)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        Shapes.One(rows, norms.Length, nameof(norms));
        Shapes.Numbers(rows, which, nameof(which));
        Shapes.Numbers(rows, queries, nameof(queries));
        Shapes.Until(until, queries.Length, which.IsEmpty ? rows.Rows : which.Length);
        return For(rows).SimilarRows(rows, norms, which, queries, until, depth, above, Threads, pass);
    }

    /// <inheritdoc/>
    public RankedRows[] NearestRows(RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> queries, int depth, Pass pass)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        Shapes.One(rows, norms.Length, nameof(norms));
        Shapes.Numbers(rows, queries, nameof(queries));
        return For(rows).NearestRows(rows, norms, queries, depth, Threads, pass);
    }

    /// <inheritdoc/>
    public void ScorePairs(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<int> candidates,
        PairMeasure measure,
        Span<double> scores,
        Pass pass)
    {
        if (measure == PairMeasure.Cosine) Shapes.One(rows, norms.Length, nameof(norms));
        Shapes.Vectors(rows, queries.Length, 0, nameof(queries));
        Shapes.Starts(starts, queries.Length / rows.Dim, candidates.Length);
        Shapes.Numbers(rows, candidates, nameof(candidates));
        if (scores.Length != candidates.Length) throw new ArgumentException($"{candidates.Length} candidates need as many scores, not {scores.Length}.", nameof(scores));
        For(rows).ScorePairs(rows, norms, queries, starts, candidates, measure, scores, Threads, pass);
    }

    /// <inheritdoc/>
    public void CoverageGains(
        RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<double> covered, ReadOnlySpan<int> queries, int fractionBits, Span<long> gains, Pass pass)
    {
        Shapes.One(rows, norms.Length, nameof(norms));
        Shapes.One(rows, covered.Length, nameof(covered));
        Shapes.Numbers(rows, queries, nameof(queries));
        if (gains.Length != queries.Length) throw new ArgumentException($"{queries.Length} queries need as many gains, not {gains.Length}.", nameof(gains));
        ArgumentOutOfRangeException.ThrowIfNegative(fractionBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fractionBits, 52);
        For(rows).CoverageGains(rows, norms, covered, queries, fractionBits, gains, Threads, pass);
    }

    /// <inheritdoc/>
    public void DotProducts(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, Pass pass)
    {
        Shapes.Vectors(rows, vectors.Length, 1, nameof(vectors));
        long wanted = checked(rows.Rows * (vectors.Length / rows.Dim));
        if (products.Length != wanted) throw new ArgumentException($"{rows.Rows} rows and {vectors.Length / rows.Dim} vectors need {wanted} products, not {products.Length}.", nameof(products));
        For(rows).DotProducts(rows, vectors, products, Threads, pass);
    }

    /// <inheritdoc/>
    public void TokenLosses(RowSource logits, ReadOnlySpan<int> columns, Span<double> losses, Pass pass)
    {
        Shapes.One(logits, columns.Length, nameof(columns));
        Shapes.One(logits, losses.Length, nameof(losses));
        Shapes.Columns(logits, columns);
        For(logits).TokenLosses(logits, columns, losses, Threads, pass);
    }

    /// <summary>Nothing to give back: workers and scratch memory live within a call.</summary>
    public void Dispose()
    {
    }

    private static ElementKernels For(RowSource rows) => rows.Element switch
    {
        ElementType.Float32 => Float32,
        ElementType.Float16 => Float16,
        ElementType.BFloat16 => BFloat16,
        ElementType.Int8 => Int8,
        _ => throw new ArgumentOutOfRangeException(nameof(rows), rows.Element, "There is no kernel for this element type."),
    };
}
