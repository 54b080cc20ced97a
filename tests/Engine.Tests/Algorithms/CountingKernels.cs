using Engine.Kernels;

namespace Engine.Tests.Algorithms;

/// <summary>The oracle, with a count of the row-to-centre distances it was asked for.</summary>
internal sealed class CountingKernels : IKernels
{
    private readonly OracleKernels _inner = new();

    public long Distances { get; private set; }

    public string Name => _inner.Name;

    public int Threads => _inner.Threads;

    public void Dispose() => _inner.Dispose();

    public RowFacts Inspect(RowSource rows, Span<double> norms, Pass pass) => _inner.Inspect(rows, norms, pass);

    public void Pool(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, Pass pass) =>
        _inner.Pool(tokens, offsets, pooling, normalize, pooled, pass);

    public void AssignNearest(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass) =>
        _inner.AssignNearest(rows, rowScales, centroids, assignments, squaredDistances, pass);

    public INearestCentroids NearestCentroids(RowSource rows, double[] rowScales, int k, long boundBytes) => _inner.NearestCentroids(rows, rowScales, k, boundBytes);

    public void AccumulateCentroids(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, int fractionBits, Span<long> sums, Pass pass, ReadOnlySpan<int> previous = default) =>
        _inner.AccumulateCentroids(rows, rowScales, assignments, fractionBits, sums, pass, previous);

    public IMinDistances MinDistances(RowSource rows, double[] rowScales) => new Counting(this, _inner.MinDistances(rows, rowScales));

    public RankedRows[] TopSimilarities(
        RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Combination combination, ReadOnlySpan<ScoreRange> ranges, int depth, Pass pass, SimilarityTile? tile = null, Span<double> highest = default) =>
        _inner.TopSimilarities(rows, norms, queries, combination, ranges, depth, pass, tile, highest);

    public ScoreRange[] SimilarityRanges(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Pass pass) =>
        _inner.SimilarityRanges(rows, norms, queries, pass);

    public RankedRows[] SimilarRows(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<int> which,
        ReadOnlySpan<int> queries,
        ReadOnlySpan<int> until,
        int depth,
        double above,
        Pass pass) => _inner.SimilarRows(rows, norms, which, queries, until, depth, above, pass);

    public RankedRows[] NearestRows(RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> queries, int depth, Pass pass) =>
        _inner.NearestRows(rows, norms, queries, depth, pass);

    public void ScorePairs(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<int> candidates,
        PairMeasure measure,
        Span<double> scores,
        Pass pass) =>
        _inner.ScorePairs(rows, norms, queries, starts, candidates, measure, scores, pass);

    public void CoverageGains(
        RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<double> covered, ReadOnlySpan<int> queries, int fractionBits, Span<long> gains, Pass pass)
    {
        Distances += rows.Rows * queries.Length;
        _inner.CoverageGains(rows, norms, covered, queries, fractionBits, gains, pass);
    }

    public void DotProducts(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, Pass pass) => _inner.DotProducts(rows, vectors, products, pass);

    public void TokenLosses(RowSource logits, ReadOnlySpan<int> columns, Span<double> losses, Pass pass) => _inner.TokenLosses(logits, columns, losses, pass);

    private sealed class Counting(CountingKernels owner, IMinDistances inner) : IMinDistances
    {
        public int Count => inner.Count;

        public long DistancesComputed => inner.DistancesComputed;

        public long RowsRead => inner.RowsRead;

        public void Add(ReadOnlySpan<double> centre, int label) => inner.Add(centre, label);

        public void Clear() => inner.Clear();

        public void Relax(ReadOnlySpan<int> which, double enough, Span<int> seen, Span<double> minSquared, Span<int> nearest, Pass pass)
        {
            Assert.Equal(which.Length, which.ToArray().Distinct().Count());
            int[] before = seen.ToArray();
            inner.Relax(which, enough, seen, minSquared, nearest, pass);
            for (int row = 0; row < before.Length; row++) owner.Distances += seen[row] - before[row];
        }

        public void Dispose() => inner.Dispose();
    }
}
