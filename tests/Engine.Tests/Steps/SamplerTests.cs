using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Steps;
using Engine.Tests.Runs;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>Every draw has the chances of its definition, by chi-square over 10,000 seeds, and belongs to its step alone. (random, kmq and kmRandom are judged with their steps.)</summary>
public sealed class SamplerTests
{
    private const int Seeds = 10_000;

    private static readonly float[] Line = [0, 1, 3, 7];

    [Fact]
    public void BalancedGivesEveryRowOfASourceTheSameChance()
    {
        Records pool = Records.From([.. Enumerable.Range(0, 9).Select(_ => new Conversation([new Turn(Turn.TextRole, "x")]))], null, ["a", "b", "a", "a", "b", "a", "a", "b", "a"]);
        var step = new Balanced { In = pool, Budget = 4, Draw = SourceDraw.Random };
        Dictionary<(int, int), int> ofA = [], ofB = [];
        for (int seed = 0; seed < Seeds; seed++)
        {
            int[] rows = Run(step, "pick", seed).Indices;
            Count(ofA, (rows[0], rows[2]));
            Count(ofB, (rows[1], rows[3]));
        }

        // Ordered pairs of 6 and of 3 rows: 29 and 5 degrees of freedom, 58.3 and 20.5 are exceeded once in a thousand.
        Assert.Equal(30, ofA.Count);
        Assert.Equal(6, ofB.Count);
        Assert.InRange(ChiSquare(ofA, _ => 1 / 30.0), 8, 58.3);
        Assert.InRange(ChiSquare(ofB, _ => 1 / 6.0), 0.1, 20.5);
    }

    [Fact]
    public void RandomCentroidsAreRowsDrawnUniformly()
    {
        // 12 ordered pairs: 11 degrees of freedom.
        Assert.InRange(ChiSquare(FirstCentroids(KMeansInit.Random), _ => 1 / 12.0), 1, 31.3);
    }

    [Fact]
    public void PlusPlusCentroidsAreDrawnBySquaredDistance()
    {
        double Chance((int First, int Second) pair)
        {
            double total = Line.Sum(x => Math.Pow(x - Line[pair.First], 2));
            return Math.Pow(Line[pair.Second] - Line[pair.First], 2) / total / 4;
        }

        Assert.InRange(ChiSquare(FirstCentroids(KMeansInit.KMeansPlusPlus), Chance), 1, 31.3);
    }

    [Fact]
    public void ARandomStartIsEveryRowEquallyOften()
    {
        using Embeddings vectors = Vectors(1, [.. Enumerable.Range(0, 10).Select(x => (float)(x * x))]);
        Dictionary<int, int> first = [];
        for (int seed = 0; seed < Seeds; seed++)
            Count(first, Run(new KCenter { In = vectors, Budget = 1, Start = new FirstCentre.Random() }, "pick", seed).Indices[0]);
        Assert.Equal(10, first.Count);
        Assert.InRange(ChiSquare(first, _ => 1 / 10.0), 0.5, 27.9);
    }

    [Fact]
    public void AnotherStepChangesNoDraw()
    {
        using var work = new Workspace();
        work.WriteRecords("pool.jsonl", 90);
        work.WriteMatrix("vec.npy", 90, 4, seed: 2);
        work.Write("quality.csv", "q\n" + string.Concat(Enumerable.Range(1, 90).Select(i => $"{i}\n")));
        const string Draws = """
            "groups": { "op": "kmeans", "in": "vec", "k": 6, "maxIterations": 3 },
            "some": { "op": "random", "in": "pool", "budget": 20 },
            "even": { "op": "balanced", "in": "pool", "budget": 20, "draw": "random" },
            "good": { "op": "kmq", "clusters": "groups", "quality": "quality", "budget": 20 },
            "again": { "op": "kmq", "clusters": "groups", "quality": "quality", "budget": 20, "draw": "withReplacement" },
            "near": { "op": "kmRandom", "clusters": "groups", "budget": 20 },
            "core": { "op": "kcenter", "in": "vec", "budget": 20, "start": "random" }
            """;
        string[] steps = ["groups", "some", "even", "good", "again", "near", "core"];
        SortedDictionary<string, string> alone = Results(work, "alone", Draws);
        string more = """ "first": { "op": "random", "in": "pool", "budget": 9 }, "other": { "op": "kmeans", "in": "vec", "k": 3 },""" + Draws
            + """, "last": { "op": "kmRandom", "clusters": "other", "budget": 5 } """;
        string turned = string.Join(",\n", Draws.Split(",\n").Reverse().Select(line => line.TrimEnd(',')));
        foreach ((string name, string plan) in new[] { ("more", more), ("turned", turned) })
        {
            SortedDictionary<string, string> results = Results(work, name, plan);
            foreach ((string file, string hash) in alone.Where(f => steps.Any(step => f.Key.StartsWith($"steps/{step}/", StringComparison.Ordinal)))) Assert.Equal((file, hash), (file, results[file]));
        }

        Assert.Equal(7, alone.Keys.Count(file => file.EndsWith("selection.csv", StringComparison.Ordinal)));
    }

    private static SortedDictionary<string, string> Results(Workspace work, string name, string steps)
    {
        work.Write($"{name}.json", $$"""
            { "version": 1, "seed": 11,
              "inputs": {
                "pool": { "kind": "records", "path": "pool.jsonl", "source": "dataset" },
                "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" },
                "quality": { "kind": "scores", "path": "quality.csv", "rowsOf": "pool" } },
              "steps": { {{steps}} },
              "run": { "dir": "{{name}}" } }
            """);
        Outcome run = work.Run($"{name}.json");
        Assert.True(run.Exit == 0, run.Error);
        return work.Hashes(name);
    }

    private static Dictionary<(int First, int Second), int> FirstCentroids(KMeansInit init)
    {
        using Embeddings vectors = Vectors(1, Line);
        var step = new Engine.Steps.KMeans { In = vectors, K = 2, Init = init, MaxIterations = 0 };
        Dictionary<(int First, int Second), int> pairs = [];
        for (int seed = 0; seed < Seeds; seed++)
        {
            float[] centroids = Run(step, "groups", seed).Centroids;
            Count(pairs, (Array.IndexOf(Line, centroids[0]), Array.IndexOf(Line, centroids[1])));
        }

        Assert.Equal(12, pairs.Count);
        return pairs;
    }

    private static void Count<T>(Dictionary<T, int> counts, T what)
        where T : notnull => counts[what] = counts.GetValueOrDefault(what) + 1;

    private static double ChiSquare<T>(Dictionary<T, int> counts, Func<T, double> chance)
        where T : notnull => counts.Sum(cell => Math.Pow(cell.Value - (Seeds * chance(cell.Key)), 2) / (Seeds * chance(cell.Key)));
}
