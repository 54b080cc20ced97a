using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>Indicators on golden data H and on records of every form.</summary>
public sealed class IndicatorsTests
{
    private static readonly Records Pool = Records.From(
    [
        new([new Turn("system", "be kind"), new Turn("user", "one two\tthree"), new Turn("assistant", "A, b! c-3 a")]),
        new([new Turn(Turn.TextRole, " a b\nc  a ")]),
        new([new Turn("user", "no answer yet"), new Turn("assistant", "")]),
        new([new Turn("user", "x"), new Turn("assistant", "a b"), new Turn("user", "y z"), new Turn("assistant", "c a")]),
    ]);

    [Theory]
    [InlineData("the cat sat on the mat and the dog sat on the log", 13)]
    [InlineData("a b c d e f", 6)]
    [InlineData("a a a a", 2)]
    [InlineData("a b a b a b c d e f g h", 9)]
    [InlineData("a b c a", 4.48)]
    [InlineData("a b c d a b c d e e f g a b h", 12.869318)]
    [InlineData("A, b\u2014 (c) 12 \u2013a.", 4.48)]
    [InlineData(" 1 - !", 0)]
    public void MtldIsThatOfTheLibrary(string text, double expected) => Assert.Equal(expected, LexicalDiversity.Mtld(LexicalDiversity.Words(text)), 5e-7);

    [Fact]
    public void ColumnsStandInTheOrderAsked()
    {
        var table = (ScoreTable)Bind("indicators", """{ "in": "pool", "which": ["mtld", "outputLength", "inputLength"] }""", ("pool", Pool)).Run(NewRun());
        Assert.Equal(["mtld", "outputLength", "inputLength"], table.Columns.Keys);
        Assert.Equal([5.0, 0, 3, 3], table.Columns["inputLength"]);
        Assert.Equal([4.0, 4, 0, 4], table.Columns["outputLength"]);
        Assert.All(new[] { 4.48, 4.48, 0, 4.48 }.Zip(table.Columns["mtld"]), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
        Assert.Same(Pool, table.Pool);
    }

    [Fact]
    public void NeighboursOnTheGoldenLine()
    {
        Records five = Records.From([.. Enumerable.Range(0, 5).Select(_ => new Conversation([new Turn(Turn.TextRole, "x")]))]);
        using Embeddings line = Vectors(1, 0, 1, 3, 6, 10);
        var table = (ScoreTable)Bind("indicators", """{ "in": "pool", "which": ["knn2", "knn1"], "embeddings": "v" }""", ("pool", five), ("v", line)).Run(NewRun());
        Assert.Equal([1.0, 1, 2, 3, 4], table.Columns["knn1"]);
        Assert.Equal([3.0, 2, 3, 4, 7], table.Columns["knn2"]);
    }

    [Theory]
    [InlineData(1, 150)]
    [InlineData(3, 150)]
    [InlineData(2, 2300)]
    public void NeighboursAreThoseOfASortForAnyThreads(int threads, int count)
    {
        const int Dim = 7;
        var random = new RandomStream(4, "knn");
        float[] values = [.. Enumerable.Range(0, count * Dim).Select(_ => (float)random.NextBelow(count > 1000 ? 1000 : 4))];
        using var rows = ArrayRows.From(values, Dim);
        using IKernels kernels = KernelSets.Best(threads);
        double[] norms = new double[count];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        double[][] found = NearestNeighbours.Distances(rows, norms, [6, 1, 149], kernels, Pass.Unwatched);
        for (int r = 0; r < count; r += count > 1000 ? 97 : 1)
        {
            double[] sorted = [.. Enumerable.Range(0, count).Where(o => o != r).Select(o => Enumerable.Range(0, Dim).Sum(j => Math.Pow((double)values[r * Dim + j] - values[o * Dim + j], 2))).Order()];
            Assert.Equal([Math.Sqrt(sorted[5]), Math.Sqrt(sorted[0]), Math.Sqrt(sorted[148])], found.Select(f => f[r]));
        }
    }

    [Theory]
    [InlineData("\"mltd\"", "mtld")]
    [InlineData("[\"mtld\", \"knn\"]", "knn6")]
    [InlineData("[\"perplexty\"]", "perplexity")]
    public void AnUnknownNameIsAnErrorOfThePlan(string which, string meant)
    {
        EngineError error = Assert.Single(ReadErrors("indicators", $$"""{ "in": "pool", "which": {{which}} }"""));
        Assert.Equal((ExitCode.Plan, "VALUE"), (error.Exit, error.Code));
        Assert.Contains($"Did you mean \"{meant}\"?", error.Message, StringComparison.Ordinal);
        Assert.Equal("DUPLICATE", Assert.Single(ReadErrors("indicators", """{ "in": "pool", "which": ["mtld", "mtld"] }""")).Code);
        Assert.Empty(ReadErrors("indicators", """{ "in": "pool", "which": ["mtld", "reward", "knn12"] }"""));
    }

    [Fact]
    public void WhatCannotBeMeasuredIsRefused()
    {
        using Embeddings three = Vectors(1, 0, 1, 2), four = Vectors(1, 0, 1, 2, 3);
        Refused(new MeasureIndicators { In = Pool, Which = ["reward"] }, ExitCode.Plan, "MODEL", "reward", "scores");
        Refused(new MeasureIndicators { In = Pool, Which = ["mltd"] }, ExitCode.Plan, "VALUE", "mltd", "mtld");
        Refused(new MeasureIndicators { In = Pool, Which = ["knn0"] }, ExitCode.Plan, "VALUE", "knn0");
        Refused(new MeasureIndicators { In = Pool, Which = ["mtld", "mtld"] }, ExitCode.Plan, "DUPLICATE", "mtld");
        Refused(new MeasureIndicators { In = Pool, Which = ["knn6"] }, ExitCode.Input, "EMBEDDINGS", "knn6");
        Refused(new MeasureIndicators { In = Pool, Which = ["knn1"], Embeddings = three }, ExitCode.Input, "ROWS", "3", "4");
        Refused(new MeasureIndicators { In = Pool, Which = ["knn4"], Embeddings = four }, ExitCode.Input, "ROWS", "4", "3");
    }
}
