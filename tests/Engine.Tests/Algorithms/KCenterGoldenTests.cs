using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Golden data D: six points of the plane, every start.</summary>
public sealed class KCenterGoldenTests
{
    private static readonly float[] s_points = [0, 0, 1, 0, 0, 2, 5, 0, 5, 1, 2, 4];

    public static TheoryData<string> Kernels => KernelCases.Names;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Default_start_is_row_0(string kernels)
    {
        KCenterResult result = Select(kernels, s_points, new() { Budget = 6 });

        Assert.Equal([0, 4, 5, 2, 1, 3], result.Picks);
        Close([5.09902, 4.242641, 2, 1, 1, 0], result.Radii);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Preselected_rows_are_centres_but_not_output(string kernels)
    {
        KCenterResult result = Select(kernels, s_points, new() { Budget = 3, Start = new KCenterStart.Rows([5]) });

        Assert.Equal([3, 0, 2], result.Picks);
        Assert.Equal(1, result.Radii[^1]);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Virtual_centre_is_the_mean(string kernels)
    {
        KCenterResult result = Select(kernels, s_points, new() { Budget = 3, Start = new KCenterStart.VirtualCentre() });

        Assert.Equal([3, 5, 0], result.Picks);
        Assert.Equal(2, result.Radii[^1]);

        double[] mean = [13 / 6.0, 7 / 6.0];
        Assert.Equal(result.Picks, Select(kernels, s_points, new() { Budget = 3, Start = new KCenterStart.VirtualCentre(mean) }).Picks);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Nearest_to_the_mean_is_row_1(string kernels)
    {
        KCenterResult result = Select(kernels, s_points, new() { Budget = 3, Start = new KCenterStart.NearestToCentre() });

        Assert.Equal([1, 4, 5], result.Picks);
        Assert.Equal(2.236068, result.Radii[^1], 5e-7);
        Assert.Equal(3, Select(kernels, s_points, new() { Budget = 1, Start = new KCenterStart.NearestToCentre([6, 0]) }).Picks[0]);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Ties_go_to_the_lower_row(string kernels)
    {
        KCenterResult result = Select(kernels, [0, 0, 2, 0, -2, 0, 0, 2], new() { Budget = 4 });

        Assert.Equal([0, 1, 2, 3], result.Picks);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Task_rows_of_golden_I_in_cosine(string kernels)
    {
        float[] points = [3, 0, 4, 1, 4, -1, 5, 2, 0, 2, 1, 4, -1, 5, -3, -1, -4, 0];
        KCenterResult result = Select(kernels, points, new() { Budget = 3, Metric = KCenterMetric.Cosine, Within = [4, 2, 1, 0] });

        // 1 and 2 mirror each other at 0: a tie for the lower row.
        Assert.Equal([0, 4, 1], result.Picks);
        Assert.Equal(Math.Sqrt(2), result.Radii[0], 1e-12);
        Assert.Equal(.244367, result.Radii[1], 5e-7);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Stops_below_the_stop_radius_and_at_radius_0(string kernels)
    {
        Assert.Equal([0, 4, 5], Select(kernels, s_points, new() { Budget = 6, StopRadius = 2.5 }).Picks);
        Assert.Equal([0, 4, 5, 2], Select(kernels, s_points, new() { Budget = 6, StopRadius = 2 }).Picks);
        Assert.Equal([0, 4, 5], Select(kernels, s_points, new() { Budget = 3 }).Picks);
        Assert.Equal([0], Select(kernels, [3, 4, 3, 4, 3, 4], new() { Budget = 3 }).Picks);
        Assert.Empty(Select(kernels, [3, 4, 3, 4], new() { Budget = 2, Start = new KCenterStart.Rows([1]) }).Picks);
        Assert.Empty(Select(kernels, s_points, new() { Budget = 3, StopRadius = 9, Start = new KCenterStart.VirtualCentre() }).Radii);
    }

    internal static KCenterResult Select(string name, float[] points, KCenterOptions options, int dim = 2)
    {
        using IKernels kernels = KernelCases.Open(name);
        using ArrayRows rows = ArrayRows.From(points, dim);
        return KCenterGreedy.Select(rows, options, kernels, Pass.Unwatched);
    }

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 5e-7);
    }
}
