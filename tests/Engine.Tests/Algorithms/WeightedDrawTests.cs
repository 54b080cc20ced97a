using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Shares of a budget and draws by quality: golden data F, and what must hold for any numbers.</summary>
public sealed class WeightedDrawTests
{
    private static readonly double[] Quality = [4, 9, 1, 4, 2];
    private static readonly double[] Uniforms = [.90, .10, .50, .70, .30];
    private static readonly WeightedDraw Linear = new(QualityWeighting.Linear);
    private static readonly WeightedDraw Softmax = new(QualityWeighting.Softmax);

    [Theory]
    [InlineData(new long[] { 50, 30, 15, 5 }, 20, new[] { 10, 6, 3, 1 })]
    [InlineData(new long[] { 50, 30, 15, 5 }, 7, new[] { 4, 2, 1, 0 })]
    [InlineData(new long[] { 7, 7, 7 }, 10, new[] { 4, 3, 3 })]
    [InlineData(new long[] { 97, 2, 1 }, 10, new[] { 10, 0, 0 })]
    [InlineData(new long[] { 0, 3, 0, 1 }, 4, new[] { 0, 3, 0, 1 })]
    public void ProportionalSharesAreByLargestRemainder(long[] sizes, int budget, int[] expected) =>
        Assert.Equal(expected, ClusterBudget.Proportional(sizes, Array.ConvertAll(sizes, s => (int)s), budget));

    [Theory]
    [InlineData(new[] { 50, 30, 15, 5 }, 20, new[] { 5, 5, 5, 5 })]
    [InlineData(new[] { 50, 30, 15, 5 }, 10, new[] { 2, 2, 2, 2 })]
    [InlineData(new[] { 50, 1, 15, 5 }, 20, new[] { 5, 1, 5, 5 })]
    [InlineData(new[] { 50, 30, 15 }, 2, new[] { 0, 0, 0 })]
    public void EqualSharesLoseTheRemainder(int[] stock, int budget, int[] expected) => Assert.Equal(expected, ClusterBudget.Equal(stock, budget));

    [Theory]
    [InlineData(new long[] { 8, 1, 1 }, new[] { 2, 9, 9 }, 10, new[] { 2, 4, 4 })]
    [InlineData(new long[] { 90, 9, 1 }, new[] { 3, 3, 9 }, 10, new[] { 3, 3, 4 })]
    [InlineData(new long[] { 1, 0, 0 }, new[] { 2, 3, 6 }, 5, new[] { 2, 1, 2 })]
    [InlineData(new long[] { 1, 1 }, new[] { int.MaxValue, 0 }, 9, new[] { 9, 0 })]
    [InlineData(new long[] { long.MaxValue, long.MaxValue, 0 }, new[] { int.MaxValue, int.MaxValue, int.MaxValue }, int.MaxValue, new[] { 1073741824, 1073741823, 0 })]
    public void WhatASmallClusterCannotGiveComesFromTheOthers(long[] shares, int[] stock, int budget, int[] expected) =>
        Assert.Equal(expected, ClusterBudget.Proportional(shares, stock, budget));

    [Fact]
    public void TheBudgetIsSpentAndNoStockOverdrawn()
    {
        var random = new RandomStream(3, "allocations");
        for (int round = 0; round < 2000; round++)
        {
            int k = 1 + (int)random.NextBelow(12);
            long[] shares = [.. Enumerable.Range(0, k).Select(_ => random.NextBelow(50))];
            int[] stock = [.. Enumerable.Range(0, k).Select(_ => (int)random.NextBelow(40))];
            int budget = (int)random.NextBelow(stock.Sum() + 1);
            int[] given = ClusterBudget.Proportional(shares, stock, budget);
            Assert.Equal(budget, given.Sum());
            for (int j = 0; j < k; j++) Assert.InRange(given[j], 0, stock[j]);

            // Where no stock is short, every share is its quota rounded down or up.
            int[] plenty = [.. stock.Select(_ => 2 * budget + 1)];
            int[] free = ClusterBudget.Proportional(shares, plenty, budget);
            double sum = shares.Sum();
            for (int j = 0; j < k && sum > 0; j++) Assert.InRange(free[j], Math.Floor(budget * shares[j] / sum - 1e-9), Math.Ceiling(budget * shares[j] / sum + 1e-9));
            Assert.True(ClusterBudget.Equal(stock, budget).Sum() <= budget);
        }

        Assert.Throws<ArgumentException>(() => ClusterBudget.Proportional([1, 1], [2, 2], 5));
    }

    [Fact]
    public void ProbabilitiesFollowQuality()
    {
        Same([.2, .45, .05, .2, .1], Linear.Weights(Quality), 1e-15);
        Same([.00664018, .98549039, .0003306, .00664018, .00089865], Softmax.Weights(Quality), 5e-9);
        Same([.99751076, .00001666, .00247258, 0], Softmax.Weights([36, 25, 30, 4]), 5e-9);
        Same([.378947, .263158, .315789, .042105], Linear.Weights([36, 25, 30, 4]), 5e-7);
        Same([.5, .5], Linear.Weights([0, 0]), 0);
        Same([1 / 3.0, 2 / 3.0], Linear.Weights([8e307, 16e307]), 1e-15);
        Same([Math.E / (1 + Math.E), 1 / (1 + Math.E)], Softmax.Weights([5001, 5000]), 1e-15);
        Same([Math.E / (1 + Math.E), 1 / (1 + Math.E)], new WeightedDraw(QualityWeighting.Softmax, 100).Weights([5100, 5000]), 1e-15);

        static void Same(double[] expected, double[] weights, double tolerance)
        {
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], weights[i] / weights.Sum(), tolerance);
        }
    }

    [Fact]
    public void OrdersAreThoseOfTheKeys()
    {
        // The golden keys are ln(u) / p; ours are -ln of minus that, for weights that are 20 times p.
        double[] keys = [-.526803, -5.116856, -13.862944, -1.783375, -12.039728];
        Assert.All(Linear.Keys(Quality, Uniforms).Zip(keys), pair => Assert.Equal(pair.Second, -20 * Math.Exp(-pair.First), 5e-7));
        Assert.Equal([0, 3, 1, 4, 2], Linear.WithoutReplacement(Quality, Uniforms, 5));
        Assert.Equal([1, 0, 3, 4, 2], Softmax.WithoutReplacement(Quality, Uniforms, 5));
        Assert.Equal([0, 3], Linear.WithoutReplacement(Quality, Uniforms, 2));
    }

    [Fact]
    public void RepeatsAreByInverseCdf()
    {
        Assert.Equal([0, 0, 1, 1, 2, 4], Linear.WithReplacement(Quality, [.05, .19, .20, .64, .65, .95]));
        Assert.Equal([1, 3], Linear.WithReplacement([0, 1, 0, 1, 0], [0, 1 - 1.0 / (1L << 53)]));
        Assert.Equal([0, 1, 2], Linear.WithReplacement([0, 0, 0], [.1, .5, .9]));
    }

    [Fact]
    public void RowsOfWeightZeroComeLast()
    {
        Assert.Equal([3, 1, 4, 2, 0], Linear.WithoutReplacement([0, 1e-300, 0, 5, 0], [.2, .001, .5, .5, .9], 5));
        Assert.Equal([4, 2, 0, 1], Linear.WithoutReplacement([0, 0, 0, 0, 0], [.2, .2, .5, 0, .9], 4));
    }

    [Fact]
    public void SoftmaxNeitherOverflowsNorUnderflowsIntoChance()
    {
        // e^-2000 is 0 in float64, yet better rows still go first, and equal ones by chance.
        Assert.Equal([1, 3, 0, 4, 2], Softmax.WithoutReplacement([2000, 4000, 0, 3000, 1000], [.5, .001, .999, .5, .5], 5));
        Assert.Equal([0, 2, 1], new WeightedDraw(QualityWeighting.Softmax, 1e-30).WithoutReplacement([9, 1, 1], [.5, .2, .8], 3));
        Assert.Equal([1, 1], Softmax.WithReplacement([2000, 4000, 0], [0, .999]));
    }

    [Fact]
    public void LogarithmsAndExponentialsAreAccurate()
    {
        var random = new RandomStream(1, "arguments");
        for (int i = 0; i < 20_000; i++)
        {
            double u = random.NextDouble(), wide = Math.Pow(10, 600 * u - 300), x = 1440 * u - 735;
            Close(Math.Log(wide), NaturalLog.Of(wide));
            Close(Math.Log(u), NaturalLog.Of(u));
            if (x is > -708 and < 709) Close(Math.Exp(x), Exponential.Of(x));
            Close(Math.Exp(-u), Exponential.Of(-u));
        }

        Assert.Equal(1, Exponential.Of(0));
        Assert.Equal(0, Exponential.Of(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, Exponential.Of(double.MaxValue));
        Assert.Equal(double.Epsilon, Exponential.Of(-744.8), 0);
        Assert.Equal(double.NegativeInfinity, NaturalLog.Of(0.0));
        Assert.Equal(Math.Log(double.Epsilon), NaturalLog.Of(double.Epsilon), 1e-12);
        Assert.Equal(-1.0 / (1L << 53), NaturalLog.Of(1 - 1.0 / (1L << 53)), 1e-30);

        static void Close(double expected, double actual) => Assert.True(Math.Abs(actual - expected) <= 1e-15 * Math.Abs(expected), $"expected {expected:R}, found {actual:R}");
    }
}
