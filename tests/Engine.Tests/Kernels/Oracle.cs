using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>What every kernel must give, in plain float64 loops over decoded values. It shares no code with the product.</summary>
/// <remarks>
/// <see cref="Sum"/> is the canonical order written down once more: element j goes to lane j mod 16, lanes meet in a tree.
/// <see cref="PlainSum"/> is the ordinary left-to-right sum, which judges that order itself.
/// </remarks>
internal static class Oracle
{
    public static float Decode(byte[] bytes, long at, ElementType element, float scale) => element switch
    {
        ElementType.Float32 => BitConverter.ToSingle(bytes, checked((int)at * 4)),
        ElementType.Float16 => (float)BitConverter.ToHalf(bytes, checked((int)at * 2)),
        ElementType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, checked((int)at * 2)) << 16),
        _ => (float)(sbyte)bytes[at] * scale,
    };

    public static double Sum(int count, Func<int, double> term)
    {
        double[] lanes = new double[16];
        for (int j = 0; j < count; j++) lanes[j % 16] += term(j);
        for (int half = 8; half >= 1; half /= 2)
            for (int i = 0; i < half; i++) lanes[i] = lanes[i] + lanes[i + half];
        return lanes[0];
    }

    public static double PlainSum(int count, Func<int, double> term)
    {
        double sum = 0;
        for (int j = 0; j < count; j++) sum += term(j);
        return sum;
    }

    public static double Norm(float[] x) => Math.Sqrt(Sum(x.Length, j => (double)x[j] * x[j]));

    public static double Cosine(float[] x, float[] q)
    {
        double dot = Sum(x.Length, j => (double)x[j] * q[j]);
        return dot / (Norm(x) * Norm(q));
    }

    public static double SquaredDistance(float[] x, double scale, double[] c) => Sum(x.Length, j =>
    {
        double t = scale * x[j];
        t -= c[j];
        return t * t;
    });

    public static (int Nearest, double Squared) Nearest(float[] x, double scale, float[][] centroids)
        => Nearest(x, scale, Array.ConvertAll(centroids, c => Array.ConvertAll(c, v => (double)v)));

    public static (int Nearest, double Squared) Nearest(float[] x, double scale, double[][] centroids)
    {
        int nearest = -1;
        double best = double.PositiveInfinity;
        for (int c = 0; c < centroids.Length; c++)
        {
            double d = SquaredDistance(x, scale, centroids[c]);
            if (nearest >= 0 && !(d < best)) continue;
            nearest = c;
            best = d;
        }

        return (nearest, best);
    }

    public static float[] Pool(float[][] tokens, Pooling pooling, bool normalize)
    {
        int dim = tokens[0].Length;
        double[] pooled = new double[dim];
        for (int j = 0; j < dim; j++)
        {
            double sum = 0, weights = 0;
            for (int i = 0; i < tokens.Length; i++)
            {
                double weight = pooling switch
                {
                    Pooling.WeightedMean => i + 1,
                    Pooling.Mean => 1,
                    Pooling.First => i == 0 ? 1 : 0,
                    _ => i == tokens.Length - 1 ? 1 : 0,
                };
                sum += weight * tokens[i][j];
                weights += weight;
            }

            pooled[j] = sum / weights;
        }

        double norm = normalize ? Math.Sqrt(Sum(dim, j => pooled[j] * pooled[j])) : 1;
        return Array.ConvertAll(pooled, p => (float)(p / norm));
    }

    public static double[] GroupScores(float[] x, float[][] queries, int[] starts)
    {
        double[] scores = new double[starts.Length - 1];
        for (int g = 0; g < scores.Length; g++)
        {
            scores[g] = double.NegativeInfinity;
            for (int q = starts[g]; q < starts[g + 1]; q++) scores[g] = Math.Max(scores[g], Cosine(x, queries[q]));
        }

        return scores;
    }

    public static ScoreRange[] Ranges(float[][] rows, float[][] queries, int[] starts)
    {
        double[][] scores = Array.ConvertAll(rows, x => GroupScores(x, queries, starts));
        return [.. Enumerable.Range(0, starts.Length - 1).Select(g => new ScoreRange(scores.Min(s => s[g]), scores.Max(s => s[g])))];
    }

    public static (int[] Rows, double[] Scores, int[]? Queries)[] Top(
        float[][] rows, float[][] queries, int[] starts, Combination combination, ScoreRange[] ranges, int depth)
    {
        double[][] groups = Array.ConvertAll(rows, x => GroupScores(x, queries, starts));
        if (combination == Combination.Each)
            return [.. Enumerable.Range(0, starts.Length - 1).Select(g => Rank(Array.ConvertAll(groups, s => s[g]), depth, (r, score) => FirstWith(rows[r], queries, starts[g], score)))];
        return [Rank(Array.ConvertAll(groups, s => Combine(s, combination, ranges)), depth, combination == Combination.Max ? (r, score) => FirstWith(rows[r], queries, 0, score) : null)];
    }

    private static int FirstWith(float[] x, float[][] queries, int from, double score)
    {
        while (Cosine(x, queries[from]) != score) from++;
        return from;
    }

    private static double Combine(double[] scores, Combination combination, ScoreRange[] ranges)
    {
        if (combination == Combination.Max) return scores.Max();
        double sum = 0;
        for (int g = 0; g < scores.Length; g++)
        {
            if (combination == Combination.Mean) sum += scores[g];
            else if (ranges[g].Highest > ranges[g].Lowest) sum += (scores[g] - ranges[g].Lowest) / (ranges[g].Highest - ranges[g].Lowest);
        }

        return sum / scores.Length;
    }

    private static (int[] Rows, double[] Scores, int[]? Queries) Rank(double[] scores, int depth, Func<int, double, int>? query)
    {
        int[] rows = [.. Enumerable.Range(0, scores.Length).OrderByDescending(r => scores[r]).ThenBy(r => r).Take(depth)];
        return (rows, Array.ConvertAll(rows, r => scores[r]), query is null ? null : Array.ConvertAll(rows, r => query(r, scores[r])));
    }
}
