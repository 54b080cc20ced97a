using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>A threshold lets about a sixty-fourth of the rows over it, and none when that is all there is.</summary>
public sealed class BoundSampleTests
{
    [Theory]
    [InlineData(500)]
    [InlineData(2048)]
    [InlineData(4945)]
    [InlineData(300_007)]
    public void AboutASixtyFourthLiesAbove(int rows)
    {
        Random random = new(rows);
        double[] bounds = [.. Enumerable.Range(0, rows).Select(_ => random.NextDouble())];
        Assert.InRange(Share(bounds, null), 1 / 128.0, 1 / 32.0);

        // Of every third row, where the others are far below or above.
        int[] within = [.. Enumerable.Range(0, (rows + 2) / 3).Select(i => 3 * i)];
        for (int row = 0; row < rows; row++)
            if (row % 3 != 0) bounds[row] *= row % 3 == 1 ? 100 : 0.001;
        Assert.InRange(Share(bounds, within), 1 / 128.0, 1 / 32.0);
    }

    [Fact]
    public void WhatIsLeftOfFewRowsIsAllTaken()
    {
        double[] bounds = new double[100_000];
        for (int i = 0; i < 20; i++) bounds[i * 4999] = 1 + i;
        Assert.Equal(0, new BoundSample(bounds.Length, 0.5).Threshold(bounds, null));
        Array.Fill(bounds, 7);
        Assert.Equal(7, new BoundSample(bounds.Length, 0.5).Threshold(bounds, null));
        Assert.Equal(0, new BoundSample(bounds.Length, 7.5).Threshold(bounds, null));
        Assert.Equal(double.PositiveInfinity, new BoundSample(3, 0.5).Threshold([.. Enumerable.Repeat(double.PositiveInfinity, 3)], null));
    }

    private static double Share(double[] bounds, int[]? within)
    {
        int[] rows = within ?? [.. Enumerable.Range(0, bounds.Length)];
        double threshold = new BoundSample(rows.Length, 1e-9).Threshold(bounds, within);
        return rows.Count(row => bounds[row] >= threshold) / (double)rows.Length;
    }
}
