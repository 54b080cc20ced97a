using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>Lists and ranges of cosines are the canonical ones, in the canonical order, however wrong a float32 proposal would be.</summary>
public class SimilarityTests
{
    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void EveryCombinationAndDepth(string set, ElementType element)
    {
        // Groups of one, of more than a panel, and across panels; 61 queries leave the last panel part empty.
        const int Dim = 43, Count = 330;
        float[] vectors = Cases.Values(21, 61 * Dim);
        QueryGroups queries = new(vectors, Dim, [0, 1, 18, 19, 23, 61]);
        using TestRows rows = new(Cases.Values(22, Count * Dim), Dim, element, Cases.ScaleOf(element), padding: 4, longestBlock: 101);
        Check(set, 2, rows, queries, [1, 20, Count + 5]);
        Check(set, 1, rows, queries.Ungrouped(), [7]);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void EqualRowsRankByNumber(string set)
    {
        // Every row is one of five, at various lengths that are powers of two: their cosines are equal to the bit.
        const int Dim = 24, Count = 200;
        float[] kinds = Cases.Values(23, 5 * Dim), values = new float[Count * Dim];
        for (int r = 0; r < Count; r++)
            for (int j = 0; j < Dim; j++) values[(r * Dim) + j] = kinds[(r * 7 % 5 * Dim) + j] * MathF.ScaleB(1, (r % 9) - 4);
        using TestRows rows = new(values, Dim, longestBlock: 11);
        QueryGroups queries = new(Cases.Values(24, 6 * Dim), Dim, [0, 2, 3, 6]);
        foreach (int threads in new[] { 1, 2, 3 }) Check(set, threads, rows, queries, [1, 33, 150]);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void NearTiesAreDecidedInFloat64(string set)
    {
        // Cosines differ by about 1e-9, far below what float32 sums can tell, in descending, ascending and mixed order.
        const int Dim = 40, Count = 160;
        float[] query = Cases.Values(25, Dim), other = Cases.Values(26, Dim), values = new float[Count * Dim];
        for (int r = 0; r < Count; r++)
            for (int j = 0; j < Dim; j++) values[(r * Dim) + j] = query[j] + (other[j] * (1e-4f + (r * 37 % Count * 1e-8f)));
        using TestRows rows = new(values, Dim);
        Assert.True(Float32IsWrong(rows.Decoded, query) > 20);
        QueryGroups queries = new([.. query, .. other, .. query.Select(q => q * 3)], Dim, [0, 2, 3]);
        Check(set, 2, rows, queries, [1, 10, 100]);
        Check(set, 2, rows, queries.Ungrouped(), [10]);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void ALargeCommonOffsetDoesNotHideSmallDifferences(string set)
    {
        const int Dim = 64, Count = 120;
        float[] values = Array.ConvertAll(Cases.Values(27, Count * Dim), v => 1e4f + (v / 20));
        float[] vectors = Array.ConvertAll(Cases.Values(28, 4 * Dim), v => 1e4f + (v / 20));
        using TestRows rows = new(values, Dim);
        Assert.True(Float32IsWrong(rows.Decoded, vectors[..Dim]) > 20);
        Check(set, 2, rows, new QueryGroups(vectors, Dim, [0, 2, 4]), [1, 10, 50]);
    }

    [Theory]
    [InlineData(1e38f, 1e38f)]
    [InlineData(1e38f, 1e-38f)]
    [InlineData(1e-38f, 1e38f)]
    [InlineData(1e-41f, 1f)]
    [InlineData(1e-44f, 1e-44f)]
    [InlineData(1e-29f, 1e-20f)]
    [InlineData(1e36f, 1e-45f)]
    public void Magnitudes(float rowSize, float querySize)
    {
        const int Dim = 21, Count = 60;
        float[] values = Array.ConvertAll(Cases.Values(29, Count * Dim), v => v / 20 * rowSize);
        float[] vectors = Array.ConvertAll(Cases.Values(30, 5 * Dim), v => v / 20 * querySize);

        // No row and no query may be zero after its elements have vanished.
        for (int r = 0; r < Count; r++) values[(r * Dim) + (r % Dim)] = rowSize;
        for (int q = 0; q < 5; q++) vectors[(q * Dim) + q] = querySize;
        using TestRows rows = new(values, Dim);
        foreach (string set in Cases.SetNames) Check(set, 2, rows, new QueryGroups(vectors, Dim, [0, 3, 5]), [8]);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 300, 3)]
    [InlineData(600, 5, 40)]
    [InlineData(16, 1, 33)]
    public void OtherShapes(int dim, int count, int queryCount)
    {
        using TestRows rows = new(Cases.Values(31, count * dim).Select(v => v == 0 ? 1 : v).ToArray(), dim);
        QueryGroups queries = new(Cases.Values(32, queryCount * dim), dim, [0, queryCount]);
        foreach (string set in Cases.SetNames)
        {
            Check(set, 3, rows, queries, [2]);
            Check(set, 3, rows, queries.Ungrouped(), [2]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void AGroupWithoutRangeAddsNothing(string set)
    {
        using TestRows rows = new([1, 0, 0.5f, 0.5f, 0, 1], 2);
        QueryGroups queries = new([1, 0, 0, 1], 2, [0, 1, 2]);
        using IKernels kernels = Cases.Open(set);
        ScoreRange[] ranges = [new(0.25, 0.25), new(0, 1)];
        RankedRows ranked = kernels.TopSimilarities(rows, Cases.Norms(rows), queries, Combination.NormalizedMean, ranges, 3, Pass.Unwatched)[0];
        Assert.Equal([2, 1, 0], ranked.Rows);
        Assert.Equal(0.5, ranked.Scores[0]);
        Assert.Equal(0, ranked.Scores[2]);
    }

    [Fact]
    public void NoRowsGiveEmptyLists()
    {
        using IKernels kernels = Cases.Open("cpu-scalar", 2);
        using ArrayRows rows = ArrayRows.From(ReadOnlyMemory<float>.Empty, 2);
        QueryGroups queries = new([1, 0, 0, 1], 2, [0, 1, 2]);
        RankedRows[] lists = kernels.TopSimilarities(rows, [], queries, Combination.Each, [], 3, Pass.Unwatched);
        Assert.Equal([0, 0], lists.Select(list => list.Rows.Length));
    }

    [Theory]
    [MemberData(nameof(Cases.ProcessorSets), MemberType = typeof(Cases))]
    public void AForecastThatIsTooHighCostsASecondPassAndNothingElse(string set)
    {
        // Tiles of 192 rows, one row of 32. A row's cosine with the first query falls with its number or, where the sample lies, is above all others.
        const int Count = 64 * 192 * 9, Depth = 1000;
        RowSample sample = new(0, Count, 192, 32);
        bool[] isSampled = new bool[Count];
        for (int t = 0; t < sample.Tiles; t++) isSampled.AsSpan((int)sample.FirstRow(t), 192).Fill(true);
        Assert.Equal(sample.Rows, isSampled.Count(sampled => sampled));
        foreach (bool isMisleading in new[] { false, true })
        {
            float[] values = new float[2 * Count];
            for (int r = 0; r < Count; r++)
                (values[2 * r], values[(2 * r) + 1]) = (1, (isMisleading && isSampled[r] ? 0 : 1) + (r * 1e-5f));
            using ArrayRows rows = ArrayRows.From(values, 2);
            double[] norms = new double[Count], highest = new double[Count];
            using IKernels kernels = Cases.Open(set, 2);
            kernels.Inspect(rows, norms, Pass.Unwatched);
            Ends ends = new(Count);
            RankedRows list = kernels.TopSimilarities(rows, norms, new QueryGroups([1, 0], 2, [0, 1]), Combination.Each, [], Depth, new Pass(ends), highest: highest)[0];
            int[] right = [.. Enumerable.Range(0, Count).OrderByDescending(r => isMisleading && isSampled[r]).ThenBy(r => r).Take(Depth)];
            Assert.Equal(right, list.Rows);
            Assert.Equal(right.Select(r => highest[r]), list.Scores);
            Assert.Equal(isMisleading ? 2 : 1, ends.Count);
        }
    }

    internal static void Check(string set, int threads, TestRows rows, QueryGroups queries, int[] depths)
    {
        using IKernels kernels = Cases.Open(set, threads);
        float[][] vectors = Cases.Split(queries.Vectors, queries.Dim);
        double[] norms = Cases.Norms(rows);
        ScoreRange[] ranges = kernels.SimilarityRanges(rows, norms, queries, Pass.Unwatched);
        Assert.Equal(Oracle.Ranges(rows.Decoded, vectors, queries.Starts), ranges);
        double[] best = Array.ConvertAll(rows.Decoded, row => vectors.Max(vector => Oracle.Cosine(row, vector)));
        foreach (Combination combination in Enum.GetValues<Combination>())
        {
            ScoreRange[] given = combination == Combination.NormalizedMean ? ranges : [];
            (int[] Rows, double[] Scores, int[]? Queries)[] all = Oracle.Top(rows.Decoded, vectors, queries.Starts, combination, given, int.MaxValue);
            foreach (int depth in depths)
            {
                double[] highest = new double[norms.Length];
                RankedRows[] lists = kernels.TopSimilarities(rows, norms, queries, combination, given, depth, Pass.Unwatched, highest: highest);
                Assert.Equal(best, highest);
                Assert.Equal(all.Length, lists.Length);
                for (int g = 0; g < lists.Length; g++)
                {
                    Assert.Equal(all[g].Rows.Take(depth), lists[g].Rows);
                    Assert.Equal(all[g].Scores.Take(depth), lists[g].Scores);
                    Assert.Equal(all[g].Queries?.Take(depth), lists[g].Queries);
                }
            }
        }

        Assert.Equal(0, rows.Borrowed);
    }

    /// <summary>Counts how often all rows were done.</summary>
    private sealed class Ends(long rows) : IProgress<WorkDone>
    {
        private int _count;

        public int Count => _count;

        public void Report(WorkDone value)
        {
            if (value.Done == rows) Interlocked.Increment(ref _count);
        }
    }

    /// <summary>How many places of a ranking by float32 cosines are wrong: the reason these cases are here.</summary>
    private static int Float32IsWrong(float[][] rows, float[] query)
    {
        float[] cosines = Array.ConvertAll(rows, x =>
        {
            float dot = 0, square = 0;
            for (int j = 0; j < x.Length; j++)
            {
                dot += x[j] * query[j];
                square += x[j] * x[j];
            }

            return dot / MathF.Sqrt(square);
        });
        int[] proposed = [.. Enumerable.Range(0, rows.Length).OrderByDescending(r => cosines[r])];
        int[] right = [.. Enumerable.Range(0, rows.Length).OrderByDescending(r => Oracle.Cosine(rows[r], query)).ThenBy(r => r)];
        return proposed.Zip(right).Count(pair => pair.First != pair.Second);
    }
}
