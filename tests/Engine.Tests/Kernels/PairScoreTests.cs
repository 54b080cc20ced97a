using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Scores of pairs, bit for bit those that the searches decide by.</summary>
public sealed class PairScoreTests
{
    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void PairsHaveTheScoresOfSearches(string set, ElementType element)
    {
        foreach (int dim in new[] { 1, 15, 16, 40, 129 })
        {
            const int Count = 40;
            float[] values = Cases.Values(dim, Count * dim);
            for (int r = 0; r < Count; r++) values[r * dim] = Math.Abs(values[r * dim]) + 0.5f;
            using TestRows rows = new(values, dim, element, Cases.ScaleOf(element), padding: 3, longestBlock: 7);
            double[] norms = Cases.Norms(rows);
            using IKernels kernels = Cases.Open(set, 2);
            int[] asked = [3, 0, 39];
            float[] queries = new float[asked.Length * dim];
            for (int q = 0; q < asked.Length; q++) rows.CopyRow(asked[q], queries.AsSpan(q * dim, dim));

            RankedRows[] near = kernels.NearestRows(rows, norms, asked, Count - 1, Pass.Unwatched);
            Same(near, Scores(kernels, rows, norms, queries, near, PairMeasure.SquaredDistance));
            RankedRows[] alike = kernels.TopSimilarities(rows, norms, new QueryGroups(queries, dim, [0, 1, 2, 3]), Combination.Each, [], Count, Pass.Unwatched);
            Same(alike, Scores(kernels, rows, norms, queries, alike, PairMeasure.Cosine));
        }
    }

    [Fact]
    public void ShapesAreChecked()
    {
        using TestRows rows = new(Cases.Values(1, 12), 3);
        using IKernels kernels = KernelSets.Best(1);
        double[] norms = Cases.Norms(rows), one = new double[1];
        float[] query = new float[3];
        kernels.ScorePairs(rows, [], [], [0], [], PairMeasure.SquaredDistance, [], Pass.Unwatched);
        Assert.Throws<ArgumentException>(() => kernels.ScorePairs(rows, norms.AsSpan(1), query, [0, 1], [0], PairMeasure.Cosine, one, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.ScorePairs(rows, norms, query, [0, 1], [4], PairMeasure.Cosine, one, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.ScorePairs(rows, norms, query, [0], [], PairMeasure.Cosine, [], Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.ScorePairs(rows, norms, query, [0, 2], [0], PairMeasure.Cosine, one, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.ScorePairs(rows, norms, query, [0, 1], [0], PairMeasure.Cosine, [], Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.ScorePairs(rows, norms, new float[6], [0, 1, 0], [], PairMeasure.Cosine, [], Pass.Unwatched));
    }

    private static double[] Scores(IKernels kernels, RowSource rows, double[] norms, float[] queries, RankedRows[] lists, PairMeasure measure)
    {
        int[] starts = [0, .. lists.Select((_, i) => lists.Take(i + 1).Sum(list => list.Rows.Length))];
        double[] scores = new double[starts[^1]];
        kernels.ScorePairs(rows, norms, queries, starts, [.. lists.SelectMany(list => list.Rows)], measure, scores, Pass.Unwatched);
        return scores;
    }

    private static void Same(RankedRows[] lists, double[] scores) =>
        Assert.Equal(lists.SelectMany(list => list.Scores).Select(BitConverter.DoubleToInt64Bits), scores.Select(BitConverter.DoubleToInt64Bits));
}
