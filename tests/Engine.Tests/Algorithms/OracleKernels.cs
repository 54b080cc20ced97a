using Engine.Kernels;

namespace Engine.Tests.Algorithms;

/// <summary>The kernel contract in the plainest double-precision loops: one row at a time, one element after the other, full sorts.</summary>
internal sealed class OracleKernels : IKernels
{
    public string Name => "oracle";

    public int Threads => 1;

    public void Dispose()
    {
    }

    public RowFacts Inspect(RowSource rows, Span<double> norms, Pass pass)
    {
        long nonFinite = -1, zero = -1;
        float largest = 0;
        for (int r = 0; r < rows.Rows; r++)
        {
            float[] row = Stored(rows, r, pass);
            if (nonFinite < 0 && row.Any(x => !float.IsFinite(x))) nonFinite = r;
            if (zero < 0 && row.All(x => x == 0)) zero = r;
            foreach (float x in row)
                if (float.IsFinite(x)) largest = Math.Max(largest, Math.Abs(x));
            if (!norms.IsEmpty) norms[r] = Math.Sqrt(row.Sum(x => (double)x * x));
        }

        return new RowFacts(nonFinite, zero, largest);
    }

    public void Pool(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, Pass pass)
    {
        for (int record = 0; record + 1 < offsets.Length; record++)
        {
            long first = offsets[record], length = offsets[record + 1] - first;
            double[] sum = new double[tokens.Dim];
            double weights = 0;
            for (long t = 0; t < length; t++)
            {
                double weight = pooling switch
                {
                    Pooling.WeightedMean => t + 1,
                    Pooling.Mean => 1,
                    Pooling.Last => t == length - 1 ? 1 : 0,
                    _ => t == 0 ? 1 : 0,
                };
                weights += weight;
                float[] token = Stored(tokens, first + t, pass);
                for (int i = 0; i < sum.Length; i++) sum[i] += weight * token[i];
            }

            double norm = normalize ? Math.Sqrt(sum.Sum(x => x * x)) : weights;
            if (norm == 0) throw new ArgumentException($"Record {record} has a zero vector.");
            for (int i = 0; i < sum.Length; i++) pooled[record * sum.Length + i] = (float)(sum[i] / norm);
        }
    }

    public void AssignNearest(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass)
    {
        for (int r = 0; r < rows.Rows; r++)
        {
            double[] row = Scaled(rows, rowScales, r, pass);
            (int best, double least) = (-1, double.PositiveInfinity);
            for (int c = 0; c * row.Length < centroids.Length; c++)
            {
                double squared = 0;
                for (int i = 0; i < row.Length; i++)
                {
                    double difference = row[i] - centroids[c * row.Length + i];
                    squared += difference * difference;
                }

                if (squared < least) (best, least) = (c, squared);
            }

            assignments[r] = best;
            squaredDistances[r] = least;
        }
    }

    public INearestCentroids NearestCentroids(RowSource rows, double[] rowScales, int k, long boundBytes) => new Forgetful(this, rows, rowScales, k);

    public void AccumulateCentroids(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, int fractionBits, Span<long> sums, Pass pass, ReadOnlySpan<int> previous = default)
    {
        for (int r = 0; r < rows.Rows; r++)
        {
            double[] row = Scaled(rows, rowScales, r, pass);
            for (int i = 0; i < row.Length; i++)
            {
                checked
                {
                    long share = (long)Math.Round(row[i] * Math.Pow(2, fractionBits), MidpointRounding.ToEven);
                    if (assignments[r] >= 0) sums[assignments[r] * row.Length + i] += share;
                    if (!previous.IsEmpty && previous[r] >= 0) sums[previous[r] * row.Length + i] -= share;
                }
            }
        }
    }

    public IMinDistances MinDistances(RowSource rows, double[] rowScales) => new GrowingCentres(rows, rowScales);

    public RankedRows[] TopSimilarities(
        RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Combination combination, ReadOnlySpan<ScoreRange> ranges, int depth, Pass pass, SimilarityTile? tile = null, Span<double> highest = default)
    {
        double[][] scores = GroupScores(rows, norms, queries, pass, out int[][] best);
        for (int r = 0; r < highest.Length; r++) highest[r] = scores.Max(group => group[r]);
        if (combination == Combination.Each) return [.. scores.Select((group, g) => Ranked(group, depth, best[g], tile, g))];

        ScoreRange[] bounds = ranges.ToArray();
        double[] combined = new double[rows.Rows];
        for (int r = 0; r < combined.Length; r++)
        {
            combined[r] = combination switch
            {
                Combination.Max => scores.Max(group => group[r]),
                Combination.Mean => scores.Average(group => group[r]),
                _ => scores.Select((group, g) => bounds[g].Highest > bounds[g].Lowest
                    ? (group[r] - bounds[g].Lowest) / (bounds[g].Highest - bounds[g].Lowest) : 0).Average(),
            };
        }

        if (combination != Combination.Max) return [Ranked(combined, depth, null, tile, 0)];
        return [Ranked(combined, depth, [.. Enumerable.Range(0, combined.Length).Select(r => best[Array.FindIndex(scores, group => group[r] == combined[r])][r])], tile, 0)];
    }

    public ScoreRange[] SimilarityRanges(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Pass pass) =>
        [.. GroupScores(rows, norms, queries, pass, out _).Select(group => new ScoreRange(group.Min(), group.Max()))];

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
        int[] candidates = which.IsEmpty ? [.. Enumerable.Range(0, (int)rows.Rows)] : which.ToArray();
        RankedRows[] lists = new RankedRows[queries.Length];
        for (int q = 0; q < lists.Length; q++)
        {
            int query = queries[q];
            (int Row, double Cosine)[] likes = [.. candidates.Take(until.IsEmpty ? candidates.Length : until[q]).Where(row => row != query)
                .Select(row => (row, Cosine(rows, row, query, pass))).Where(like => like.Item2 > above).OrderByDescending(like => like.Item2).ThenBy(like => like.row).Take(depth)];
            lists[q] = new RankedRows([.. likes.Select(like => like.Row)], [.. likes.Select(like => like.Cosine)]);
        }

        return lists;
    }

    public RankedRows[] NearestRows(RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> queries, int depth, Pass pass) =>
        Array.ConvertAll(queries.ToArray(), query =>
        {
            (int Row, double Squared)[] near = [.. Enumerable.Range(0, (int)rows.Rows).Where(row => row != query)
                .Select(row => (row, Stored(rows, row, pass).Zip(Stored(rows, query, pass), (x, y) => ((double)x - y) * ((double)x - y)).Sum())).OrderBy(n => n.Item2).ThenBy(n => n.row).Take(depth)];
            return new RankedRows([.. near.Select(n => n.Row)], [.. near.Select(n => n.Squared)]);
        });

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
        for (int q = 0; q + 1 < starts.Length; q++)
        {
            float[] query = queries.Slice(q * rows.Dim, rows.Dim).ToArray();
            for (int at = starts[q]; at < starts[q + 1]; at++)
            {
                float[] row = Stored(rows, candidates[at], pass);
                scores[at] = measure == PairMeasure.Cosine
                    ? row.Zip(query, (x, y) => (double)x * y).Sum() / (norms[candidates[at]] * Math.Sqrt(query.Sum(y => (double)y * y)))
                    : row.Zip(query, (x, y) => ((double)x - y) * ((double)x - y)).Sum();
            }
        }
    }

    public void CoverageGains(
        RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<double> covered, ReadOnlySpan<int> queries, int fractionBits, Span<long> gains, Pass pass)
    {
        for (int q = 0; q < queries.Length; q++)
        {
            gains[q] = 0;
            for (int r = 0; r < rows.Rows; r++)
                gains[q] += (long)Math.Round(Math.Max(0, Cosine(rows, r, queries[q], pass) - covered[r]) * Math.Pow(2, fractionBits), MidpointRounding.ToEven);
        }
    }

    public void DotProducts(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, Pass pass)
    {
        int count = vectors.Length / rows.Dim;
        for (int r = 0; r < rows.Rows; r++)
        {
            float[] row = Stored(rows, r, pass);
            for (int v = 0; v < count; v++)
            {
                double dot = 0;
                for (int i = 0; i < row.Length; i++) dot += row[i] * vectors[v * row.Length + i];
                products[r * count + v] = dot;
            }
        }
    }

    public void TokenLosses(RowSource logits, ReadOnlySpan<int> columns, Span<double> losses, Pass pass)
    {
        for (int r = 0; r < logits.Rows; r++)
        {
            float[] row = Stored(logits, r, pass);
            double highest = row.Max();
            losses[r] = Math.Log(row.Sum(x => Math.Exp(x - highest))) - (row[columns[r]] - highest);
        }
    }

    private static double Cosine(RowSource rows, int a, int b, Pass pass)
    {
        float[] x = Stored(rows, a, pass), y = Stored(rows, b, pass);
        double dot = x.Zip(y, (u, v) => (double)u * v).Sum();
        return dot / (Math.Sqrt(x.Sum(u => (double)u * u)) * Math.Sqrt(y.Sum(v => (double)v * v)));
    }

    private static double[][] GroupScores(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Pass pass, out int[][] named)
    {
        named = [.. Enumerable.Range(0, queries.Groups).Select(_ => new int[rows.Rows])];
        double[][] scores = [.. Enumerable.Range(0, queries.Groups).Select(_ => new double[rows.Rows])];
        for (int r = 0; r < rows.Rows; r++)
        {
            float[] row = Stored(rows, r, pass);
            for (int g = 0; g < queries.Groups; g++)
            {
                double best = double.NegativeInfinity;
                for (int q = queries.Starts[g]; q < queries.Starts[g + 1]; q++)
                {
                    ReadOnlySpan<float> query = queries.Vectors.AsSpan(q * queries.Dim, queries.Dim);
                    double dot = 0, squares = 0;
                    for (int i = 0; i < row.Length; i++)
                    {
                        dot += (double)row[i] * query[i];
                        squares += (double)query[i] * query[i];
                    }

                    double cosine = dot / (norms[r] * Math.Sqrt(squares));
                    if (cosine > best) (best, named[g][r]) = (cosine, q);
                }

                scores[g][r] = best;
            }
        }

        return scores;
    }

    private static RankedRows Ranked(double[] scores, int depth, int[]? queries, SimilarityTile? tile, int list)
    {
        int[] rows = [.. Enumerable.Range(0, scores.Length).Where(r => tile is null || (r >= tile.FirstRow && r < tile.EndRow)).Concat(tile is { Before.Length: > 0 } ? tile.Before[list].Rows : [])];
        int[] order = [.. rows.OrderByDescending(r => scores[r]).ThenBy(r => r).Take(depth)];
        return new RankedRows(order, [.. order.Select(r => scores[r])], queries is null ? null : [.. order.Select(r => queries[r])]);
    }

    private static float[] Stored(RowSource rows, long row, Pass pass)
    {
        pass.Cancel.ThrowIfCancellationRequested();
        float[] values = new float[rows.Dim];
        rows.CopyRow(row, values);
        return values;
    }

    private static double[] Scaled(RowSource rows, ReadOnlySpan<double> scales, int row, Pass pass)
    {
        double scale = scales.IsEmpty ? 1 : scales[row];
        return [.. Stored(rows, row, pass).Select(x => x * scale)];
    }

    private sealed class GrowingCentres(RowSource rows, double[] rowScales) : IMinDistances
    {
        private readonly List<double[]> _centres = [];
        private readonly List<int> _labels = [];

        public int Count => _centres.Count;

        public long DistancesComputed { get; private set; }

        public long RowsRead { get; private set; }

        public void Add(ReadOnlySpan<double> centre, int label)
        {
            _centres.Add(centre.ToArray());
            _labels.Add(label);
        }

        public void Clear()
        {
            _centres.Clear();
            _labels.Clear();
        }

        public void Relax(ReadOnlySpan<int> which, double enough, Span<int> seen, Span<double> minSquared, Span<int> nearest, Pass pass)
        {
            for (int at = 0; at < (which.IsEmpty ? rows.Rows : which.Length); at++)
            {
                int r = which.IsEmpty ? at : which[at];
                double[] row = Scaled(rows, rowScales, r, pass);
                if (seen[r] < Count && !(minSquared[r] < enough)) RowsRead++;
                while (seen[r] < Count && !(minSquared[r] < enough))
                {
                    do
                    {
                        DistancesComputed++;
                        double squared = 0;
                        for (int i = 0; i < row.Length; i++) squared += (row[i] - _centres[seen[r]][i]) * (row[i] - _centres[seen[r]][i]);
                        if (squared >= minSquared[r]) continue;
                        minSquared[r] = squared;
                        if (!nearest.IsEmpty) nearest[r] = _labels[seen[r]];
                    }
                    while (++seen[r] < Count && seen[r] % IMinDistances.Step != 0);
                }
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Repeated assignment that remembers nothing.</summary>
    private sealed class Forgetful(OracleKernels kernels, RowSource rows, double[] rowScales, int k) : INearestCentroids
    {
        public long DistancesComputed { get; private set; }

        public void Assign(ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass)
        {
            kernels.AssignNearest(rows, rowScales, centroids, assignments, squaredDistances, pass);
            DistancesComputed += rows.Rows * k;
        }

        public void Dispose()
        {
        }
    }
}
