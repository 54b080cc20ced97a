namespace Engine.Kernels.Cpu;

/// <summary>The kernels of one set for one element type; the calls are those of <see cref="IKernels"/> after the shape checks.</summary>
internal abstract class ElementKernels
{
    public abstract RowFacts Inspect(RowSource rows, Span<double> norms, int threads, Pass pass);

    public abstract void Pool(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, int threads, Pass pass);

    public abstract INearestCentroids NearestCentroids(RowSource rows, double[] rowScales, int k, long boundBytes, int threads);

    public abstract void AccumulateCentroids(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, ReadOnlySpan<int> previous, int fractionBits, Span<long> sums, int threads, Pass pass);

    public abstract IMinDistances MinDistances(RowSource rows, double[] rowScales, int threads);

    public abstract RankedRows[] TopSimilarities(
        RowSource rows,
        ReadOnlySpan<double> norms,
        QueryGroups queries,
        Combination combination,
        ReadOnlySpan<ScoreRange> ranges,
        int depth,
        SimilarityTile tile,
        Span<double> highest,
        int threads,
        Pass pass);

    public abstract ScoreRange[] SimilarityRanges(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, int threads, Pass pass);

    public abstract RankedRows[] SimilarRows(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<int> which,
        ReadOnlySpan<int> queries,
        ReadOnlySpan<int> until,
        int depth,
        double above,
        int threads,
        Pass pass);

    public abstract RankedRows[] NearestRows(RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> queries, int depth, int threads, Pass pass);

    public abstract void ScorePairs(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<int> candidates,
        PairMeasure measure,
        Span<double> scores,
        int threads,
        Pass pass);

    public abstract void CoverageGains(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<double> covered,
        ReadOnlySpan<int> queries,
        int fractionBits,
        Span<long> gains,
        int threads,
        Pass pass);

    public abstract void DotProducts(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, int threads, Pass pass);

    public abstract void TokenLosses(RowSource logits, ReadOnlySpan<int> columns, Span<double> losses, int threads, Pass pass);
}

/// <summary>The kernels for one width and one element type.</summary>
internal sealed unsafe class ElementKernels<TLanes, TFloat, TDouble, TElement> : ElementKernels
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    public override RowFacts Inspect(RowSource rows, Span<double> norms, int threads, Pass pass)
        => RowInspection<TLanes, TFloat, TDouble, TElement>.Run(rows, norms, threads, pass);

    public override void Pool(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, int threads, Pass pass)
        => WeightedMeanPool<TLanes, TFloat, TDouble, TElement>.Run(tokens, offsets, pooling, normalize, pooled, threads, pass);

    public override INearestCentroids NearestCentroids(RowSource rows, double[] rowScales, int k, long boundBytes, int threads)
        => new NearestCentroids<TLanes, TFloat, TDouble, TElement>(rows, rowScales, k, boundBytes, threads);

    public override void AccumulateCentroids(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, ReadOnlySpan<int> previous, int fractionBits, Span<long> sums, int threads, Pass pass)
        => CentroidSums<TLanes, TFloat, TDouble, TElement>.Run(rows, rowScales, assignments, previous, fractionBits, sums, threads, pass);

    public override IMinDistances MinDistances(RowSource rows, double[] rowScales, int threads)
        => new MinDistances<TLanes, TFloat, TDouble, TElement>(rows, rowScales, threads);

    public override RankedRows[] TopSimilarities(
        RowSource rows,
        ReadOnlySpan<double> norms,
        QueryGroups queries,
        Combination combination,
        ReadOnlySpan<ScoreRange> ranges,
        int depth,
        SimilarityTile tile,
        Span<double> highest,
        int threads,
        Pass pass)
    {
        // The highest score of any group is the highest cosine of any query: one group of them all.
        int[] starts = combination == Combination.Max ? [0, queries.Count] : queries.Starts;

        // All arrays stay fixed until the pass is done.
        fixed (double* lengths = norms)
        fixed (float* vectors = queries.Vectors)
        fixed (double* best = highest)
        {
            using SimilarityQueries<TLanes, TFloat, TDouble> packed = new(vectors, queries.Count, queries.Dim, starts, estimated: true);
            SimilarityPass<TLanes, TFloat, TDouble> job = new(rows, lengths, packed, pass, best);
            return combination is Combination.Each or Combination.Max
                ? GroupLists<TLanes, TFloat, TDouble, TElement>.Run(job, depth, tile, threads)
                : [MeanList<TLanes, TFloat, TDouble, TElement>.Run(job, ranges.ToArray(), depth, tile, threads)];
        }
    }

    public override ScoreRange[] SimilarityRanges(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, int threads, Pass pass)
    {
        // Both arrays stay fixed until the pass is done.
        fixed (double* lengths = norms)
        fixed (float* vectors = queries.Vectors)
        {
            using SimilarityQueries<TLanes, TFloat, TDouble> packed = new(vectors, queries.Count, queries.Dim, queries.Starts, estimated: true);
            return GroupRanges<TLanes, TFloat, TDouble, TElement>.Run(new(rows, lengths, packed, pass), threads);
        }
    }

    public override RankedRows[] SimilarRows(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<int> which,
        ReadOnlySpan<int> queries,
        ReadOnlySpan<int> until,
        int depth,
        double above,
        int threads,
        Pass pass)
    {
        if (queries.IsEmpty) return [];
        using RowQueries vectors = new(rows, queries);
        using CosineNeighbourhood<TLanes, TFloat, TDouble> measure = new(vectors);
        return RowNeighbours<TLanes, TFloat, TDouble, TElement>.Run(rows, norms, which, queries, until, measure, depth, above, threads, pass);
    }

    public override RankedRows[] NearestRows(RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> queries, int depth, int threads, Pass pass)
    {
        if (queries.IsEmpty) return [];
        using RowQueries vectors = new(rows, queries);
        using DistanceNeighbourhood<TLanes, TFloat, TDouble> measure = new(vectors);
        RankedRows[] lists = RowNeighbours<TLanes, TFloat, TDouble, TElement>.Run(rows, norms, [], queries, [], measure, depth, double.NegativeInfinity, threads, pass);
        return Array.ConvertAll(lists, list => list with { Scores = Array.ConvertAll(list.Scores, score => -score) });
    }

    public override void ScorePairs(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<int> candidates,
        PairMeasure measure,
        Span<double> scores,
        int threads,
        Pass pass)
        => PairScores<TLanes, TFloat, TDouble, TElement>.Run(rows, norms, queries, starts, candidates, measure, scores, threads, pass);

    public override void CoverageGains(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<double> covered,
        ReadOnlySpan<int> queries,
        int fractionBits,
        Span<long> gains,
        int threads,
        Pass pass)
    {
        gains.Clear();
        if (queries.IsEmpty) return;
        using RowQueries vectors = new(rows, queries);

        // The spans stay fixed until the pass is done.
        fixed (double* lengths = norms)
        fixed (double* nearest = covered)
        {
            using SimilarityQueries<TLanes, TFloat, TDouble> packed = new(vectors.Pointer, vectors.Count, vectors.Dim, [0, vectors.Count], estimated: true);
            CoverageSums<TLanes, TFloat, TDouble, TElement>.Run(new(rows, lengths, packed, pass), nearest, fractionBits, gains, threads);
        }
    }

    public override void DotProducts(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, int threads, Pass pass)
        => RowProducts<TLanes, TFloat, TDouble, TElement>.Run(rows, vectors, products, threads, pass);

    public override void TokenLosses(RowSource logits, ReadOnlySpan<int> columns, Span<double> losses, int threads, Pass pass)
        => TokenLosses<TLanes, TFloat, TDouble, TElement>.Run(logits, columns, losses, threads, pass);
}
