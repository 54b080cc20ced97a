using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>A bounded list keeps what sorting everything would keep, whatever the order of arrival.</summary>
public class TopListTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 500, 3)]
    [InlineData(7, 5, 2)]
    [InlineData(50, 50, 10)]
    [InlineData(64, 5000, 4)]
    [InlineData(64, 5000, 1_000_000)]
    [InlineData(1000, 20_000, 300)]
    [InlineData(300, 20_000, 1)]
    public void KeepsTheBest(int depth, int rows, int distinctScores)
    {
        RandomStream random = new(depth, "top list");
        double[] scores = [.. Enumerable.Range(0, rows).Select(_ => random.NextBelow(distinctScores) / 7.0)];
        int[] best = [.. Enumerable.Range(0, rows).OrderByDescending(r => scores[r]).ThenBy(r => r).Take(depth)];
        int[] ascending = [.. Enumerable.Range(0, rows).OrderBy(r => scores[r])];
        foreach (bool fills in new[] { false, true })
            foreach (int[] order in new[] { [.. Enumerable.Range(0, rows)], random.Sample(rows, rows), ascending, [.. ascending.Reverse()] })
            {
                TopList list = new(depth, rows, fills);
                double threshold = list.Threshold;
                foreach (int row in order)
                {
                    list.Offer(scores[row], row, row * 3);
                    Assert.True(list.Threshold >= threshold);
                    threshold = list.Threshold;
                }

                Assert.True(rows < depth || threshold <= scores[best[^1]]);
                RankedRows ranked = list.TakeRanked();
                Assert.Equal(best, ranked.Rows);
                Assert.Equal(best.Select(r => scores[r]), ranked.Scores);
                Assert.Equal(best.Select(r => r * 3), ranked.Queries);
            }
    }

    [Fact]
    public void ThreadsMayOfferTogether()
    {
        const int Rows = 60_000;
        double[] scores = [.. Enumerable.Range(0, Rows).Select(r => (r * 7919L % 10_007) / 3.0)];
        TopList list = new(500, Rows);
        Parallel.For(0, Rows, new ParallelOptions { MaxDegreeOfParallelism = 4 }, row => list.Offer(scores[row], row, -1));
        Assert.Equal(Enumerable.Range(0, Rows).OrderByDescending(r => scores[r]).ThenBy(r => r).Take(500), list.TakeRanked().Rows);
    }
}
