using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Weights of clusters from round to round: golden data G, and what the paper leaves open.</summary>
public sealed class ClusterWeightsTests
{
    private static readonly double[] Third = ClusterWeights.Equal(3);

    [Fact]
    public void SharesOfTheGainsMultiplyAndAreRenormalised()
    {
        var update = new ClusterWeights(GainTransform.Clamp0);
        double[] first = update.Next(Third, [.6, .3, .1]);
        Same([.6, .3, .1], first, 1e-15);
        Assert.Equal([6, 3, 1], Allocate(first, 10));
        double[] second = update.Next(first, [.2, .5, .3]);
        Same([.4, .5, .1], second, 1e-15);
        Assert.Equal([4, 5, 1], Allocate(second, 10));
    }

    [Fact]
    public void TheEquationAsPrintedIsNotRenormalised()
    {
        var update = new ClusterWeights(GainTransform.Literal);
        double[] first = update.Next(Third, [.6, .3, .1]);
        Same([.2, .1, .033333], first, 5e-7);
        Same([.04, .05, .01], update.Next(first, [.2, .5, .3]), 5e-7);
        Same([.333333, 2.222222, -2.222222], update.Next(Third, [.15, 1, -1]), 5e-7);
        Assert.All(update.Next(Third, [1, -1, 0]), w => Assert.False(double.IsFinite(w)));
    }

    [Fact]
    public void TheCodesSoftmaxForgetsTheWeightsBefore()
    {
        var update = new ClusterWeights(GainTransform.Softmax);
        Same([.426013, .315598, .25839], update.Next(Third, [.6, .3, .1]), 5e-7);
        Same([.273502, .639898, .086601], update.Next([.7, .2, .1], [.15, 1, -1]), 5e-7);
        Same([.5, .5], update.Next([.5, .5], [5000, 5000]), 0);
        Same([1, 0], update.Next([.5, .5], [5000, -5000]), 0);

        // With the weights before: .5 e / (.5 e + .5) and so on.
        var carried = new ClusterWeights(GainTransform.Softmax, temperature: 2, carry: true, floor: 0);
        Same([3 * Math.E / (3 * Math.E + 1), 1 / (3 * Math.E + 1)], carried.Next([.75, .25], [2, 0]), 1e-15);
    }

    [Fact]
    public void NegativeGainsAreCutOrShifted()
    {
        double[] gains = ClusterWeights.MeanGains(3, [0, 0, 1, 1, 2], [.5, -.2, 2, 0, -1]);
        Same([.15, 1, -1], gains, 1e-15);
        Same([.130435, .869565, 0], new ClusterWeights(GainTransform.Clamp0).Next(Third, gains), 5e-7);
        Same([1.15 / 3.15, 2 / 3.15, 0], new ClusterWeights(GainTransform.Shift).Next(Third, gains), 1e-15);
    }

    [Fact]
    public void WhereNobodyGainsTheWeightsStay()
    {
        Same([.5, .3, .2], new ClusterWeights(GainTransform.Clamp0).Next([.5, .3, .2], [-1, 0, -2]), 1e-15);
        Same([.5, .3, .2], new ClusterWeights(GainTransform.Shift).Next([.5, .3, .2], [4, 4, 4]), 1e-15);

        // The only clusters that gained had no weight left.
        Same([0, .25, .75], new ClusterWeights(GainTransform.Clamp0).Next([1, 0, 0], [-1, 1, 3]), 1e-15);
    }

    [Fact]
    public void AnUnscoredClusterGetsTheMeanFactor()
    {
        double none = ClusterWeights.MeanGains(2, [0], [1.5])[1];
        Assert.True(double.IsNaN(none));
        Same([2 / 4.5, 1 / 4.5, 1.5 / 4.5], new ClusterWeights(GainTransform.Clamp0).Next(Third, [2, 1, double.NaN]), 1e-15);
        Same([.5, .5], new ClusterWeights(GainTransform.Shift).Next([.5, .5], [7, double.NaN]), 1e-15);
    }

    [Fact]
    public void AFloorLetsAClusterComeBack()
    {
        var update = new ClusterWeights(GainTransform.Clamp0, temperature: 1, carry: true, floor: .1);
        double[] first = update.Next([.5, .5], [1, -1]);
        Same([1 / 1.1, .1 / 1.1], first, 1e-15);
        double[] second = update.Next(first, [.1, 3]);
        Assert.True(second[1] > .7);
    }

    [Fact]
    public void SharesKeepRatiosAndTies()
    {
        Assert.Equal([1L << 53, 1L << 53, 1L << 52, 0], ClusterWeights.Shares([.3, .3, .15, 0]));
        Assert.Equal([0L, 0], ClusterWeights.Shares([0, 0]));
        Assert.Equal([3, 2, 2], Allocate(Third, 7));
    }

    [Fact]
    public void ADrawnClusterThatHasNoRowsLosesThem()
    {
        Assert.Equal([2, 1], ClusterBudget.Multinomial([.5, .5], [2, 9], [.1, .2, .3, .4, .9]));
        var random = new RandomStream(7, "clusters");
        double[] weights = [.5, .3, .2];
        int[] given = ClusterBudget.Multinomial(weights, [int.MaxValue, int.MaxValue, int.MaxValue], [.. Enumerable.Range(0, 30_000).Select(_ => random.NextDouble())]);
        double statistic = 0;
        for (int j = 0; j < 3; j++) statistic += Math.Pow(given[j] - 30_000 * weights[j], 2) / (30_000 * weights[j]);
        Assert.InRange(statistic, 0, 13.8);
    }

    private static int[] Allocate(double[] weights, int budget) =>
        ClusterBudget.Proportional(ClusterWeights.Shares(weights), [.. weights.Select(_ => 1000)], budget);

    private static void Same(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
