using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;
using KMeans = Engine.Steps.KMeans;

namespace Engine.Tests.Steps;

public sealed class KMeansTests
{
    // The golden points; rows 0, 3 and 6 begin their clusters.
    private static readonly float[] Points = [0, 0, 0, 1, 1, 0, 8, 8, 9, 8, 8, 9, 0, 9, 1, 9];

    [Fact]
    public void GivenCentroidsGiveTheGoldenClustering()
    {
        var clustering = (Clustering)Bind("kmeans", """{ "in": "x", "k": 3, "init": { "centroids": "c" } }""",
            ("x", Vectors(2, Points)), ("c", Vectors(2, 0, 0, 8, 8, 0, 9))).Run(NewRun());
        AssertGolden(clustering);
    }

    [Fact]
    public void AssignmentsSizesAndInertiaBelongToTheCentroids()
    {
        // One update: the assignment that follows it is what is returned, for init first the one with cluster 2 reseeded later.
        Clustering one = Run(new KMeans { In = Vectors(2, Points), K = 3, Centroids = Vectors(2, 0, 0, 8, 8, 0, 9), MaxIterations = 1 });
        AssertGolden(one);
        Assert.Equal(1, one.Iterations);
    }

    [Fact]
    public void EmptyClustersAreReseededAsInTheGoldenHistory()
    {
        StepRun run = NewRun();
        Clustering clustering = new KMeans { In = Vectors(2, Points), K = 3, Init = KMeansInit.First }.Run(run);
        Assert.Equal(3.166667, clustering.Inertia, 1e-6);
        Assert.Equal([0, 0, 0, 2, 2, 2, 1, 1], clustering.Assignments);
        var history = (double[])run.Facts["inertiaHistory"];
        double[] expected = [498, 104, 49.333333, 3.166667];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], history[i], 1e-5);
    }

    [Fact]
    public void RestartsKeepTheLowestInertiaAndHaveStreamsOfTheirOwn()
    {
        Clustering[] singles = [.. Enumerable.Range(0, 8).Select(seed => Run(new KMeans { In = Vectors(2, Points), K = 3, Init = KMeansInit.Random }, "c", seed))];
        for (int seed = 0; seed < 8; seed++)
        {
            Clustering several = Run(new KMeans { In = Vectors(2, Points), K = 3, Init = KMeansInit.Random, Restarts = 6 }, "c", seed);
            Assert.True(several.Inertia <= singles[seed].Inertia);
            Assert.Equal(3.166667, several.Inertia, 1e-5);
        }
    }

    [Fact]
    public void ThePlanReachesEveryOption()
    {
        var step = (KMeans)Bind("kmeans", """{ "in": "x", "k": 2, "init": "random", "maxIterations": 7, "tolerance": 1e-3, "restarts": 4, "spherical": true }""", ("x", Vectors(2, Points)));
        Assert.Equal((2, KMeansInit.Random, 7, 1e-3, 4, true), (step.K, step.Init, step.MaxIterations, step.Tolerance, step.Restarts, step.Spherical));
        var plain = (KMeans)Bind("kmeans", """{ "in": "x", "k": 2 }""", ("x", Vectors(2, Points)));
        Assert.Equal((KMeansInit.KMeansPlusPlus, 100, 0.0, 1, false), (plain.Init, plain.MaxIterations, plain.Tolerance, plain.Restarts, plain.Spherical));
        Assert.Equal(KMeansInit.First, ((KMeans)Bind("kmeans", """{ "in": "x", "k": 2, "init": "first" }""", ("x", Vectors(2, Points)))).Init);
        Assert.Equal(KMeansInit.KMeansPlusPlus, ((KMeans)Bind("kmeans", """{ "in": "x", "k": 2, "init": "kmeans++" }""", ("x", Vectors(2, Points)))).Init);
    }

    [Fact]
    public void MiniBatchesAreAnAlgorithmOfTheirOwn()
    {
        var step = (KMeans)Bind("kmeans", """{ "in": "x", "k": 2, "miniBatch": 3, "maxIterations": 40 }""", ("x", Vectors(2, Points)));
        Assert.Equal((3, 40), (step.MiniBatch, step.MaxIterations));
        Clustering clustering = step.Run(NewRun());
        Assert.Equal(40, clustering.Iterations);
        Assert.Equal(Points.Length / 2, clustering.Sizes.Sum());
        EngineException refused = Assert.Throws<EngineException>(() => (step with { Tolerance = .1 }).Run(NewRun()));
        Assert.Equal((ExitCode.Plan, "TOLERANCE"), (refused.Exit, refused.Errors[0].Code));

        var fed = (KMeans)Bind("kmeans", """{ "in": "x", "k": 2, "miniBatch": 3, "reassignmentRatio": 0.01 }""", ("x", Vectors(2, Points)));
        Assert.Equal((0.0, 0.01), (step.ReassignmentRatio, fed.ReassignmentRatio));
        refused = Assert.Throws<EngineException>(() => (fed with { MiniBatch = 0 }).Run(NewRun()));
        Assert.Equal((ExitCode.Plan, "REASSIGNMENT"), (refused.Exit, refused.Errors[0].Code));
    }

    [Fact]
    public void WorkOfAllRestartsIsCounted()
    {
        StepRun one = NewRun(), four = NewRun();
        new KMeans { In = Vectors(2, Points), K = 3, Init = KMeansInit.Random }.Run(one);
        new KMeans { In = Vectors(2, Points), K = 3, Init = KMeansInit.Random, Restarts = 4 }.Run(four);
        Assert.True(four.Flops > 2 * one.Flops && four.Bytes > 2 * one.Bytes);
    }

    [Fact]
    public void RefusesWhatDoesNotFit()
    {
        Refused(new KMeans { In = Vectors(2, Points), K = 9 }, ExitCode.Input, "K", "k is 9", "8 rows");
        Refused(new KMeans { In = Vectors(2, Points), K = 3, Centroids = Vectors(2, 0, 0, 1, 1) }, ExitCode.Input, "SHAPE", "2 x 2", "3 x 2");
        Refused(new KMeans { In = Vectors(2, Points), K = 2, Centroids = Vectors(1, 0, 1) }, ExitCode.Input, "SHAPE", "2 x 1", "2 x 2");
        Refused(new KMeans { In = Vectors(2, Points), K = 1, Centroids = Vectors(2, 0, float.NaN) }, ExitCode.Input, "NOT_FINITE", "row 0 ");
        Refused(new KMeans { In = Vectors(2, 1, 1, float.NaN, 0), K = 1 }, ExitCode.Input, "NOT_FINITE", "row 1 ");
        Refused(new KMeans { In = Vectors(2, Points), K = 1, Spherical = true }, ExitCode.Input, "ZERO_ROW", "row 0 ");
    }

    private static void AssertGolden(Clustering clustering)
    {
        Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2], clustering.Assignments);
        Assert.Equal([3, 3, 2], clustering.Sizes);
        Assert.Equal(3.166667, clustering.Inertia, 1e-6);
        float[] expected = [1 / 3f, 1 / 3f, 25 / 3f, 25 / 3f, .5f, 9];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], clustering.Centroids[i], 1e-6f);
    }
}
