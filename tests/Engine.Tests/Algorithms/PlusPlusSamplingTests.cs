using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>k-means++ must draw by squared distance, whether rows are brought up to date all together, one by one, or in between.</summary>
public sealed class PlusPlusSamplingTests
{
    private static readonly float[] s_line = [0, 1, 3, 7];

    [Theory]
    [InlineData(0)]
    [InlineData(.5)]
    [InlineData(double.PositiveInfinity)]
    public void Three_rows_of_a_line_have_the_chances_of_the_definition(double patience)
    {
        const int Rounds = 8000;
        using OracleKernels kernels = new();
        using ArrayRows rows = ArrayRows.From(s_line, 1);
        Dictionary<(int, int, int), int> seen = [];
        for (int seed = 0; seed < Rounds; seed++)
        {
            int[] drawn = new PlusPlusSampling(rows, [], kernels, Pass.Unwatched) { Patience = patience }.Sample(3, new RandomStream(seed, "++"));
            (int, int, int) key = (drawn[0], drawn[1], drawn[2]);
            seen[key] = seen.GetValueOrDefault(key) + 1;
        }

        double total = 0;
        for (int a = 0; a < 4; a++)
        {
            for (int b = 0; b < 4; b++)
            {
                for (int c = 0; c < 4; c++)
                {
                    double chance = Chance([a], b) * Chance([a, b], c) / 4;
                    total += chance;
                    double expected = Rounds * chance, deviation = Math.Sqrt(Rounds * chance * (1 - chance));
                    Assert.InRange(seen.GetValueOrDefault((a, b, c)), expected - 5 * deviation, expected + 5 * deviation);
                }
            }
        }

        Assert.Equal(1, total, 1e-12);
    }

    [Fact]
    public void Proposals_reach_every_block_and_save_distances()
    {
        const int Count = 20_000, K = 40;
        float[] values = KernelCases.Gaussian(new RandomStream(61, "blocks"), Count * 4);
        using CountingKernels kernels = new();
        using ArrayRows rows = ArrayRows.From(values, 4);
        HashSet<int> blocks = [];
        for (int seed = 0; seed < 3; seed++)
        {
            int[] drawn = new PlusPlusSampling(rows, [], kernels, Pass.Unwatched).Sample(K, new RandomStream(seed, "blocks"));
            Assert.Equal(K, drawn.Distinct().Count());
            blocks.UnionWith(drawn.Select(row => row / KMeans.SumBlock));
        }

        Assert.Equal([0, 1, 2, 3, 4], blocks.Order());
        Assert.InRange(kernels.Distances, 3 * Count, 3 * Count * K / 4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(double.PositiveInfinity)]
    public void Copies_are_taken_only_when_nothing_else_is_left_lowest_first(double patience)
    {
        using OracleKernels kernels = new();
        using ArrayRows rows = ArrayRows.From(new float[] { 4, 4, 4, 2, 2, 9 }, 1);
        for (int seed = 0; seed < 20; seed++)
        {
            int[] drawn = new PlusPlusSampling(rows, [], kernels, Pass.Unwatched) { Patience = patience }.Sample(6, new RandomStream(seed, "copies"));
            Assert.Equal(3, drawn[..3].Select(row => row < 3 ? 4 : row < 5 ? 2 : 9).Distinct().Count());
            Assert.Equal([0, 1, 2, 3, 4, 5], drawn.Order());
            Assert.Equal(drawn[3..].Order(), drawn[3..]);
        }
    }

    private static double Chance(int[] taken, int next)
    {
        double Squared(int row) => taken.Min(t => Math.Pow(s_line[row] - s_line[t], 2));
        return Squared(next) / Enumerable.Range(0, s_line.Length).Sum(Squared);
    }
}
