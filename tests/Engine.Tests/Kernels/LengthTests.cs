using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Every row length, kernel set and element type, between guard pages: bits as the oracle has them, and close to an ordinary sum.</summary>
public class LengthTests
{
    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void NormsAreCanonical(string set, ElementType element)
    {
        using IKernels kernels = Cases.Open(set);
        foreach (int dim in Cases.Lengths)
        {
            using TestRows rows = Rows(dim, 3, element);
            double[] norms = new double[3];
            RowFacts facts = kernels.Inspect(rows, norms, Pass.Unwatched);
            Assert.Equal(-1, facts.FirstNonFiniteRow);
            Assert.Equal(rows.Decoded.Max(row => row.Max(Math.Abs)), facts.LargestMagnitude);
            for (int r = 0; r < 3; r++)
            {
                Assert.Equal(Oracle.Norm(rows.Decoded[r]), norms[r]);
                double plain = Math.Sqrt(Oracle.PlainSum(dim, j => (double)rows.Decoded[r][j] * rows.Decoded[r][j]));
                Assert.Equal(plain, norms[r], plain * dim * 4e-16);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void SquaredDistancesAreCanonical(string set, ElementType element)
    {
        using IKernels kernels = Cases.Open(set);
        foreach (int dim in Cases.Lengths)
        {
            // Seven centres: once four together, then three alone; a row that has seen six takes one alone.
            using TestRows rows = Rows(dim, 3, element);
            using GuardedArray<double> centres = new(Array.ConvertAll(Cases.Values(dim + 1, 7 * dim), v => (double)v / 3));
            double[] scales = [0.3, 1, -1.7];
            int[] seen = [0, 6, 3];
            double[] least = [double.PositiveInfinity, double.PositiveInfinity, 1e-3];
            kernels.RelaxMinDistances(rows, scales, [], centres.Span, seen, least, Pass.Unwatched);
            for (int r = 0; r < 3; r++)
            {
                double expected = r == 2 ? 1e-3 : double.PositiveInfinity;
                for (int c = r == 0 ? 0 : r == 1 ? 6 : 3; c < 7; c++)
                {
                    double[] centre = centres.Span.Slice(c * dim, dim).ToArray();
                    double distance = Oracle.SquaredDistance(rows.Decoded[r], scales[r], centre);
                    double plain = Oracle.PlainSum(dim, j => Math.Pow((scales[r] * rows.Decoded[r][j]) - centre[j], 2));
                    Assert.Equal(plain, distance, plain * dim * 8e-16);
                    expected = Math.Min(expected, distance);
                }

                Assert.Equal(expected, least[r]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void CosinesAreCanonical(string set, ElementType element)
    {
        using IKernels kernels = Cases.Open(set);
        foreach (int dim in Cases.Lengths)
        {
            using TestRows rows = Rows(dim, 3, element);
            float[] vectors = Cases.Values(dim + 2, 5 * dim);
            QueryGroups queries = new(vectors, dim, [0, 1, 2, 3, 4, 5]);
            RankedRows[] lists = kernels.TopSimilarities(rows, Cases.Norms(rows), queries, Combination.Each, [], 3, Pass.Unwatched);
            for (int q = 0; q < 5; q++)
            {
                float[] query = vectors[(q * dim)..((q + 1) * dim)];
                for (int i = 0; i < 3; i++) Assert.Equal(Oracle.Cosine(rows.Decoded[lists[q].Rows[i]], query), lists[q].Scores[i]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void NearestCentroidsAreCanonical(string set, ElementType element)
    {
        using IKernels kernels = Cases.Open(set);
        foreach (int dim in Cases.Lengths)
        {
            using TestRows rows = Rows(dim, 3, element);
            using GuardedArray<float> centroids = new(Cases.Values(dim + 3, 5 * dim));
            int[] nearest = new int[3];
            double[] squared = new double[3];
            kernels.AssignNearest(rows, [], centroids.Span, nearest, squared, Pass.Unwatched);
            float[][] all = Cases.Split(centroids.Span.ToArray(), dim);
            for (int r = 0; r < 3; r++) Assert.Equal(Oracle.Nearest(rows.Decoded[r], 1, all), (nearest[r], squared[r]));
        }
    }

    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void PooledRowsAreCanonical(string set, ElementType element)
    {
        using IKernels kernels = Cases.Open(set);
        foreach (int dim in Cases.Lengths)
        {
            // Records of 1, 4 and 6 tokens: alone, four together, and both.
            using TestRows tokens = Rows(dim, 11, element);
            using GuardedArray<float> pooled = new(new float[3 * dim]);
            kernels.Pool(tokens, [0, 1, 5, 11], Pooling.WeightedMean, false, pooled.Span, Pass.Unwatched);
            Assert.Equal(Oracle.Pool(tokens.Decoded[..1], Pooling.WeightedMean, false), pooled.Span[..dim]);
            Assert.Equal(Oracle.Pool(tokens.Decoded[1..5], Pooling.WeightedMean, false), pooled.Span[dim..(2 * dim)]);
            Assert.Equal(Oracle.Pool(tokens.Decoded[5..], Pooling.WeightedMean, false), pooled.Span[(2 * dim)..]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void CentroidSumsAreExact(string set, ElementType element)
    {
        using IKernels kernels = Cases.Open(set);
        foreach (int dim in Cases.Lengths)
        {
            using TestRows rows = Rows(dim, 5, element);
            using GuardedArray<long> sums = new(new long[2 * dim]);
            sums.Span.Fill(17);
            double[] scales = [1, 0.3, -2, 1e-3, 0];
            int[] assignments = [1, 0, -1, 1, 0];
            kernels.AccumulateCentroids(rows, scales, assignments, 20, sums.Span, Pass.Unwatched);
            for (int k = 0; k < 2; k++)
            {
                for (int j = 0; j < dim; j++)
                {
                    long expected = 17;
                    for (int r = 0; r < 5; r++)
                        if (assignments[r] == k) expected += (long)Math.Round(scales[r] * rows.Decoded[r][j] * (1 << 20), MidpointRounding.ToEven);
                    Assert.Equal(expected, sums.Span[(k * dim) + j]);
                }
            }
        }
    }

    private static TestRows Rows(int dim, int rows, ElementType element)
        => new(Cases.Values(dim, rows * dim), dim, element, Cases.ScaleOf(element), padding: dim % 3, atEnd: dim % 2 == 0);
}
