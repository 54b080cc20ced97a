using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using Engine.Tests.Algorithms;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>QDIT on golden data I and against plain greedy: lazy evaluation changes no pick.</summary>
public sealed class QditTests
{
    [Fact]
    public void TheGoldenPicks()
    {
        using Embeddings vectors = Vectors(2, 1, 0, 0, 1, 1, 1);
        var quality = new ScoreTable(new Dictionary<string, double[]> { ["q"] = [.1, .2, 0] }, "q.csv");
        Selection chosen = Select("qdit", """{ "in": "v", "quality": "q", "budget": 2, "alpha": 0.5 }""", ("v", vectors), ("q", quality));
        Assert.Equal([2, 1], chosen.Indices);
        Assert.Equal(1.207107, chosen.Scores![0], 5e-7);
        Assert.Equal(1.453553, chosen.Scores[1], 5e-7);
        Assert.Equal([1, 0, 2], Select("qdit", """{ "in": "v", "quality": "q", "budget": 3, "alpha": 1 }""", ("v", vectors), ("q", quality)).Indices);
    }

    [Theory]
    [InlineData("oracle", 0.0, true)]
    [InlineData("best, 1 thread", 0.3, false)]
    [InlineData("best, 3 threads", 0.3, true)]
    [InlineData("best, 3 threads", 0.9, false)]
    public void PicksAreThoseOfPlainGreedy(string set, double alpha, bool ties)
    {
        const int Rows = 300, Dim = 4, Count = 30;
        var random = new RandomStream(3, $"qdit {ties}");
        float[] values = ties ? KernelCases.Grid(random, Rows * Dim, 2) : KernelCases.Gaussian(random, Rows * Dim);
        for (int r = 0; r < Rows; r++) values[r * Dim] += ties ? 1 : 0;
        double[] quality = [.. Enumerable.Range(0, Rows).Select(_ => random.NextBelow(4) / 4.0)];
        using var rows = ArrayRows.From(values, Dim);
        using IKernels kernels = KernelCases.Open(set);
        double[] norms = new double[Rows];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        FacilityLocationResult found = FacilityLocation.Select(rows, norms, quality, alpha, Count, kernels, Pass.Unwatched);

        // Gains to 12 digits, so that equal gains are equal here too; the lower row wins.
        double[,] cosines = new double[Rows, Rows];
        for (int a = 0; a < Rows; a++)
            for (int b = 0; b < Rows; b++) cosines[a, b] = Kernels.Oracle.Cosine(values[(a * Dim)..((a + 1) * Dim)], values[(b * Dim)..((b + 1) * Dim)]);
        double[] covered = [.. Enumerable.Repeat(-1.0, Rows)];
        HashSet<int> open = [.. Enumerable.Range(0, Rows)];
        for (int i = 0; i < Count; i++)
        {
            double Value(int c) => Math.Round(((1 - alpha) * Enumerable.Range(0, Rows).Sum(r => Math.Max(cosines[r, c], covered[r]))) + (alpha * quality[c]), 10);
            double best = open.Max(Value);
            int pick = open.Where(c => Value(c) == best).Min();
            Assert.Equal(best, found.Values[i], 2e-10);
            Assert.Equal(best, Value(found.Rows[i]), 2e-10);
            if (!ties) Assert.Equal(pick, found.Rows[i]);
            pick = found.Rows[i];
            open.Remove(pick);
            for (int r = 0; r < Rows; r++) covered[r] = Math.Max(covered[r], cosines[r, pick]);
        }

        Assert.Equal(Count, found.Rows.Distinct().Count());
        Assert.True(found.Evaluations < Rows * Count / 2, $"{found.Evaluations} gains");
    }

    [Fact]
    public void AllRowsInTheEndByQualityThenRow()
    {
        using Embeddings vectors = Vectors(2, 1, 0, 2, 0, 0, 1, 0, 3);
        var quality = new ScoreTable(new Dictionary<string, double[]> { ["q"] = [0, 0, 0, 0] }, "q.csv");
        Assert.Equal([0, 2, 1, 3], Run(new SelectByQdit { In = vectors, Quality = quality, Budget = 4 }).Indices);
        Refused(new SelectByQdit { In = vectors, Quality = quality, Budget = 5 }, ExitCode.Input, "BUDGET", "5 rows", "only 4");
        Assert.Contains(ReadErrors("qdit", """{ "in": "v", "quality": "q", "budget": 1, "alpha": 1.1 }"""), e => e.Code == "RANGE");
    }
}
