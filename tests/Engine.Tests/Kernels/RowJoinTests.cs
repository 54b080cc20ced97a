using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Rows compared with rows of the same matrix, bit for bit against the oracle: neighbours by cosine and by distance, facility-location gains, dot products.</summary>
public sealed class RowJoinTests
{
    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void EveryElementAndLength(string set, ElementType element)
    {
        foreach (int dim in new[] { 1, 2, 15, 16, 17, 40, 257 })
        {
            using TestRows rows = new(Values(dim, 70, dim), dim, element, Cases.ScaleOf(element), padding: 3, longestBlock: 11);
            Check(set, 2, rows, [.. Enumerable.Range(0, 70).Where(r => r % 3 != 2).Reverse()], [0, 69, 5, 5, 33, 34, 35]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void AlmostEqualRowsWhereFloat32CannotDecide(string set)
    {
        const int Dim = 48, Count = 90;
        float[] one = Values(3, 1, Dim), values = new float[Count * Dim];
        for (int r = 0; r < Count; r++)
        {
            one.CopyTo(values, r * Dim);
            values[(r * Dim) + (r % Dim)] = MathF.BitIncrement(values[(r * Dim) + (r % Dim)]);
            values[(r * Dim) + (r * 7 % Dim)] *= 1 + (r % 4 * 2e-6f);
        }

        using TestRows rows = new(values, Dim);
        Check(set, 3, rows, [], [.. Enumerable.Range(0, 40)]);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void CopiesAreNeighboursInRowOrder(string set)
    {
        using TestRows rows = new([.. Enumerable.Range(0, 50).SelectMany(_ => new[] { 3f, -1f, 0.5f })], 3);
        using IKernels kernels = Cases.Open(set, 3);
        double[] norms = Cases.Norms(rows);
        Assert.Equal([0, 1, 3], kernels.NearestRows(rows, norms, [2], 3, Pass.Unwatched)[0].Rows);
        Assert.Equal([0.0, 0, 0], kernels.NearestRows(rows, norms, [2], 3, Pass.Unwatched)[0].Scores);
        Assert.Equal([0, 1], kernels.SimilarRows(rows, norms, [], [2], [2], 5, 0.5, Pass.Unwatched)[0].Rows);
        Assert.Empty(kernels.SimilarRows(rows, norms, [], [2], [], 5, 1.5, Pass.Unwatched)[0].Rows);
    }

    [Theory]
    [InlineData(1e38f)]
    [InlineData(1e19f)]
    [InlineData(1e-20f)]
    [InlineData(1e-42f)]
    public void Magnitudes(float size)
    {
        const int Dim = 21, Count = 60;
        float[] values = Array.ConvertAll(Cases.Values(29, Count * Dim), v => v / 20 * size);
        for (int r = 0; r < Count; r++) values[(r * Dim) + (r % Dim)] = r % 2 == 0 ? size : size / 3;
        using TestRows rows = new(values, Dim);
        foreach (string set in Cases.SetNames) Check(set, 2, rows, [], [0, 7, 59]);
    }

    [Fact]
    public void ShapesAreChecked()
    {
        using TestRows rows = new([1, 0, 0, 1], 2);
        using IKernels kernels = Cases.Open("cpu-scalar");
        double[] norms = [1, 1];
        Assert.Throws<ArgumentException>(() => kernels.SimilarRows(rows, norms, [], [2], [], 1, 0, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.SimilarRows(rows, norms, [-1], [0], [], 1, 0, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.SimilarRows(rows, norms, [0], [0], [2], 1, 0, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.SimilarRows(rows, [1, 0], [], [0], [], 1, 0, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.NearestRows(rows, [1], [0], 1, Pass.Unwatched));
        Assert.Throws<ArgumentOutOfRangeException>(() => kernels.NearestRows(rows, norms, [0], 0, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.CoverageGains(rows, norms, norms, [0], 10, new long[2], Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.DotProducts(rows, [1, 2], new double[3], Pass.Unwatched));
        Assert.Empty(kernels.NearestRows(rows, norms, [], 1, Pass.Unwatched));
    }

    private static float[] Values(int seed, int count, int dim)
    {
        float[] values = Cases.Values(seed, count * dim);
        for (int r = 0; r < count; r++) values[r * dim] = values[r * dim] < 0.1f ? 1.5f : values[r * dim];
        for (int r = 9; r < count; r += 9) values.AsSpan((r - 9) * dim, dim).CopyTo(values.AsSpan(r * dim));
        return values;
    }

    private static void Check(string set, int threads, TestRows rows, int[] which, int[] queries)
    {
        using IKernels kernels = Cases.Open(set, threads);
        float[][] x = rows.Decoded;
        double[] norms = Cases.Norms(rows);
        int[] candidates = which.Length == 0 ? [.. Enumerable.Range(0, x.Length)] : which;
        int[] until = [.. queries.Select((_, q) => (q * 13 + 7) % (candidates.Length + 1))];
        foreach ((int depth, double above, int[] limits) in new[] { (1, 0.3, until), (6, double.NegativeInfinity, []), (200, 0.0, until) })
        {
            RankedRows[] lists = kernels.SimilarRows(rows, norms, which, queries, limits, depth, above, Pass.Unwatched);
            for (int q = 0; q < queries.Length; q++)
            {
                var right = candidates.Take(limits.Length == 0 ? candidates.Length : limits[q]).Where(r => r != queries[q]).Select(r => (Row: r, Cosine: Oracle.Cosine(x[r], x[queries[q]])))
                    .Where(like => like.Cosine > above).OrderByDescending(like => like.Cosine).ThenBy(like => like.Row).Take(depth).ToArray();
                Assert.Equal(right.Select(like => like.Row), lists[q].Rows);
                Assert.Equal(right.Select(like => like.Cosine), lists[q].Scores);
            }
        }

        RankedRows[] nearest = kernels.NearestRows(rows, norms, queries, 7, Pass.Unwatched);
        for (int q = 0; q < queries.Length; q++)
        {
            double[] centre = Array.ConvertAll(x[queries[q]], v => (double)v);
            var right = Enumerable.Range(0, x.Length).Where(r => r != queries[q]).Select(r => (Row: r, Squared: Oracle.SquaredDistance(x[r], 1, centre)))
                .OrderBy(n => n.Squared).ThenBy(n => n.Row).Take(7).ToArray();
            Assert.Equal(right.Select(n => n.Row), nearest[q].Rows);
            Assert.Equal(right.Select(n => n.Squared), nearest[q].Scores);
        }

        double[] covered = [.. Enumerable.Range(0, x.Length).Select(r => (r % 5 * 0.4) - 1)];
        long[] gains = [.. Enumerable.Repeat(-1L, queries.Length)];
        kernels.CoverageGains(rows, norms, covered, queries, 40, gains, Pass.Unwatched);
        Assert.Equal(queries.Select(q => Enumerable.Range(0, x.Length).Sum(r => (long)Math.Round(Math.Max(0, Oracle.Cosine(x[r], x[q]) - covered[r]) * (1L << 40), MidpointRounding.ToEven))), gains);

        double[] vectors = Array.ConvertAll(Cases.Values(77, 6 * rows.Dim), v => v / 7.0), products = new double[x.Length * 6];
        kernels.DotProducts(rows, vectors, products, Pass.Unwatched);
        for (int r = 0; r < x.Length; r++)
            for (int v = 0; v < 6; v++) Assert.Equal(Oracle.Sum(rows.Dim, j => x[r][j] * vectors[(v * rows.Dim) + j]), products[(r * 6) + v]);
        Assert.Equal(0, rows.Borrowed);
    }
}
