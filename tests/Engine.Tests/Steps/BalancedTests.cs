using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

public sealed class BalancedTests
{
    private static readonly MemoryRecords Pool = MemoryRecords.OfSources("b", "b", "a", "b", "c", "a", "b");

    [Fact]
    public void SourcesTakeTurnsInOrderOfAppearance()
    {
        Assert.Equal([0, 2, 4, 1, 5, 3, 6], Run(new Balanced { In = Pool, Budget = 7 }).Indices);
        Assert.Equal([0, 2, 4, 1], Select("balanced", """{ "in": "pool", "by": "source", "budget": 4 }""", ("pool", Pool)).Indices);
    }

    [Fact]
    public void RandomDrawKeepsTheShares()
    {
        int[] rows = Select("balanced", """{ "in": "pool", "budget": 5, "draw": "random" }""", ("pool", Pool)).Indices;
        Assert.Equal(5, rows.Distinct().Count());
        Assert.Equal([1, 0, 2, 1, 0], rows.Select(r => Pool.SourceOf(r)).Select(s => s == 0 ? 1 : s == 1 ? 0 : 2));
        int[][] draws = [.. Enumerable.Range(0, 20).Select(seed => Run(new Balanced { In = Pool, Budget = 1, Draw = SourceDraw.Random }, "pick", seed).Indices)];
        Assert.True(draws.Select(d => d[0]).Distinct().Count() > 1);
    }

    [Fact]
    public void RowsWithoutASourceAreOneMoreSource()
    {
        MemoryRecords some = MemoryRecords.OfSources("", "a", "", "a");
        Assert.Equal([0, 1, 2, 3], Run(new Balanced { In = some, Budget = 4 }).Indices);
    }

    [Fact]
    public void EmbeddingsBoundToRecordsWillDo()
    {
        var vectors = Bound(Pool, 1, 1, 1, 1, 1, 1, 1, 1);
        Assert.Equal([0, 2, 4], Run(new Balanced { In = vectors, Budget = 3 }).Indices);
    }

    [Fact]
    public void ASourceIsNeeded()
    {
        Refused(new Balanced { In = MemoryRecords.OfTexts("x", "y"), Budget = 1 }, ExitCode.Input, "SOURCE", "records.jsonl", "\"source\"");
        Refused(new Balanced { In = Vectors(1, 1, 2), Budget = 1 }, ExitCode.Input, "SOURCE", "\"rowsOf\"");
    }

    [Fact]
    public void ABudgetOverTheRowsIsRefused() =>
        Refused(new Balanced { In = Pool, Budget = 8 }, ExitCode.Input, "BUDGET", "8 rows", "only 7");
}
