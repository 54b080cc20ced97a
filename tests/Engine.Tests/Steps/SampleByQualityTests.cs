using System.Globalization;
using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using Engine.Tests.Runs;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>k-means-quality sampling: who gets rows, with which chances, and what is refused.</summary>
public sealed class SampleByQualityTests
{
    private const int Seeds = 10_000;

    [Fact]
    public void ClustersGetTheirSharesInOrder()
    {
        Clustering clusters = Assigned(3, [.. Enumerable.Range(0, 100).Select(row => row % 10 < 6 ? 2 : row % 10 < 9 ? 0 : 1)]);
        ScoreTable quality = Scores([.. Enumerable.Range(0, 100).Select(row => row + 1.0)]);
        StepRun run = NewRun();
        Selection drawn = new SampleByQuality { Clusters = clusters, Quality = quality, Budget = Budget.Percent(20) }.Run(run);
        Assert.Equal(20, drawn.Indices.Distinct().Count());
        Assert.Equal([6, 2, 12], Assert.IsType<int[]>(run.Facts["allocation"]));
        Assert.Equal(0, run.Facts["unspent"]);
        Assert.Equal([.. Enumerable.Repeat(0, 6), .. Enumerable.Repeat(1, 2), .. Enumerable.Repeat(2, 12)], drawn.Clusters!);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(clusters.Assignments[drawn.Indices[i]], drawn.Clusters![i]);
            Assert.Equal(drawn.Indices[i] + 1.0, drawn.Scores![i]);
        }
    }

    [Fact]
    public void EqualSharesSayWhatTheyLeave()
    {
        Clustering clusters = Assigned(4, [.. Enumerable.Repeat(0, 8), .. Enumerable.Repeat(1, 8), .. Enumerable.Repeat(2, 3), 3]);
        StepRun run = NewRun();
        var step = new SampleByQuality { Clusters = clusters, Quality = Scores([.. Enumerable.Repeat(1.0, 20)]), Budget = 10, Allocation = ClusterAllocation.Equal };
        Assert.Equal(7, step.Run(run).Indices.Length);
        Assert.Equal([2, 2, 2, 1], Assert.IsType<int[]>(run.Facts["allocation"]));
        Assert.Equal(3, run.Facts["unspent"]);
        Assert.Equal(8, Run(step with { WithReplacement = true }).Indices.Length);
        Refused(step with { Budget = 3 }, ExitCode.Input, "BUDGET", "3 rows", "4 clusters");
    }

    [Fact]
    public void DependsOnTheSeedAndTheStepsNameAlone()
    {
        var step = new SampleByQuality { Clusters = Assigned(2, [.. Enumerable.Range(0, 200).Select(row => row % 2)]), Quality = Scores([.. Enumerable.Range(1, 200).Select(q => (double)q)]), Budget = 40 };
        int[] drawn = Run(step, "mix", 1).Indices;
        Run(step with { Budget = 3 }, "another", 1);
        Assert.Equal(drawn, Run(step, "mix", 1).Indices);
        Assert.NotEqual(drawn, Run(step, "mix2", 1).Indices);
        Assert.NotEqual(drawn, Run(step, "mix", 2).Indices);

        // A larger budget adds rows and keeps those of a smaller one.
        Assert.Subset(Run(step with { Budget = 60 }, "mix", 1).Indices.ToHashSet(), drawn.ToHashSet());
    }

    [Fact]
    public void WithoutReplacementPairsHaveTheirProbabilities() =>
        Assert.InRange(ChiSquareOfPairs(withReplacement: false, (p, i, j) => i == j ? 0 : p[i] * p[j] / (1 - p[i])), 2, 31.3);

    [Fact]
    public void WithReplacementPairsHaveTheirProbabilities() =>
        Assert.InRange(ChiSquareOfPairs(withReplacement: true, (p, i, j) => p[i] * p[j]), 3, 37.7);

    [Theory]
    [InlineData("""{ "clusters": "groups", "quality": "scores", "column": "q", "budget": 2 }""", 2, true)]
    [InlineData("""{ "clusters": "groups", "quality": "scores", "column": "q", "budget": 4, "allocation": "equal", "draw": "withReplacement", "weighting": "softmax", "temperature": 0.1 }""", 4, false)]
    public void APlanSaysItAll(string plan, int rows, bool distinct)
    {
        var table = new ScoreTable(new Dictionary<string, double[]> { ["loss"] = [1, 2, 3, 4], ["q"] = [9, 1, 1, 9] }, "scores.csv");
        Selection drawn = Select("kmq", plan, ("groups", Assigned(2, [0, 0, 1, 1])), ("scores", table));
        Assert.Equal(rows, drawn.Indices.Length);
        Assert.Equal(distinct, drawn.Indices.Distinct().Count() == rows);
        Assert.Contains(ReadErrors("kmq", plan.Replace("\"budget\"", "\"temperature\": 0, \"budget\"", StringComparison.Ordinal)), e => e.Message.Contains("above 0", StringComparison.Ordinal));
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Clustering clusters = Assigned(2, [0, 1, 0, 1]);
        var step = new SampleByQuality { Clusters = clusters, Quality = Scores(1, 2, 3, 4), Budget = 2 };
        Refused(step with { Budget = 5 }, ExitCode.Input, "BUDGET", "5 rows", "only 4");
        Refused(step with { Quality = Scores(1, 2, 3) }, ExitCode.Input, "ROWS", "3 scores", "4 rows", "quality.csv");
        Refused(step with { Quality = Scores(1, 2, -0.5, 4) }, ExitCode.Input, "NEGATIVE", "row 2", "q = -0.5", "softmax");
        Refused(step with { Temperature = 2 }, ExitCode.Plan, "TEMPERATURE", "linear");
        Refused(step with { Column = "p" }, ExitCode.Input, "COLUMN", "\"p\"", "q");
        Refused(step with { Quality = new ScoreTable(new Dictionary<string, double[]> { ["a"] = [1, 2, 3, 4], ["b"] = [1, 2, 3, 4] }, "two.csv") }, ExitCode.Input, "COLUMN", "2 columns", "a, b");
        Assert.Equal(2, Run(step with { Quality = Scores(-1, -2, -3, -4), Weighting = QualityWeighting.Softmax }).Indices.Length);
    }

    [Fact]
    public void RunsFromFiles()
    {
        using var work = new Workspace();
        work.WriteRecords("pool.jsonl", 40);
        work.WriteMatrix("vec.npy", 40, 4, seed: 5);
        work.Write("quality.csv", "id,quality\n" + string.Concat(Enumerable.Range(0, 40).Reverse().Select(i => string.Create(CultureInfo.InvariantCulture, $"r{i},{i}.5\n"))));
        work.Write("plan.json", """
            {
              "version": 1,
              "inputs": {
                "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" },
                "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" },
                "scores": { "kind": "scores", "path": "quality.csv", "id": "id", "rowsOf": "pool" }
              },
              "steps": {
                "groups": { "op": "kmeans", "in": "vec", "k": 4 },
                "pick": { "op": "kmq", "clusters": "groups", "quality": "scores", "budget": "25%" }
              },
              "run": { "dir": "out" }
            }
            """);
        Outcome run = work.Run("plan.json");
        Assert.True(run.Exit == 0, run.Error);
        string[] table = File.ReadAllLines(work.At("out", "selection.csv"));
        Assert.Equal("rank,row,id,score,cluster", table[0]);
        Assert.Equal(11, table.Length);
        Assert.All(table.Skip(1).Select(line => line.Split(',')), f => Assert.Equal(f[2] + ".5", "r" + f[3]));
        Assert.Contains("\"unspent\": 0", File.ReadAllText(work.At("out", "manifest.json")), StringComparison.Ordinal);

        Assert.Equal(0, work.Run("plan.json", "run.dir=again", "steps.pick.draw=withReplacement", "steps.pick.weighting=softmax").Exit);
        Assert.Equal(10, File.ReadAllLines(work.At("again", "selected.jsonl")).Length);

        work.Write("quality.csv", "id,quality\nr0,NaN\n");
        Assert.Equal(4, work.Run("plan.json", "run.dir=third").Exit);
    }

    /// <summary>Two rows from each of two clusters whose rows alternate, over many seeds; the greater statistic of the two.</summary>
    private static double ChiSquareOfPairs(bool withReplacement, Func<double[], int, int, double> probability)
    {
        double[] p = [.4, .3, .2, .1];
        var step = new SampleByQuality
        {
            Clusters = Assigned(2, [0, 1, 0, 1, 0, 1, 0, 1]),
            Quality = Scores(8, 2, 6, 4, 4, 6, 2, 8),
            Budget = 4,
            WithReplacement = withReplacement,
        };
        int[,,] counts = new int[2, 4, 4];
        for (int seed = 0; seed < Seeds; seed++)
        {
            int[] drawn = Run(step, "pick", seed).Indices;
            counts[0, drawn[0] / 2, drawn[1] / 2]++;
            counts[1, 3 - drawn[2] / 2, 3 - drawn[3] / 2]++;
        }

        double[] statistics = new double[2];
        for (int cluster = 0; cluster < 2; cluster++)
        {
            for (int i = 0; i < 4; i++)
            {
                for (int j = 0; j < 4; j++)
                {
                    double expected = Seeds * probability(p, i, j);
                    if (expected == 0) Assert.Equal(0, counts[cluster, i, j]);
                    else statistics[cluster] += Math.Pow(counts[cluster, i, j] - expected, 2) / expected;
                }
            }
        }

        return statistics.Max();
    }

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
