using Engine.Data;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>The DEITA filter on golden data I, and what it refuses.</summary>
public sealed class DeitaTests
{
    private static readonly ScoreTable Golden = new(new Dictionary<string, double[]> { ["complexity"] = [2, 8.7, 4, 5, 1], ["quality"] = [3, 1, 2, 1, 5] }, "evol.csv");

    [Theory]
    [InlineData(5, new[] { 1, 2, 3 })]
    [InlineData(2, new[] { 1, 2 })]
    public void TheGoldenPool(int budget, int[] expected)
    {
        using Embeddings vectors = Pool();
        StepRun run = NewRun();
        var step = new SelectByDeita { In = vectors, Scores = Golden, Budget = budget };
        Selection chosen = step.Run(run);
        Assert.Equal(expected, chosen.Indices);
        Assert.Equal(expected.Select(row => new[] { 6, 8.7, 8, 5, 5 }[row]), chosen.Scores!);
        Assert.Equal(budget - expected.Length, run.Facts["unspent"]);
        Assert.Equal(budget == 5 ? 5 : 2, run.Facts["visited"]);
    }

    [Fact]
    public void APlanSaysItAll()
    {
        using Embeddings vectors = Pool();
        Assert.Equal([1, 2, 0, 3, 4], Select("deita", """{ "in": "v", "scores": "s", "budget": 5, "threshold": 1 }""", ("v", vectors), ("s", Golden)).Indices);
        Assert.Equal([4, 0], Select("deita", """{ "in": "v", "scores": "s", "columns": "quality", "threshold": 0.5, "budget": 3 }""", ("v", vectors), ("s", Golden)).Indices);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using Embeddings vectors = Pool(), zero = Vectors(1, 1, 0, 1, 1, 1);
        var step = new SelectByDeita { In = vectors, Scores = Golden, Budget = 6 };
        Refused(step, ExitCode.Input, "BUDGET", "6 rows", "only 5");
        Refused(step with { Budget = 2, Columns = ["qualty"] }, ExitCode.Input, "COLUMN", "qualty", "quality");
        Refused(step with { Budget = 2, In = zero }, ExitCode.Input, "ZERO_ROW", "row 1");
        var failed = new ScoreTable(new Dictionary<string, double[]> { ["a"] = [1, 1, 1, -1, 1], ["b"] = [1, 1, 1, -1, 1] }, "evol.csv");
        Refused(step with { Budget = 2, Scores = failed }, ExitCode.Input, "NEGATIVE", "row 3", "a = -1");
    }

    private static Embeddings Pool() => Vectors(2, 1, 0, 1, .1f, 0, 1, 1, 1, .05f, 1);
}
