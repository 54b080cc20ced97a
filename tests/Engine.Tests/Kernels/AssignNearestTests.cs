using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>The nearest centroid is the canonical one, however wrong a float32 proposal would be.</summary>
public class AssignNearestTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 7)]
    [InlineData(3, 1)]
    [InlineData(20, 16)]
    [InlineData(33, 17)]
    [InlineData(64, 32)]
    [InlineData(16, 33)]
    [InlineData(300, 100)]
    [InlineData(1030, 5)]
    public void AnyShape(int dim, int k)
    {
        float[] centroids = Cases.Values(k, k * dim);
        foreach (string set in Cases.SetNames)
        {
            foreach (ElementType element in Cases.Elements)
            {
                // More rows than a tile holds, in blocks that end within a tile.
                int count = dim > 100 ? 14 : 200;
                using TestRows rows = new(Cases.Values(dim, count * dim), dim, element, Cases.ScaleOf(element), padding: 4, longestBlock: 111);
                Check(set, rows, [], centroids);
                Check(set, rows, [.. Cases.Norms(rows).Select(norm => norm == 0 ? 1 : 1 / norm)], centroids);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void TiesGoToTheLowerCentroid(string set)
    {
        const int Dim = 19;
        float[] one = Cases.Values(1, Dim), two = Cases.Values(2, Dim);
        float[] centroids = [.. two, .. one, .. one, .. two, .. one];
        using TestRows rows = new([.. one, .. two, .. one, .. one], Dim);
        int[] nearest = new int[4];
        double[] squared = new double[4];
        using IKernels kernels = Cases.Open(set);
        kernels.AssignNearest(rows, [], centroids, nearest, squared, Pass.Unwatched);
        Assert.Equal([1, 0, 1, 1], nearest);
        Assert.Equal([0, 0, 0, 0], squared);

        // Halfway between two mirrored centroids, exactly, in either order.
        float[] left = new float[Dim], right = new float[Dim];
        left[3] = -1;
        right[3] = 1;
        using TestRows middle = new(new float[Dim], Dim);
        kernels.AssignNearest(middle, [], [.. right, .. left], nearest.AsSpan(0, 1), squared.AsSpan(0, 1), Pass.Unwatched);
        Assert.Equal((0, 1.0), (nearest[0], squared[0]));
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void ALargeCommonOffsetDoesNotHideSmallDifferences(string set)
    {
        const int Dim = 64, K = 40;
        float[] rows = Array.ConvertAll(Cases.Values(11, 60 * Dim), v => 1e4f + (v / 50));
        float[] centroids = Array.ConvertAll(Cases.Values(12, K * Dim), v => 1e4f + (v / 50));
        Assert.True(Float32IsWrong(rows, centroids, Dim) > 10);
        using TestRows matrix = new(rows, Dim);
        Check(set, matrix, [], centroids);
        Check(set, matrix, [.. Enumerable.Repeat(1.00001, 60)], centroids);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void NearTiesAreDecidedInFloat64(string set)
    {
        // Centroid c lies at distance 1 + c * 1e-9 or so from every row, in descending order.
        const int Dim = 33, K = 50;
        float[] rows = new float[24 * Dim], centroids = new float[K * Dim];
        float[] noise = Cases.Values(13, rows.Length);
        for (int i = 0; i < rows.Length; i++) rows[i] = i % Dim == 0 ? 0 : noise[i];
        for (int c = 0; c < K; c++)
        {
            centroids[c * Dim] = 1;
            centroids[(c * Dim) + 5] = (K - c) * 3e-5f;
        }

        for (int r = 0; r < 24; r++) rows[(r * Dim) + 5] = 0;
        Assert.True(Float32IsWrong(rows, centroids, Dim) > 10);
        using TestRows matrix = new(rows, Dim);
        Check(set, matrix, [], centroids);
    }

    [Theory]
    [InlineData(1e38f, 1e38f, 1)]
    [InlineData(1e38f, 1, 1e-38)]
    [InlineData(1e-38f, 1, 1e38)]
    [InlineData(1e-45f, 1e-45f, 1)]
    [InlineData(1e-45f, 1, 1e45)]
    [InlineData(1e19f, 1e19f, 1)]
    [InlineData(1e-20f, 1e-20f, 1)]
    [InlineData(1e-23f, 1e-23f, 1)]
    [InlineData(1, 1e-30f, 1)]
    [InlineData(1e18f, 0.1f, 1e18)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 1, -2.5)]
    public void Magnitudes(float rowSize, float centroidSize, double scale)
    {
        const int Dim = 21, K = 9;
        float[] rows = Array.ConvertAll(Cases.Values(14, 30 * Dim), v => v / 20 * rowSize);
        float[] centroids = Array.ConvertAll(Cases.Values(15, K * Dim), v => v / 20 * centroidSize);
        using TestRows matrix = new(rows, Dim);
        foreach (string set in Cases.SetNames) Check(set, matrix, [.. Enumerable.Repeat(scale, 30)], centroids);
    }

    private static void Check(string set, TestRows rows, double[] scales, float[] centroids)
    {
        int n = (int)rows.Rows;
        double[][] all = Array.ConvertAll(Cases.Split(centroids, rows.Dim), c => Array.ConvertAll(c, v => (double)v));
        int[] nearest = new int[n];
        double[] squared = new double[n];
        using GuardedArray<float> guarded = new(centroids);
        using IKernels kernels = Cases.Open(set, 2);
        kernels.AssignNearest(rows, scales, guarded.Span, nearest, squared, Pass.Unwatched);
        for (int r = 0; r < n; r++)
            Assert.Equal(Oracle.Nearest(rows.Decoded[r], scales.Length == 0 ? 1 : scales[r], all), (nearest[r], squared[r]));
    }

    /// <summary>How many rows the expanded form |c|² - 2 x.c gets wrong in float32: the reason these cases are here.</summary>
    private static int Float32IsWrong(float[] rows, float[] centroids, int dim)
    {
        float[][] all = Cases.Split(centroids, dim);
        return Cases.Split(rows, dim).Count(x =>
        {
            float[] proposals = Array.ConvertAll(all, c =>
            {
                float square = 0, dot = 0;
                for (int j = 0; j < dim; j++)
                {
                    square += c[j] * c[j];
                    dot += x[j] * c[j];
                }

                return square - (2 * dot);
            });
            return Array.IndexOf(proposals, proposals.Min()) != Oracle.Nearest(x, 1, all).Nearest;
        });
    }
}
