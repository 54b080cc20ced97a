using Engine.Data;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

public sealed class FilterTests
{
    private static readonly MemoryRecords Pool = new(
        [
            new Conversation([new Turn("user", "four"), new Turn("assistant", "6 more.")]),
            new Conversation([new Turn(Turn.TextRole, "")]),
            new Conversation([new Turn(Turn.TextRole, "\U0001F600\U0001F600")]),
            new Conversation([new Turn("user", "abc")]),
        ],
        ["a", "b", "a", ""]);

    private static readonly ScoreTable Table = new(new Dictionary<string, double[]> { ["loss"] = [1, 2, 3, 4], ["ifd"] = [.4, .3, .2, .1] }, "scores.csv");

    [Theory]
    [InlineData("""{ "in": "pool", "sources": "a" }""", new[] { 0, 2 })]
    [InlineData("""{ "in": "pool", "sources": ["b", "a"] }""", new[] { 0, 1, 2 })]
    [InlineData("""{ "in": "pool", "notSources": ["a"] }""", new[] { 1, 3 })]
    [InlineData("""{ "in": "pool", "without": "taken" }""", new[] { 0, 3 })]
    [InlineData("""{ "in": "pool", "minCharacters": 3 }""", new[] { 0, 3 })]
    [InlineData("""{ "in": "pool", "minCharacters": 2, "maxCharacters": 10 }""", new[] { 2, 3 })]
    [InlineData("""{ "in": "pool", "maxCharacters": 11 }""", new[] { 0, 1, 2, 3 })]
    [InlineData("""{ "in": "pool", "scores": { "input": "scores", "column": "loss", "max": 2 } }""", new[] { 0, 1 })]
    [InlineData("""{ "in": "pool", "scores": { "input": "scores", "column": "ifd", "min": 0.2, "max": 0.3 } }""", new[] { 1, 2 })]
    [InlineData("""{ "in": "pool", "sources": "a", "minCharacters": 3 }""", new[] { 0 })]
    public void KeepsWhatMeetsEveryCondition(string plan, int[] rows)
    {
        Selection kept = Select("filter", plan, ("pool", Pool), ("taken", Chosen(4, 2, 1)), ("scores", Table));
        Assert.Equal(rows, kept.Indices);
        Assert.Equal(4, kept.PoolRows);
        Assert.Same(Pool, kept.Pool);
    }

    [Fact]
    public void KeepsTheOrderAndReasonsOfASelection()
    {
        var ranked = new Selection { Indices = [3, 0, 2, 1], PoolRows = 4, Pool = Pool, Scores = [.9, .8, .7, .6], Tasks = ["t", "t", "u", "u"], Clusters = [0, 1, 1, 0], Radii = [3, 2, 1, 0] };
        Selection kept = Run(new Filter { In = ranked, MinCharacters = 2, Without = Chosen(4, 0) });
        Assert.Equal([3, 2], kept.Indices);
        Assert.Equal([.9, .7], kept.Scores!);
        Assert.Equal(["t", "u"], kept.Tasks!);
        Assert.Equal([0, 1], kept.Clusters!);
        Assert.Null(kept.Radii);
    }

    [Fact]
    public void SaysHowManyRowsEachConditionDropped()
    {
        StepRun run = NewRun();
        new Filter { In = Pool, Sources = ["a"], MinCharacters = 3 }.Run(run);
        Assert.Equal(2L, run.Facts["droppedBy.sources"]);
        Assert.Equal(1L, run.Facts["droppedBy.minCharacters"]);
    }

    [Fact]
    public void AnEmptyResultNamesTheConditions() =>
        Refused(new Filter { In = Pool, Sources = ["b"], MinCharacters = 1 }, ExitCode.Input, "EMPTY", "none of 4 rows", "sources = b", "minCharacters = 1");

    [Fact]
    public void RefusesConditionsThatDoNotFit()
    {
        Refused(new Filter { In = Pool }, ExitCode.Plan, "MISSING_KEY", "minCharacters");
        Refused(new Filter { In = Pool, Sources = ["A"] }, ExitCode.Input, "SOURCE", "\"A\"", "Did you mean \"a\"");
        Refused(new Filter { In = MemoryRecords.OfTexts("x"), Sources = ["a"] }, ExitCode.Input, "SOURCE", "\"source\" key");
        Refused(new Filter { In = Vectors(1, 1, 2), MinCharacters = 1 }, ExitCode.Input, "RECORDS", "rowsOf");
        Refused(new Filter { In = Pool, Without = Chosen(5, 1) }, ExitCode.Input, "POOL", "5 rows", "4 rows");
        Refused(new Filter { In = Pool, Scores = new ScoreBounds(Table) { Min = 0 } }, ExitCode.Input, "COLUMN", "scores.csv", "loss, ifd");
        Refused(new Filter { In = Pool, Scores = new ScoreBounds(Table) { Column = "los" } }, ExitCode.Input, "COLUMN", "Did you mean \"loss\"");
        var other = new ScoreTable(new Dictionary<string, double[]> { ["loss"] = [1] }, "other.csv");
        Refused(new Filter { In = Pool, Scores = new ScoreBounds(other) { Min = 0 } }, ExitCode.Input, "ROWS", "1 scores", "4 rows");
    }
}
