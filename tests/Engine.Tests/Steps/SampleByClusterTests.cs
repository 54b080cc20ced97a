using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>kM-Random and kM-Closest: who gives rows, which rows, with which chances.</summary>
public sealed class SampleByClusterTests
{
    // Cluster 0 around (1, 1), cluster 1 around (-2, 4); row 6 lies as far from its centroid as row 0.
    private static readonly float[] Points = [0, 1, 1, 1.5f, 3, 1, -2, 4, -2, 5, 1, 0.5f, 2, 1, -2, 3.5f];

    [Fact]
    public void TheClosestRowsOfEveryCluster()
    {
        using Embeddings vectors = Vectors(2, Points);
        Clustering clusters = Given(vectors, [1, 1, -2, 4], [0, 0, 0, 1, 1, 0, 0, 1]);
        Selection chosen = Select("kmClosest", """{ "clusters": "c", "budget": 6 }""", ("c", clusters));
        Assert.Equal([1, 5, 0, 6, 3, 7], chosen.Indices);
        Assert.Equal([.5, .5, 1, 1, 0, .5], chosen.Scores!);
        Assert.Equal([0, 0, 0, 0, 1, 1], chosen.Clusters!);
        Assert.Equal([1, 3], Select("kmClosest", """{ "clusters": "c", "budget": 3, "allocation": "equal" }""", ("c", clusters)).Indices);
    }

    [Fact]
    public void DirectionsAreComparedAsDirections()
    {
        using Embeddings vectors = Vectors(2, 10, 1, 1, 0, 0, 3, 1, 20, 2, 1);
        Clustering clusters = Run(new Engine.Steps.KMeans { In = vectors, K = 2, Init = KMeansInit.First, Spherical = true });
        Selection chosen = Run(new SampleByCluster { Clusters = clusters, Pick = ClusterPick.Closest, Budget = 5 });
        double[] distances = [.. Enumerable.Range(0, 5).Select(row =>
        {
            float[] v = [.. Enumerable.Range(0, 2).Select(j => new[] { 10f, 1, 1, 0, 0, 3, 1, 20, 2, 1 }[(row * 2) + j])];
            double norm = Math.Sqrt((double)v[0] * v[0] + (double)v[1] * v[1]);
            int c = clusters.Assignments[row];
            return Math.Sqrt(Math.Pow(v[0] / norm - clusters.Centroids[c * 2], 2) + Math.Pow(v[1] / norm - clusters.Centroids[c * 2 + 1], 2));
        })];
        Assert.True(clusters.Spherical);
        Assert.Equal(Enumerable.Range(0, 5).OrderBy(row => clusters.Assignments[row]).ThenBy(row => distances[row]), chosen.Indices);
        for (int i = 0; i < 5; i++) Assert.Equal(distances[chosen.Indices[i]], chosen.Scores![i], 1e-12);
    }

    [Fact]
    public void RandomRowsOfEveryClusterAreDrawnEquallyOften()
    {
        const int Seeds = 10_000;
        using Embeddings vectors = Vectors(1, new float[9]);
        Clustering clusters = Given(vectors, [0, 0], [0, 1, 0, 1, 0, 0, 1, 0, 0]);
        int[] first = new int[9], drawn = new int[9];
        for (int seed = 0; seed < Seeds; seed++)
        {
            Selection chosen = Run(new SampleByCluster { Clusters = clusters, Pick = ClusterPick.Random, Budget = 3 }, "pick", seed);
            Assert.Equal([0, 0, 1], chosen.Clusters!);
            first[chosen.Indices[0]]++;
            foreach (int row in chosen.Indices) drawn[row]++;
        }

        // Five and two degrees of freedom: 20.5 and 13.8 are exceeded once in a thousand.
        int[] large = [0, 2, 4, 5, 7, 8], small = [1, 3, 6];
        Assert.InRange(ChiSquare(large.Select(row => first[row]), Seeds / 6.0), 0.1, 20.5);
        Assert.InRange(ChiSquare(large.Select(row => drawn[row]), Seeds / 3.0), 0.05, 20.5);
        Assert.InRange(ChiSquare(small.Select(row => drawn[row]), Seeds / 3.0), 0.001, 13.8);
    }

    [Fact]
    public void ALargerBudgetKeepsTheRowsOfASmallerOne()
    {
        using Embeddings vectors = Vectors(1, new float[60]);
        Clustering clusters = Given(vectors, [0, 0, 0], [.. Enumerable.Range(0, 60).Select(row => row % 3)]);
        var step = new SampleByCluster { Clusters = clusters, Pick = ClusterPick.Random, Budget = 12 };
        Assert.Subset(Run(step with { Budget = 30 }).Indices.ToHashSet(), Run(step).Indices.ToHashSet());
        Assert.Equal(12, Run(step).Indices.Distinct().Count());
        Assert.NotEqual(Run(step).Indices, Run(step, "other").Indices);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using Embeddings vectors = Vectors(2, Points);
        Clustering clusters = Given(vectors, [1, 1, -2, 4], [0, 0, 0, 1, 1, 0, 0, 1]);
        var step = new SampleByCluster { Clusters = clusters, Pick = ClusterPick.Closest, Budget = 9 };
        Refused(step, ExitCode.Input, "BUDGET", "9 rows", "only 8");
        Refused(step with { Budget = 1, Allocation = ClusterAllocation.Equal }, ExitCode.Input, "BUDGET", "2 clusters");
        Refused(step with { Budget = 1, Clusters = Given(vectors, [1, 1, -2, 4], [0, 0, 0, 1, 1, 1, 0, 0]) }, ExitCode.Input, "CLUSTERS", "Row 5", "nearer");
    }

    private static double ChiSquare(IEnumerable<int> counts, double expected) => counts.Sum(c => (c - expected) * (c - expected) / expected);

    private static Clustering Given(Embeddings of, float[] centroids, int[] assignments) => new()
    {
        Of = of,
        Centroids = centroids,
        Assignments = assignments,
        Sizes = [.. Enumerable.Range(0, centroids.Length / of.Dim).Select(c => (long)assignments.Count(a => a == c))],
        Inertia = 0,
        Iterations = 0,
    };
}
