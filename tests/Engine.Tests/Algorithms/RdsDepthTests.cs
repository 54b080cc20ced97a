using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>The forecast of how deep lists are popped: it spares passes and never changes what is selected.</summary>
public sealed class RdsDepthTests
{
    private const int Rows = 70_000, Dim = 6, Queries = 16;

    [Theory]
    [InlineData(0.05, 20_000, Duplicates.Consume)]
    [InlineData(0.05, 20_000, Duplicates.Skip)]
    [InlineData(3, 40_000, Duplicates.Consume)]
    [InlineData(3, 40_000, Duplicates.Skip)]
    public void OnePassIsEnoughHoweverAlikeTheQueriesAre(double apart, int count, Duplicates duplicates)
    {
        (ArrayRows rows, double[] norms, QueryGroups queries, IKernels kernels) = Make(apart);
        using (rows)
        using (kernels)
        {
            RdsOptions options = new() { Count = count, Duplicates = duplicates };
            RdsResult forecast = Rds.Select(rows, norms, queries, options, kernels, Pass.Unwatched);
            RdsResult whole = Rds.Select(rows, norms, queries, options with { FirstDepth = Rows }, kernels, Pass.Unwatched);
            Assert.Equal(whole.Rows, forecast.Rows);
            Assert.Equal(whole.Scores, forecast.Scores);
            Assert.Equal(1, forecast.Passes);
        }
    }

    [Fact]
    public void ListsAreNoDeeperThanTheyNeedToBe()
    {
        (ArrayRows rows, double[] norms, QueryGroups queries, IKernels kernels) = Make(apart: 0.05);
        using (rows)
        using (kernels)
        {
            // Queries this much alike share most of their rows: four fair shares are 20,000, of which a list is popped three times as deep.
            RdsResult chosen = Rds.Select(rows, norms, queries, new() { Count = 20_000 }, kernels, Pass.Unwatched);
            int popped = RoundRobin.Select(chosen.Rankings, new() { Count = 20_000 }).Popped;
            Assert.InRange(chosen.Depth, popped, 2 * popped);
            Assert.InRange(popped, 5_001, 20_000);
        }
    }

    [Fact]
    public void FewRowsOfAMatrixAndBlockedOnesAreNotForecast()
    {
        (ArrayRows rows, double[] norms, QueryGroups queries, IKernels kernels) = Make(apart: 0.05);
        using (rows)
        using (kernels)
        {
            RoundRobinOptions few = new() { Count = Rows / 5 }, capped = new() { Count = Rows / 2, Caps = new CapTracker(new int[Rows], [Rows]) };

            // A sample that holds fewer of the allowed rows than are wanted would be popped to its end, and every list be as long as the matrix.
            RoundRobinOptions allowed = new() { Count = Rows / 3, Allowed = row => row % 3 == 1 };
            Assert.Equal(7, RdsDepth.First(7, rows, norms, queries, allowed, kernels, Pass.Unwatched));
            Assert.Equal(7, RdsDepth.First(7, rows, norms, queries, few, kernels, Pass.Unwatched));
            Assert.Equal(7, RdsDepth.First(7, rows, norms, queries, capped, kernels, Pass.Unwatched));
        }
    }

    private static (ArrayRows Rows, double[] Norms, QueryGroups Queries, IKernels Kernels) Make(double apart)
    {
        var random = new RandomStream(11, "depth");
        ArrayRows rows = ArrayRows.From(KernelCases.Gaussian(random, Rows * Dim), Dim);
        float[] centre = KernelCases.Gaussian(random, Dim), vectors = KernelCases.Gaussian(random, Queries * Dim);
        for (int i = 0; i < vectors.Length; i++) vectors[i] = centre[i % Dim] + ((float)apart * vectors[i]);
        IKernels kernels = KernelSets.Best(2);
        double[] norms = new double[Rows];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        return (rows, norms, new QueryGroups(vectors, Dim, [.. Enumerable.Range(0, Queries + 1)]).Ungrouped(), kernels);
    }
}
