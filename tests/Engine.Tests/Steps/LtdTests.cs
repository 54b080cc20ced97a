using Engine.Data;
using Engine.Kernels;
using Engine.Selections;
using Engine.Steps;
using CosineKeep = Engine.Kernels.Algorithms.CosineKeep;

namespace Engine.Tests.Steps;

/// <summary>The LTD pipeline on golden data I: task centre, samplers, core set within the task.</summary>
public sealed class LtdTests : IDisposable
{
    private const double Digits = 5e-7;

    private static readonly (float X, float Y, string Source)[] Raw =
        [(3, 0, "T"), (4, 1, "T"), (4, -1, "T"), (5, 2, "O"), (0, 2, "T"), (1, 4, "O"), (-1, 5, "O"), (-3, -1, "O"), (-4, 0, "O")];

    private readonly Embeddings _in;
    private readonly TaskCentre _task;

    public LtdTests()
    {
        float[] unit = [.. Raw.SelectMany(r => new[] { r.X / MathF.Sqrt(r.X * r.X + r.Y * r.Y), r.Y / MathF.Sqrt(r.X * r.X + r.Y * r.Y) })];
        Records records = Records.From([.. Raw.Select(_ => new Conversation([new Turn(Turn.TextRole, "x")]))], sources: [.. Raw.Select(r => r.Source)]);
        _in = new Embeddings(ArrayRows.From(unit, 2), "golden") { Pool = records };
        float[] first = [unit[0], unit[1], unit[8], unit[9], unit[14], unit[15]];
        Clustering clusters = StepCase.Run(new KMeans { In = _in, K = 3, Centroids = Embeddings.From(first, 2) });
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 2, 2], clusters.Assignments);
        _task = StepCase.Run(new LocateTask { In = _in, Clusters = clusters, Sources = ["T"] });
    }

    public void Dispose() => _in.Dispose();

    [Fact]
    public void TheTaskLiesWhereMostOfItsRowsAre()
    {
        Assert.Equal(0, _task.Cluster);
        Assert.Equal([0, 1, 2, 4], _task.Indices);
        Assert.Equal(.96719, _task.Centre[0], Digits);
        Assert.Equal(.092848, _task.Centre[1], Digits);
    }

    [Theory]
    [InlineData(CosineKeep.Top, new[] { 0, 1 }, new[] { .995424, .988879 })]
    [InlineData(CosineKeep.Least, new[] { 4, 2 }, new[] { .095558, .942527 })]
    [InlineData(CosineKeep.Mixed, new[] { 0, 4 }, new[] { .995424, .095558 })]
    public void SamplersTakeTheirEnd(CosineKeep keep, int[] rows, double[] cosines)
    {
        Selection chosen = StepCase.Run(new SampleByCosine { In = _in, Centre = _task, Keep = keep, Budget = 2 });
        Assert.Equal(rows, chosen.Indices);
        Assert.All(chosen.Scores!.Zip(cosines), pair => Assert.Equal(pair.Second, pair.First, Digits));
    }

    [Fact]
    public void MixedTakesTheOddRowFromTheTop()
    {
        Assert.Equal([0, 1, 4], StepCase.Run(new SampleByCosine { In = _in, Centre = _task, Keep = CosineKeep.Mixed, Budget = 3 }).Indices);
        Assert.Equal([0, 1, 4, 2], StepCase.Run(new SampleByCosine { In = _in, Centre = _task, Keep = CosineKeep.Mixed, Budget = 4 }).Indices);
    }

    [Fact]
    public void TheCoreSetCoversTheTasksRows()
    {
        Selection core = StepCase.Run(new KCenter { In = _in, Budget = 3, Within = _task, Start = new FirstCentre.Row(0) });
        Assert.Equal([0, 4, 1], core.Indices);
        Assert.Equal(.244367, core.Radii![1], Digits);
    }

    [Fact]
    public void TheTasksCentreStandsForTheMean()
    {
        Assert.Equal(0, StepCase.Run(new KCenter { In = _in, Budget = 1, Within = _task, Start = new FirstCentre.NearestToCentre() }).Indices[0]);
        Assert.Equal(4, StepCase.Run(new KCenter { In = _in, Budget = 1, Within = _task, Start = new FirstCentre.VirtualCentre() }).Indices[0]);
    }

    [Fact]
    public void RowsAtBothEndsAreTakenOnce()
    {
        float[] same = [.. Enumerable.Repeat(new[] { 1f, 2f }, 5).SelectMany(x => x)];
        using Embeddings pool = Embeddings.From(same, 2);
        TaskCentre task = new() { Indices = [0, 1, 2, 3, 4], PoolRows = 5, Cluster = 0, Centre = [1, 2] };
        Assert.Equal([0, 1, 2, 3], StepCase.Run(new SampleByCosine { In = pool, Centre = task, Keep = CosineKeep.Mixed, Budget = 4 }).Indices);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Assert.Equal(ExitCode.Input, Assert.Throws<EngineException>(() => StepCase.Run(new SampleByCosine { In = _in, Centre = _task, Budget = 5 })).Exit);
        Assert.Contains("4", Assert.Throws<EngineException>(() => StepCase.Run(new KCenter { In = _in, Budget = 5, Within = _task })).Message, StringComparison.Ordinal);
        using Embeddings other = Embeddings.From(new float[8], 2);
        Assert.Equal(ExitCode.Input, Assert.Throws<EngineException>(() => StepCase.Run(new SampleByCosine { In = other, Centre = _task, Budget = 1 })).Exit);
    }
}
