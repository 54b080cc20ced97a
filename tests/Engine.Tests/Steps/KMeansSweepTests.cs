using System.Text.Json;
using Engine.Selections;
using Engine.Steps;
using Engine.Tests.Runs;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>k-means with several k: the silhouette decides, and the clustering kept is the one its k alone gives.</summary>
public sealed class KMeansSweepTests
{
    private static readonly float[] Points = [0, 0, 0, 1, 1, 0, 8, 8, 9, 8, 8, 9, 0, 9, 1, 9];

    [Theory]
    [InlineData("""{ "in": "vec", "k": { "range": [2, 6] }, "restarts": 4 }""", new[] { 2, 3, 4, 5, 6 })]
    [InlineData("""{ "in": "vec", "k": { "range": [2, 7, 2] }, "restarts": 4 }""", new[] { 2, 4, 6 })]
    [InlineData("""{ "in": "vec", "k": { "values": [5, 3, 5] }, "restarts": 4, "silhouette": "centroid" }""", new[] { 3, 5 })]
    public void ThreeHeapsAreThreeClusters(string plan, int[] ks)
    {
        StepRun run = NewRun("groups");
        var found = (Clustering)Bind("kmeans", plan, ("vec", Vectors(2, Points))).Run(run);
        Assert.Equal(ks, found.Silhouettes!.Select(s => s.K));
        int best = found.Silhouettes!.MaxBy(s => s.Silhouette)!.K;
        Assert.Equal(best, found.Sizes.Length);
        Assert.Equal(best, run.Facts["k"]);
        if (ks.Contains(3)) Assert.Equal(3, best);
        Clustering alone = Run(new KMeans { In = Vectors(2, Points), K = best, Restarts = 4 }, "groups");
        Assert.Equal(alone.Centroids, found.Centroids);
        Assert.Equal(alone.Assignments, found.Assignments);
        Assert.Null(alone.Silhouettes);
    }

    [Fact]
    public void TheCurveHasTheGoldenSilhouettes()
    {
        var sweep = new KMeansSweep { Each = new KMeans { In = Vectors(2, Points), K = 3, Restarts = 5 }, Ks = [3] };
        Assert.Equal(.864511, Run(sweep).Silhouettes![0].Silhouette, 5e-7);
        Assert.Equal(.924443, Run(sweep with { Form = SilhouetteForm.Centroid }).Silhouettes![0].Silhouette, 5e-7);
    }

    [Fact]
    public void ASampleIsDrawnOnceAndBySeed()
    {
        float[] values = [.. Enumerable.Range(0, 900).Select(i => (float)Math.Sin(i * i * .37))];
        var sweep = new KMeansSweep { Each = new KMeans { In = Vectors(3, values), K = 1, Spherical = true }, Ks = [2, 5, 9], SilhouetteRows = 120 };
        StepRun run = NewRun();
        Clustering found = sweep.Run(run);
        Assert.Equal(120, run.Facts["silhouetteRows"]);
        Assert.Equal(found.Silhouettes!, Run(sweep).Silhouettes!);
        Assert.NotEqual(found.Silhouettes!.Select(s => s.Silhouette), Run(sweep, seed: 1).Silhouettes!.Select(s => s.Silhouette));
        Assert.Equal(found.Silhouettes![1], Run(sweep with { Ks = [5] }).Silhouettes![0]);
        Assert.Equal(300, sweep.Each.In.Rows);
        Assert.All(Run(sweep with { SilhouetteRows = 1000 }).Silhouettes!, s => Assert.InRange(s.Silhouette, -1, 1));
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        var sweep = new KMeansSweep { Each = new KMeans { In = Vectors(2, Points), K = 1 }, Ks = [2, 9] };
        Refused(sweep, ExitCode.Input, "K", "up to 9", "8 rows");
        Refused(sweep with { Each = sweep.Each with { Centroids = Vectors(2, 1, 2) } }, ExitCode.Plan, "INIT");
        foreach (string k in new[] { "{ \"range\": [5, 2] }", "{ \"range\": [1, 4] }", "{ \"range\": [2] }", "{ \"range\": [2, 9, 0] }", "{ \"values\": [] }", "{ \"values\": [1] }" })
            Assert.NotEmpty(ReadErrors("kmeans", $$"""{ "in": "vec", "k": {{k}} }"""));
    }

    [Fact]
    public void RunsFromFilesAndIsKept()
    {
        using var work = new Workspace();
        work.WriteMatrix("vec.npy", 60, 4, seed: 5);
        work.Write("plan.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } },
              "steps": { "groups": { "op": "kmeans", "in": "vec", "k": { "range": [2, 8, 3] }, "silhouetteRows": 40 }, "pick": { "op": "random", "in": "vec", "budget": 3 } },
              "run": { "dir": "out" } }
            """);
        Outcome run = work.Run("plan.json");
        Assert.True(run.Exit == 0, run.Error);
        using var facts = JsonDocument.Parse(File.ReadAllBytes(work.At("out", "steps", "groups", "kmeans.json")));
        JsonElement curve = facts.RootElement.GetProperty("silhouettes");
        Assert.Equal([2, 5, 8], curve.EnumerateArray().Select(p => p.GetProperty("k").GetInt32()));
        int kept = facts.RootElement.GetProperty("sizes").GetArrayLength();
        Assert.Equal(curve.EnumerateArray().MaxBy(p => p.GetProperty("silhouette").GetDouble()).GetProperty("k").GetInt32(), kept);
        Assert.Contains("Silhouette by number of clusters", File.ReadAllText(work.At("out", "report.html")), StringComparison.Ordinal);
    }
}
