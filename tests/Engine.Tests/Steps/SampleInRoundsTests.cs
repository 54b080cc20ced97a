using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>Draws in rounds: who gives how much after which feedback, with which chances, and what is refused.</summary>
public sealed class SampleInRoundsTests
{
    private const int Seeds = 10_000;

    [Fact]
    public void FeedbackMovesTheBudgetToTheClustersThatGain()
    {
        // Golden data G: mean gains .6, .3, .1 and then .2, .5, .3 give 6, 3, 1 and 4, 5, 1 of 10.
        double[][] gains = [[.6, .3, .1], [.2, .5, .3]];
        Clustering clusters = Assigned(3, [.. Enumerable.Range(0, 90).Select(row => row % 3)]);
        StepRun run = NewRun();
        Selection drawn = Step(clusters, 3, 30, (round, _) => Gain(round, row => gains[round.Number - 1][row % 3])).Run(run);
        Assert.Equal(30, drawn.Indices.Distinct().Count());
        Assert.Equal(Enumerable.Repeat(1, 10).Concat(Enumerable.Repeat(2, 10)).Concat(Enumerable.Repeat(3, 10)), drawn.Rounds!);
        Assert.Equal([[4, 3, 3], [6, 3, 1], [4, 5, 1]], run.Rounds.Select(r => r.Allocation));
        Assert.Equal([1 / 3.0, 1 / 3.0, 1 / 3.0], run.Rounds[0].Weights);
        Assert.Null(run.Rounds[0].Gains);
        for (int j = 0; j < 3; j++) Assert.Equal(gains[0][j], run.Rounds[1].Gains![j], 1e-12);
        Assert.All(drawn.Indices.Zip(drawn.Clusters!), pair => Assert.Equal(pair.First % 3, pair.Second));
        Assert.Equal(0, run.Facts["unspent"]);
        Assert.Equal([10, 10, 10], Assert.IsType<int[]>(run.Facts["rounds"]));
    }

    [Fact]
    public void EarlyRoundsTakeTheRemainderAndSmallClustersAreMadeUpFor()
    {
        Clustering clusters = Assigned(3, [0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2]);
        StepRun run = NewRun();
        Selection drawn = Step(clusters, 3, 11, (round, _) => Gain(round, _ => 1)).Run(run);
        Assert.Equal([4, 4, 3], run.Rounds.Select(r => r.Chosen.Indices.Length));
        Assert.Equal([[1, 2, 1], [0, 2, 2], [0, 3, 0]], run.Rounds.Select(r => r.Allocation));
        Assert.Equal(11, drawn.Indices.Distinct().Count());
    }

    [Fact]
    public void NotAskedAfterTheLastRound()
    {
        Clustering clusters = Assigned(2, [0, 1, 0, 1, 0, 1]);
        Assert.Equal(3, Run(Step(clusters, 1, 3, (_, _) => throw new InvalidOperationException())).Indices.Length);
        var waiting = Assert.Throws<FeedbackAwaitedException>(() => Run(Step(clusters, 2, 3, (_, _) => null)));
        Assert.Equal((1, null), (waiting.Round, waiting.Path));
    }

    [Fact]
    public void FeedbackMayBeNeededOnAllRoundsSoFar()
    {
        Clustering clusters = Assigned(2, [.. Enumerable.Range(0, 20).Select(row => row % 2)]);
        List<int[]> asked = [];
        SampleInRounds step = Step(clusters, 3, 9, (round, _) =>
        {
            asked.Add(round.ScoredRows);
            return Gain(round, _ => 1);
        });
        Selection drawn = Run(step with { ScoresAllRounds = true });
        Assert.Equal([drawn.Indices[..3], drawn.Indices[..6]], asked);
        Assert.Throws<ArgumentException>(() => Run(step with { Feedback = (_, _) => new RoundFeedback([1], [0]) }));
    }

    [Fact]
    public void DependsOnTheSeedTheStepsNameAndTheRoundAlone()
    {
        Clustering clusters = Assigned(2, [.. Enumerable.Range(0, 400).Select(row => row % 2)]);
        SampleInRounds step = Step(clusters, 2, 80, (round, _) => Gain(round, _ => 1));
        int[] drawn = Run(step, "mix", 1).Indices;
        Assert.Equal(drawn, Run(step, "mix", 1).Indices);
        Assert.NotEqual(drawn, Run(step, "mix2", 1).Indices);
        Assert.NotEqual(drawn, Run(step, "mix", 2).Indices);

        // A row's number in a round does not hang on what was drawn before: the last round's favourites are those of one round of its own.
        Assert.Equal(drawn[..40], Run(step with { Rounds = 3, Budget = 120 }, "mix", 1).Indices[..40]);
    }

    [Fact]
    public void RowsOfBothRoundsHaveTheirProbabilities()
    {
        // Two of four rows by quality, one in each of two rounds: P(i then j) = p_i p_j / (1 - p_i).
        double[] p = [.4, .3, .2, .1];
        SampleInRounds step = Step(Assigned(1, [0, 0, 0, 0]), 2, 2, (round, _) => Gain(round, _ => 1)) with { Quality = Scores(8, 6, 4, 2) };
        int[,] counts = new int[4, 4];
        for (int seed = 0; seed < Seeds; seed++)
        {
            int[] drawn = Run(step, "pick", seed).Indices;
            counts[drawn[0], drawn[1]]++;
        }

        double statistic = 0;
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(0, counts[i, i]);
            for (int j = 0; j < 4; j++)
            {
                double expected = Seeds * p[i] * p[j] / (1 - p[i]);
                if (i != j) statistic += Math.Pow(counts[i, j] - expected, 2) / expected;
            }
        }

        // 99.9 % of chi-square with 11 degrees of freedom.
        Assert.InRange(statistic, 2, 31.3);
    }

    [Fact]
    public void WithoutQualityRowsOfAClusterAreEquallyLikely()
    {
        SampleInRounds step = Step(Assigned(2, [0, 0, 0, 0, 1, 1]), 1, 2, (_, _) => null);
        int[] counts = new int[6];
        for (int seed = 0; seed < Seeds; seed++)
            foreach (int row in Run(step, "pick", seed).Indices) counts[row]++;
        double statistic = counts[..4].Sum(c => Math.Pow(c - Seeds / 4.0, 2) / (Seeds / 4.0)) + counts[4..].Sum(c => Math.Pow(c - Seeds / 2.0, 2) / (Seeds / 2.0));
        Assert.InRange(statistic, .02, 18.5);
        Assert.Null(Run(step).Scores);
    }

    [Fact]
    public void TheCodesDrawOfClustersMayLoseRows()
    {
        StepRun run = NewRun();
        Selection drawn = (Step(Assigned(2, [0, 1, 1, 1, 1, 1, 1, 1]), 1, 8, (_, _) => null) with { DrawsClusters = true }).Run(run);
        Assert.Equal(8 - drawn.Indices.Length, run.Facts["unspent"]);
        Assert.InRange(drawn.Indices.Length, 1, 7);
        Assert.Equal(1, drawn.Clusters!.Count(c => c == 0));
    }

    [Theory]
    [InlineData("""{ "clusters": "groups", "rounds": 2, "budget": 4, "feedback": "fb-${round}.csv" }""")]
    [InlineData("""{ "clusters": "groups", "quality": "scores", "column": "q", "rounds": 2, "budget": "50%", "feedback": "fb.jsonl", "update": { "softmax": 0.5 }, "carry": true, "floor": 0.01, "scored": "all", "allocation": "multinomial", "weighting": "softmax", "temperature": 3 }""")]
    public void APlanSaysItAll(string plan)
    {
        var table = new ScoreTable(new Dictionary<string, double[]> { ["loss"] = [1, 2, 3, 4, 5, 6, 7, 8], ["q"] = [9, 1, 1, 9, 1, 1, 1, 1] }, "scores.csv");
        IStep step = Bind("iterate", plan, ("groups", Assigned(2, [0, 0, 0, 0, 1, 1, 1, 1])), ("scores", table));
        var waiting = Assert.Throws<FeedbackAwaitedException>(() => step.Run(NewRun()));
        Assert.StartsWith("fb", waiting.Path, StringComparison.Ordinal);
        Assert.DoesNotContain("${", waiting.Path, StringComparison.Ordinal);
        Assert.NotEmpty(ReadErrors("iterate", plan.Replace("\"rounds\": 2", "\"rounds\": 0, \"update\": \"clamp\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        SampleInRounds step = Step(Assigned(2, [0, 1, 0, 1]), 2, 2, (round, _) => Gain(round, row => row % 2 == 0 ? 1 : -3));
        Refused(step with { Budget = 5 }, ExitCode.Input, "BUDGET", "5 rows", "only 4");
        Refused(step with { Rounds = 3 }, ExitCode.Input, "BUDGET", "2 rows for 3 rounds");
        Refused(step with { Budget = 4, Update = new ClusterWeights(GainTransform.Literal) }, ExitCode.Input, "WEIGHT", "cluster 0", "clamp0");
        Refused(step with { Quality = Scores(1, -2, 3, 4) }, ExitCode.Input, "NEGATIVE", "row 1");
        Refused(step with { Temperature = 2 }, ExitCode.Plan, "TEMPERATURE");
        Refused(step with { Budget = 4, Rounds = 3, Feedback = FeedbackFiles.At("fb.csv") }, ExitCode.Plan, "FEEDBACK", "${round}", "fb.csv");
        Assert.Equal(2, Run(step).Indices.Length);
    }

    private static SampleInRounds Step(Clustering clusters, int rounds, int budget, FeedbackSource feedback) =>
        new() { Clusters = clusters, Rounds = rounds, Budget = budget, Feedback = feedback };

    private static RoundFeedback Gain(SelectionRound round, Func<int, double> gain) =>
        new(Array.ConvertAll(round.ScoredRows, row => 1 + gain(row)), Array.ConvertAll(round.ScoredRows, _ => 1.0));

    private static Clustering Assigned(int k, int[] assignments) => new()
    {
        Of = Vectors(1, new float[assignments.Length]),
        Centroids = new float[k],
        Assignments = assignments,
        Sizes = [.. Enumerable.Range(0, k).Select(c => (long)assignments.Count(a => a == c))],
        Inertia = 0,
        Iterations = 0,
    };

    private static ScoreTable Scores(params double[] quality) => new(new Dictionary<string, double[]> { ["q"] = quality }, "quality.csv");
}
