using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

public sealed class UnionTests
{
    [Fact]
    public void TheFirstOfTwoWins()
    {
        Selection union = Select("union", """{ "in": ["a", "b"] }""", ("a", Chosen(9, 3, 1, 4)), ("b", Chosen(9, 1, 5, 3, 0)));
        Assert.Equal([3, 1, 4, 5, 0], union.Indices);
        Assert.Equal(9, union.PoolRows);
    }

    [Fact]
    public void ABudgetKeepsTheFront()
    {
        Selection a = Chosen(10, 3, 1), b = Chosen(10, 1, 5, 0);
        Assert.Equal([3, 1, 5], Select("union", """{ "in": ["a", "b"], "budget": 3 }""", ("a", a), ("b", b)).Indices);
        Assert.Equal([3, 1], Select("union", """{ "in": ["a", "b"], "budget": "20%" }""", ("a", a), ("b", b)).Indices);
        Refused(new Union { In = [a, b], Budget = 5 }, ExitCode.Input, "BUDGET", "5 rows", "only 4");
    }

    [Fact]
    public void ColumnsThatAllHaveAreKept()
    {
        var a = new Selection { Indices = [3, 1], PoolRows = 9, Scores = [.9, .8], Tasks = ["t", "u"], Radii = [2, 1] };
        var b = new Selection { Indices = [1, 5], PoolRows = 9, Scores = [.7, .6] };
        Selection union = Run(new Union { In = [a, b] });
        Assert.Equal([.9, .8, .6], union.Scores!);
        Assert.Null(union.Tasks);
        Assert.Null(union.Radii);
    }

    [Fact]
    public void PoolsMustAgree()
    {
        Refused(new Union { In = [Chosen(9, 1), Chosen(8, 1)] }, ExitCode.Input, "POOL", "9 rows", "8");
        Selection here = new() { Indices = [0], PoolRows = 1, Pool = MemoryRecords.OfTexts("x") };
        Selection there = new() { Indices = [0], PoolRows = 1, Pool = MemoryRecords.OfTexts("y") };
        Refused(new Union { In = [here, there] }, ExitCode.Input, "POOL", "one pool");
    }
}
