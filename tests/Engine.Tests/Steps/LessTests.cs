using Engine.Data;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>LESS on golden data I: checkpoints weigh, queries of a subtask are averaged, the best subtask counts.</summary>
public sealed class LessTests
{
    // Rows are unit vectors, so that a query's elements are its influences.
    private static readonly float[] Unit = [1, 0, 0, 1];

    [Fact]
    public void TheGoldenInfluences()
    {
        using Embeddings one = Vectors(2, Unit), two = Vectors(2, Unit);
        using Embeddings a1 = Vectors(2, .2f, .5f, .4f, .1f), b1 = Vectors(2, .1f, .2f, .3f, 0);
        using Embeddings a2 = Vectors(2, 0, .1f, .2f, .1f), b2 = Vectors(2, .6f, .4f, .2f, .4f);
        Selection chosen = Select("less", """
            { "budget": 2, "checkpoints": [ { "in": "one", "queries": { "a": "a1", "b": "b1" }, "learningRate": 1 },
                                            { "in": "two", "queries": { "a": "a2", "b": "b2" }, "learningRate": 3 } ] }
            """, ("one", one), ("two", two), ("a1", a1), ("b1", b1), ("a2", a2), ("b2", b2));
        Assert.Equal([0, 1], chosen.Indices);
        Assert.Equal(.35, chosen.Scores![0], 1e-7);
        Assert.Equal(.325, chosen.Scores[1], 1e-7);
        Assert.Equal(["b", "b"], chosen.Tasks!);
        Assert.Equal(chosen.Scores, chosen.PoolScores!.Columns["influence"]);
    }

    [Fact]
    public void OneFileOfQueriesHoldsSubtasksOfEqualSize()
    {
        using Embeddings pool = Vectors(2, Unit), queries = Vectors(2, .2f, .5f, .4f, .1f, .1f, .2f, .3f, 0);
        var step = new SelectByInfluence { Checkpoints = [new(pool, [new("bbh", queries)])], Subtasks = 2, Budget = 2 };
        Selection chosen = Run(step);
        Assert.Equal([.3, .3], chosen.Scores!.Select(s => Math.Round(s, 6)));
        Assert.Equal(["bbh/0", "bbh/0"], chosen.Tasks!);
        Assert.Null(Run(step with { Subtasks = 1 }).Tasks);
        Refused(step with { Subtasks = 3 }, ExitCode.Input, "ROWS", "4 queries", "3 equal subtasks");
    }

    [Fact]
    public void DirectionsCountWhenNormalized()
    {
        using Embeddings pool = Vectors(2, 10, 0, 2, 1, 0, 3), queries = Vectors(2, 0, 5, 2, 2);
        var step = new SelectByInfluence { Checkpoints = [new(pool, [new("t", queries)])], Budget = 3 };
        Assert.Equal([2, 0, 1], Run(step).Indices);
        Selection chosen = Run(step with { Normalize = true });
        Assert.Equal([2, 1, 0], chosen.Indices);

        // The mean of the unit queries is (r / 2, (1 + r) / 2).
        double r = Math.Sqrt(.5), across = r / 2, up = (1 + r) / 2;
        Assert.Equal(up, chosen.Scores![0], 1e-9);
        Assert.Equal(((2 * across) + up) / Math.Sqrt(5), chosen.Scores[1], 1e-9);
        Assert.Equal(across, chosen.Scores[2], 1e-9);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using Embeddings pool = Vectors(2, Unit), other = Vectors(2, 1, 0, 0, 1, 1, 1), queries = Vectors(2, 1, 1), wide = Vectors(3, 1, 1, 1);
        var step = new SelectByInfluence { Checkpoints = [new(pool, [new("t", queries)])], Budget = 3 };
        Refused(step, ExitCode.Input, "BUDGET", "3 rows", "only 2");
        Refused(step with { Budget = 1, Checkpoints = [new(pool, [new("t", queries)]), new(other, [new("t", queries)])] }, ExitCode.Input, "ROWS", "3 rows", "has 2");
        Refused(step with { Budget = 1, Checkpoints = [new(pool, [new("t", queries)]), new(pool, [new("u", queries)])] }, ExitCode.Plan, "QUERIES", "t", "u");
        Refused(step with { Budget = 1, Checkpoints = [new(pool, [new("t", wide)])] }, ExitCode.Input, "DIM", "3 elements", "have 2");
    }
}
