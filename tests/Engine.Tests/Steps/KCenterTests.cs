using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

public sealed class KCenterTests
{
    private static readonly Embeddings Golden = Vectors(2, 0, 0, 1, 0, 0, 2, 5, 0, 5, 1, 2, 4);

    [Theory]
    [InlineData("""{ "in": "x", "budget": 6 }""", new[] { 0, 4, 5, 2, 1, 3 }, new[] { 5.09902, 4.242641, 2, 1, 1, 0 })]
    [InlineData("""{ "in": "x", "budget": 3, "start": { "rows": "five" } }""", new[] { 3, 0, 2 }, new[] { double.NaN, double.NaN, 1 })]
    [InlineData("""{ "in": "x", "budget": 3, "start": "virtualCentre" }""", new[] { 3, 5, 0 }, new[] { double.NaN, double.NaN, 2 })]
    [InlineData("""{ "in": "x", "budget": 3, "start": "nearestToCentre" }""", new[] { 1, 4, 5 }, new[] { double.NaN, double.NaN, 2.236068 })]
    [InlineData("""{ "in": "x", "budget": "50%", "start": { "row": 4 } }""", new[] { 4, 0, 5 }, new[] { 5.09902, double.NaN, 2 })]
    [InlineData("""{ "in": "x", "budget": 6, "stopRadius": 2 }""", new[] { 0, 4, 5, 2 }, new[] { 5.09902, 4.242641, 2, 1 })]
    [InlineData("""{ "in": "x", "budget": "50%", "within": "some" }""", new[] { 1, 5, 2 }, new[] { 4.123106, 2.236068, 0 })]
    [InlineData("""{ "in": "x", "budget": 1, "within": "some", "start": { "row": 5 } }""", new[] { 5 }, new[] { 4.123106 })]
    public void PicksTheGoldenRows(string plan, int[] rows, double[] radii)
    {
        Selection picked = Select("kcenter", plan, ("x", Golden), ("five", Chosen(6, 5)), ("some", Chosen(6, 5, 1, 2)));
        Assert.Equal(rows, picked.Indices);
        Assert.Equal(radii.Length, picked.Radii!.Length);
        for (int i = 0; i < radii.Length; i++)
            if (!double.IsNaN(radii[i])) Assert.Equal(radii[i], picked.Radii[i], 1e-6);
        Assert.Equal(6, picked.PoolRows);
        Assert.Null(picked.Scores);
    }

    [Fact]
    public void TiesGoToTheLowerRow() =>
        Assert.Equal([0, 1, 2, 3], Run(new KCenter { In = Vectors(2, 0, 0, 2, 0, -2, 0, 0, 2), Budget = 4 }).Indices);

    [Fact]
    public void StopsWhenOnlyCopiesAreLeft()
    {
        Selection picked = Run(new KCenter { In = Vectors(1, 1, 1, 3, 1, 3), Budget = 5 });
        Assert.Equal([0, 2], picked.Indices);
        Assert.Equal([2, 0], picked.Radii!);
        Assert.Empty(Run(new KCenter { In = Vectors(1, 1, 1), Budget = 1, Start = new FirstCentre.Rows(Chosen(2, 0)) }).Indices);
    }

    [Fact]
    public void CosineDistanceIsTheDistanceOfUnitRows()
    {
        Selection picked = Select("kcenter", """{ "in": "x", "budget": 2, "metric": "cosine" }""", ("x", Vectors(2, 2, 0, 0, 5, 7, 7)));
        Assert.Equal([0, 1], picked.Indices);
        Assert.Equal(Math.Sqrt(2), picked.Radii![0], 1e-12);
        Assert.Equal(Math.Sqrt(2 - Math.Sqrt(2)), picked.Radii[1], 1e-7);
    }

    [Fact]
    public void ARandomStartIsTheStepsOwn()
    {
        int[] First(int seed) => Run(new KCenter { In = Golden, Budget = 1, Start = new FirstCentre.Random() }, "pick", seed).Indices;
        Assert.Equal(First(3), First(3));
        Assert.Equal(6, Enumerable.Range(0, 60).Select(seed => First(seed)[0]).Distinct().Count());
        Assert.IsType<FirstCentre.Random>(((KCenter)Bind("kcenter", """{ "in": "x", "budget": 1, "start": "random" }""", ("x", Golden))).Start);
    }

    [Fact]
    public void FactsForTheManifest()
    {
        StepRun run = NewRun();
        new KCenter { In = Golden, Budget = 3 }.Run(run);
        Assert.Equal(2.0, run.Facts["radius"]);
        long computed = Assert.IsType<long>(run.Facts["distancesComputed"]);
        Assert.Equal(computed / 18.0, run.Facts["shareOfNaive"]);
        Assert.Equal(6 * 3 * 3 * 2, run.Flops);
    }

    [Fact]
    public void RefusesWhatDoesNotFit()
    {
        Selection two = Chosen(6, 1, 3);
        Refused(new KCenter { In = Golden, Budget = 7 }, ExitCode.Input, "BUDGET", "7 rows", "only 6");
        Refused(new KCenter { In = Golden, Budget = 5, Start = new FirstCentre.Rows(two) }, ExitCode.Input, "BUDGET", "5 new rows", "only 4");
        Refused(new KCenter { In = Golden, Budget = 3, Within = two }, ExitCode.Input, "BUDGET", "3 new rows", "only 2");
        Refused(new KCenter { In = Golden, Budget = 1, Start = new FirstCentre.Row(6) }, ExitCode.Input, "ROW", "start row is 6", "6 rows");
        Refused(new KCenter { In = Golden, Budget = 1, Start = new FirstCentre.Row(5_000_000_000) }, ExitCode.Input, "ROW", "5000000000", "6 rows");
        Refused(new KCenter { In = Golden, Budget = 1, Start = new FirstCentre.Row(0), Within = two }, ExitCode.Input, "ROW", "row 0", "2 rows");
        Refused(new KCenter { In = Golden, Budget = 1, Within = Chosen(7, 1) }, ExitCode.Input, "POOL", "\"within\"", "7 rows", "6 vectors");
        Refused(new KCenter { In = Golden, Budget = 1, Start = new FirstCentre.Rows(Chosen(6)) }, ExitCode.Input, "EMPTY", "start.rows");
        Refused(new KCenter { In = Vectors(1, 1, 0, 2), Budget = 1, Metric = KCenterMetric.Cosine }, ExitCode.Input, "ZERO_ROW", "row 1 ");
        Refused(new KCenter { In = Vectors(1, 1, float.NaN), Budget = 1 }, ExitCode.Input, "NOT_FINITE", "row 1 ");
        Refused(new KCenter { In = Vectors(1, 1, -1), Budget = 1, Metric = KCenterMetric.Cosine, Start = new FirstCentre.VirtualCentre() }, ExitCode.Input, "NO_DIRECTION", "mean");
    }
}
