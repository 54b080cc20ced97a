using Engine.Kernels;

namespace Engine.Indexes;

/// <summary>A kernel set whose searches for similar and for near rows go through an index: what they return is scored and ordered exactly, but rows may be missing from it. All else is exact.</summary>
/// <remarks>An algorithm over this set is the approximate form of itself and need not know. Its searches are over the one matrix and the queries they are first given.</remarks>
/// <param name="exact">The set that does the rest; not owned.</param>
/// <param name="open">Begins the search, once the queries are known.</param>
/// <param name="measured">Told after every measurement of recall; may refuse by throwing.</param>
internal sealed class IndexedKernels(IKernels exact, Func<QuerySet, IndexedSearch> open, Action<IndexedSearch> measured) : IKernels
{
    private int _depth;

    /// <summary>The search, once one was asked for.</summary>
    public IndexedSearch? Search { get; private set; }

    /// <inheritdoc/>
    public string Name => exact.Name;

    /// <inheritdoc/>
    public int Threads => exact.Threads;

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
        if (combination is not (Combination.Each or Combination.Max)) throw new ArgumentException("An index ranks by single cosines; a mean is of all of them.", nameof(combination));
        if (!highest.IsEmpty || (tile is not null && (tile.FirstRow != 0 || tile.EndRow != rows.Rows))) throw new ArgumentException("An index searches all rows at once.", nameof(tile));
        double[] lengths = norms.ToArray();
        IndexedSearch search = Ready(() => new VectorQueries(rows, lengths, queries, exact), depth);
        int[] all = [.. Enumerable.Range(0, queries.Count)];
        RankedRows[] lists = search.Find(all, depth);
        if (combination == Combination.Each && queries.Groups == queries.Count) return [.. lists.Select((list, q) => list with { Queries = [.. Enumerable.Repeat(q, list.Rows.Length)] })];

        // Scores of several queries together are taken over all of them: every row that any of them found is scored anew against each.
        int[] union = [.. lists.SelectMany(list => list.Rows).Distinct().Order()];
        using RowSubset candidates = new(rows, union);
        RankedRows[] ranked = exact.TopSimilarities(candidates, Array.ConvertAll(union, row => lengths[row]), queries, combination, ranges, depth, pass);
        return [.. ranked.Select(list => list with { Rows = Array.ConvertAll(list.Rows, place => union[place]) })];
    }

    /// <inheritdoc/>
    public RankedRows[] NearestRows(RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> queries, int depth, Pass pass)
    {
        double[] lengths = Search is null ? norms.ToArray() : [];
        return Ready(() => new MatrixQueries(rows, lengths, IndexMetric.L2, exact), depth).Find(queries.ToArray(), depth);
    }

    /// <inheritdoc/>
    public RankedRows[] SimilarRows(
        RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> which, ReadOnlySpan<int> queries, ReadOnlySpan<int> until, int depth, double above, Pass pass)
    {
        if (!which.IsEmpty || !until.IsEmpty) throw new ArgumentException("An index searches all rows.", nameof(which));
        double[] lengths = Search is null ? norms.ToArray() : [];
        return [.. Ready(() => new MatrixQueries(rows, lengths, IndexMetric.Cosine, exact), depth).Find(queries.ToArray(), depth).Select(list => Above(list, above))];
    }

    /// <inheritdoc/>
    public RowFacts Inspect(RowSource rows, Span<double> norms, Pass pass) => exact.Inspect(rows, norms, pass);

    /// <inheritdoc/>
    public void Pool(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, Pass pass) =>
        exact.Pool(tokens, offsets, pooling, normalize, pooled, pass);

    /// <inheritdoc/>
    public void AssignNearest(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass) =>
        exact.AssignNearest(rows, rowScales, centroids, assignments, squaredDistances, pass);

    /// <inheritdoc/>
    public INearestCentroids NearestCentroids(RowSource rows, double[] rowScales, int k, long boundBytes) => exact.NearestCentroids(rows, rowScales, k, boundBytes);

    /// <inheritdoc/>
    public void AccumulateCentroids(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, int fractionBits, Span<long> sums, Pass pass, ReadOnlySpan<int> previous = default) =>
        exact.AccumulateCentroids(rows, rowScales, assignments, fractionBits, sums, pass, previous);

    /// <inheritdoc/>
    public IMinDistances MinDistances(RowSource rows, double[] rowScales) => exact.MinDistances(rows, rowScales);

    /// <inheritdoc/>
    public ScoreRange[] SimilarityRanges(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Pass pass) => exact.SimilarityRanges(rows, norms, queries, pass);

    /// <inheritdoc/>
    public void ScorePairs(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<int> candidates,
        PairMeasure measure,
        Span<double> scores,
        Pass pass) => exact.ScorePairs(rows, norms, queries, starts, candidates, measure, scores, pass);

    /// <inheritdoc/>
    public void CoverageGains(
        RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<double> covered, ReadOnlySpan<int> queries, int fractionBits, Span<long> gains, Pass pass) =>
        exact.CoverageGains(rows, norms, covered, queries, fractionBits, gains, pass);

    /// <inheritdoc/>
    public void DotProducts(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, Pass pass) => exact.DotProducts(rows, vectors, products, pass);

    /// <inheritdoc/>
    public void TokenLosses(RowSource logits, ReadOnlySpan<int> columns, Span<double> losses, Pass pass) => exact.TokenLosses(logits, columns, losses, pass);

    /// <summary>Frees the index; the exact set stays.</summary>
    public void Dispose() => Search?.Dispose();

    private static RankedRows Above(RankedRows list, double above)
    {
        int length = list.Scores.TakeWhile(score => score > above).Count();
        return length == list.Scores.Length ? list : new RankedRows(list.Rows[..length], list.Scores[..length]);
    }

    private IndexedSearch Ready(Func<QuerySet> queries, int depth)
    {
        Search ??= open(queries());
        if (_depth == depth) return Search;
        Search.Prepare(depth);
        _depth = depth;
        measured(Search);
        return Search;
    }
}
