using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>The search over sizes: what it tries, what it finds, and that it can be told what is known.</summary>
public sealed class SizeSearchTests
{
    [Theory]
    [InlineData(10, 100_000, 24, 2532)]
    [InlineData(1, 1_000_000, 40, 37)]
    [InlineData(100, 200, 20, 100)]
    [InlineData(50, 5000, 16, 5000)]
    public void FindsTheLowestPointOfABowl(int least, int most, int trials, int lowest)
    {
        double before = double.PositiveInfinity;
        for (int seed = 0; seed < 20; seed++)
        {
            SizeSearch search = Search(least, most, trials, seed, size => Math.Pow(Math.Log(size / (double)lowest), 2));
            Assert.InRange(Math.Abs(Math.Log(search.Best!.Size / (double)lowest)), 0, Math.Log(most / (double)least) / 20);

            // Steps from the best improve on what was drawn.
            before = search.Trials.Take((trials + 1) / 2).Min(t => t.Loss);
            Assert.True(search.Best.Loss <= before);
        }
    }

    [Fact]
    public void NoSizeIsTriedTwiceAndEveryOneIsInBounds()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SizeSearch search = Search(3, 40, 30, seed, size => Math.Sin(size * seed));
            Assert.Equal(30, search.Trials.Select(t => t.Size).Distinct().Count());
            Assert.All(search.Trials, t => Assert.InRange(t.Size, 3, 40));
            Assert.Equal(Enumerable.Range(1, 30), search.Trials.Select(t => t.Number));
        }
    }

    [Fact]
    public void EndsWhenEverySizeWasTried()
    {
        SizeSearch search = Search(5, 9, 100, 1, size => Math.Abs(size - 7));
        Assert.Equal([5, 6, 7, 8, 9], search.Trials.Select(t => t.Size).Order());
        Assert.Equal(7, search.Best!.Size);
        Assert.Single(Search(8, 8, 3, 1, _ => 0).Trials);
        Assert.Equal(5, Search(5, 9, 100, 1, _ => 1).Best!.Size);
    }

    [Fact]
    public void DrawsAreLogUniform()
    {
        // Sizes 1 .. 1000: a third of the draws in each power of ten.
        int[] counts = new int[3];
        for (int seed = 0; seed < 9000; seed++)
        {
            int size = new SizeSearch(1, 1000, 1, new RandomStream(seed, "size")).Next()!.Value;
            counts[size < 10 ? 0 : size < 100 ? 1 : 2]++;
        }

        // Rounding moves the bounds to 9.5 and 99.5.
        double[] shares = [Math.Log(9.5) / Math.Log(1000), Math.Log(99.5 / 9.5) / Math.Log(1000), Math.Log(1000 / 99.5) / Math.Log(1000)];
        Assert.InRange(counts.Select((c, i) => Math.Pow(c - 9000 * shares[i], 2) / (9000 * shares[i])).Sum(), 0, 13.8);
    }

    [Fact]
    public void WhatIsKnownIsGoneThroughAgainToTheSameEnd()
    {
        Func<int, double> loss = size => Math.Cos(Math.Log(size) * 3) + size / 1e5;
        SizeSearch whole = Search(10, 20_000, 25, 4, loss);
        for (int known = 0; known <= 25; known += 5)
        {
            var again = new SizeSearch(10, 20_000, 25, new RandomStream(4, "size"));
            while (again.Next() is { } size) again.Tell(size, again.Trials.Count < known ? whole.Trials[again.Trials.Count].Loss : loss(size));
            Assert.Equal(whole.Trials, again.Trials);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new SizeSearch(1, 2, 1, new RandomStream(1, "x")).Tell(1, double.NaN));
    }

    private static SizeSearch Search(int least, int most, int trials, int seed, Func<int, double> loss)
    {
        var search = new SizeSearch(least, most, trials, new RandomStream(seed, "size"));
        while (search.Next() is { } size) search.Tell(size, loss(size));
        return search;
    }
}
