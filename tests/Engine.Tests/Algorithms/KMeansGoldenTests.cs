using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Golden data E: eight points, three clusters, worked out by hand.</summary>
public sealed class KMeansGoldenTests
{
    private static readonly float[] s_points = [0, 0, 0, 1, 1, 0, 8, 8, 9, 8, 8, 9, 0, 9, 1, 9];

    public static TheoryData<string> Kernels => KernelCases.Names;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Good_first_centroids_settle_in_one_update(string kernels)
    {
        KMeansResult result = Fit(kernels, 0, 3, 6);

        Close([5, 3.166667], result.InertiaHistory);
        Close([.333333, .333333, 8.333333, 8.333333, .5, 9], Array.ConvertAll(result.Centroids, x => (double)x));
        Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2], result.Assignments);
        Assert.Equal([3, 3, 2], result.Sizes);
        Assert.Equal(1, result.Iterations);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Empty_cluster_moves_to_the_farthest_row_which_stays_in_the_old_mean(string kernels)
    {
        KMeansResult result = Fit(kernels, 0, 1, 2);

        Close([498, 104, 49.333333, 3.166667], result.InertiaHistory);
        Close([.333333, .333333, .5, 9, 8.333333, 8.333333], Array.ConvertAll(result.Centroids, x => (double)x));
        Assert.Equal([0, 0, 0, 2, 2, 2, 1, 1], result.Assignments);
        Assert.Equal([3, 2, 3], result.Sizes);
    }

    [Theory]
    [InlineData(0, 498)]
    [InlineData(1, 104)]
    [InlineData(2, 49.333333)]
    [InlineData(3, 3.166667)]
    [InlineData(50, 3.166667)]
    public void Assignments_and_inertia_belong_to_the_returned_centroids(int updates, double inertia)
    {
        using OracleKernels kernels = new();
        using ArrayRows rows = ArrayRows.From(s_points, 2);
        KMeansOptions options = new() { K = 3, Init = KMeansInit.First, MaxIterations = updates };
        KMeansResult result = KMeans.Fit(rows, options, kernels, NoStream, Pass.Unwatched);

        int[] nearest = new int[8];
        double[] squared = new double[8];
        kernels.AssignNearest(rows, [], result.Centroids, nearest, squared, Pass.Unwatched);
        Assert.Equal(nearest, result.Assignments);
        Assert.Equal(inertia, result.Inertia, 5e-7 + 2e-7 * inertia);
        Assert.Equal(squared.Sum(), result.Inertia, 1e-12 * inertia);
        Assert.Equal(Math.Min(updates, 3), result.Iterations);
        Assert.Equal(result.InertiaHistory[^1], result.Inertia);
        for (int c = 0; c < 3; c++) Assert.Equal(nearest.Count(a => a == c), result.Sizes[c]);
    }

    [Fact]
    public void Tolerance_stops_after_a_small_gain_but_not_while_a_cluster_can_be_filled()
    {
        using OracleKernels kernels = new();
        using ArrayRows rows = ArrayRows.From(s_points, 2);

        // 498 -> 104 leaves cluster 2 empty: a gain of 79 % is within the tolerance, but the run goes on and fills it.
        KMeansOptions options = new() { K = 3, Init = KMeansInit.First, Tolerance = .9 };
        Close([498, 104, 49.333333], KMeans.Fit(rows, options, kernels, NoStream, Pass.Unwatched).InertiaHistory);

        // 104 -> 49.3 is 53 % and over a tolerance of one half; 49.3 -> 3.2 is 94 %.
        Assert.Equal(3, KMeans.Fit(rows, options with { Tolerance = .5 }, kernels, NoStream, Pass.Unwatched).Iterations);
    }

    internal static RandomStream NoStream(int restart) => throw new InvalidOperationException("This start draws nothing.");

    private static KMeansResult Fit(string name, params int[] start)
    {
        using IKernels kernels = KernelCases.Open(name);
        using ArrayRows rows = ArrayRows.From(s_points, 2);
        KMeansOptions options = new() { K = 3, Init = KMeansInit.Given, Centroids = KernelCases.Gather(s_points, 2, start) };
        return KMeans.Fit(rows, options, kernels, NoStream, Pass.Unwatched);
    }

    /// <summary>Within the six decimals of the golden data and the rounding of centroids to float32.</summary>
    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 5e-7 + 2e-7 * expected[i]);
    }
}
