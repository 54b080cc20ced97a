using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>The perplexity baselines and instruction-following difficulty, on golden data I and at their edges.</summary>
public sealed class PerplexityTests
{
    private static readonly ScoreTable Golden = Table(("nll", [1.2, 3.4, .5, 2.2, 2.9, .9]));

    [Theory]
    [InlineData("""{ "in": "t", "budget": 2 }""", new[] { 1, 4 })]
    [InlineData("""{ "in": "t", "budget": 2, "keep": "mid" }""", new[] { 4, 3 })]
    [InlineData("""{ "in": "t", "budget": 3, "keep": "mid", "from": 0.5 }""", new[] { 0, 5, 2 })]
    [InlineData("""{ "in": "t", "budget": "50%", "keep": "least" }""", new[] { 2, 5, 0 })]
    public void PartsOfTheGoldenRanking(string plan, int[] expected)
    {
        Selection chosen = Select("perplexity", plan, ("t", Golden));
        Assert.Equal(expected, chosen.Indices);
        Assert.Equal(expected.Select(row => Golden.Columns["nll"][row]), chosen.Scores!);
        Assert.Equal(6, chosen.PoolRows);
    }

    [Fact]
    public void TiesGoToTheLowerRowAtEitherEnd()
    {
        ScoreTable ties = Table(("other", [0, 0, 0, 0, 0]), ("perplexity", [1, 2, -0.0, 2, 0]));
        Assert.Equal([1, 3, 0, 2, 4], Run(new SelectByPerplexity { In = ties, Budget = 5 }).Indices);
        Assert.Equal([2, 4, 0, 1, 3], Run(new SelectByPerplexity { In = ties, Budget = 5, Keep = PerplexityKeep.Least }).Indices);
    }

    [Fact]
    public void RankingsAreThoseOfAStableSort()
    {
        var random = new Engine.Kernels.RandomStream(1, "ranking");
        double[] scores = [.. Enumerable.Range(0, 5000).Select(_ => (double)random.NextBelow(40))];
        Assert.Equal(Enumerable.Range(0, 5000).OrderByDescending(r => scores[r]), ScoreRanking.HighestFirst(scores));
        Assert.Equal(Enumerable.Range(0, 5000).OrderBy(r => scores[r]), ScoreRanking.LowestFirst(scores));
    }

    [Theory]
    [InlineData("""{ "in": "t", "budget": 1, "conditional": "c", "alone": "a" }""", .5)]
    [InlineData("""{ "in": "t", "budget": 1, "conditional": "c", "alone": "a", "ratio": "perplexity" }""", .367879)]
    public void DifficultyOfTheGoldenMeans(string plan, double expected)
    {
        // Mean of [1, .5, 1.5] after the instruction, of [2, 1, 3] alone; the second row's instruction does harm.
        Selection chosen = Select("ifd", plan, ("t", Table(("c", [1, 3]), ("a", [2, 2]))));
        Assert.Equal([0], chosen.Indices);
        Assert.Equal(expected, chosen.Scores![0], 5e-7);
    }

    [Fact]
    public void TheTwoRatiosOrderDifferently()
    {
        ScoreTable losses = Table(("c", [0.5, 3]), ("a", [1, 4]));
        var step = new SelectByIfd { In = losses, Losses = new IfdLosses("c", "a"), Budget = 2 };
        Assert.Equal([1, 0], Run(step).Indices);
        Assert.Equal([0, 1], Run(step with { Losses = new IfdLosses("c", "a") { Ratio = IfdRatio.Perplexity } }).Indices);
    }

    [Fact]
    public void RowsOverTheBoundOrWithoutAnswerAreLeftOut()
    {
        StepRun run = NewRun();
        var step = new SelectByIfd { In = Table(("c", [1, 3, 2, 0, 1.9]), ("a", [2, 2, 2, 0, 2])), Losses = new IfdLosses("c", "a"), Budget = 3 };
        Assert.Equal([2, 4, 0], step.Run(run).Indices);
        Assert.Equal((1, 1), (run.Facts["overMax"], run.Facts["withoutAnswer"]));
        Refused(step with { Budget = 4 }, ExitCode.Input, "BUDGET", "4 rows", "only 3 of 5", "1 have no answer");
        Assert.Equal([1, 2, 4, 0], Run(step with { Budget = 4, Max = 2 }).Indices);
        Assert.Equal([1, 0], Select("ifd", """{ "in": "t", "budget": 2 }""", ("t", Table(("x", [9, 9, 9]), ("ifd", [.2, .3, 1.5])))).Indices);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        var step = new SelectByPerplexity { In = Golden, Budget = 7 };
        Refused(step, ExitCode.Input, "BUDGET", "7 rows", "only 6");
        Refused(step with { Budget = 6, Keep = PerplexityKeep.Mid }, ExitCode.Input, "BUDGET", "6 rows", "place 1", "only 5", "from");
        Refused(step with { Budget = 1, From = 0.5 }, ExitCode.Plan, "FROM", "0.5", "mid");
        Refused(step with { Budget = 1, Column = "nl" }, ExitCode.Input, "COLUMN", "\"nl\"", "nll");
        ScoreTable two = Table(("c", [1, -3]), ("a", [2, 2]));
        Refused(new SelectByIfd { In = two, Budget = 1 }, ExitCode.Input, "COLUMN", "2 columns");
        Refused(new SelectByIfd { In = two, Budget = 1, Losses = new IfdLosses("c", "a") }, ExitCode.Input, "NEGATIVE", "row 1", "c = -3");
        Refused(new SelectByIfd { In = two, Budget = 1, Losses = new IfdLosses("c", "a"), Column = "c" }, ExitCode.Plan, "KEYS", "column");
    }

    private static ScoreTable Table(params (string Name, double[] Values)[] columns) => new(columns.ToDictionary(c => c.Name, c => c.Values), "scores.csv");
}
