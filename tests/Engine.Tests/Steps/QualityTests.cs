using Engine.Data;
using Engine.Plans;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>The InstructMining rules on golden data H.</summary>
public sealed class QualityTests
{
    private const double Digits = 5e-7;

    private static readonly ScoreTable Table = new(new Dictionary<string, double[]>
    {
        ["reward"] = [1.2, -.5, 2.5, 0],
        ["outputLength"] = [120, 300, 80, 0],
        ["knn6"] = [.80, .60, .90, 0],
        ["understandability"] = [.95, .99, .80, 0],
        ["naturalness"] = [.90, .95, .85, 0],
        ["coherence"] = [.97, .60, .99, 0],
    }, "indicators.csv");

    [Theory]
    [InlineData("instructMining-v1", new[] { .151548, .608071, -.139994, 1.0694 }, new[] { 2, 0, 1, 3 })]
    [InlineData("instructMining-v3", new[] { .001515, .072639, -.06192, .0274 }, new[] { 2, 0, 3, 1 })]
    public void PublishedRulesGiveTheGoldenValues(string rule, double[] losses, int[] order)
    {
        var scores = (ScoreTable)Bind("quality", $$"""{ "in": "t", "rule": "{{rule}}" }""", ("t", Table)).Run(NewRun());
        double[] predicted = Assert.Single(scores.Columns).Value;
        for (int row = 0; row < 4; row++) Assert.Equal(losses[row], predicted[row], Digits);

        Selection chosen = Select("quality", $$"""{ "in": "t", "rule": "{{rule}}", "budget": 3 }""", ("t", Table));
        Assert.Equal(order[..3], chosen.Indices);
        Assert.Equal(chosen.Indices.Select(row => predicted[row]), chosen.Scores!);
        Assert.Equal(4, chosen.PoolRows);
    }

    [Fact]
    public void OwnCoefficientsCountAndTiesGoToTheLowerRow()
    {
        const string Rule = """{ "in": "t", "budget": "100%", "rule": { "intercept": 2, "coefficients": { "x": -1, "y": 0.5 } } }""";
        var table = new ScoreTable(new Dictionary<string, double[]> { ["y"] = [4, 0, 2, 8, 0], ["x"] = [0, 0, 1, 4, -2] }, "t.csv");
        Selection chosen = Select("quality", Rule, ("t", table));
        Assert.Equal([1, 2, 3, 0, 4], chosen.Indices);
        Assert.Equal([2.0, 2, 2, 4, 4], chosen.Scores!);
    }

    [Fact]
    public void TheKindFollowsTheBudget()
    {
        StepBinding quality = StepCatalogue.Find("quality")!;
        Assert.Equal(ValueKind.Scores, quality.Gives);
        Plan plan = SelectionEngine.ParsePlan("""
            { "version": 1, "inputs": { "t": { "kind": "scores", "path": "t.csv" } },
              "steps": { "all": { "op": "quality", "in": "t", "rule": "instructMining-v1" },
                         "best": { "op": "quality", "in": "t", "rule": "instructMining-v1", "budget": 1 } } }
            """u8.ToArray(), "plan.json", "/plans");
        Assert.Equal([ValueKind.Scores, ValueKind.Selection], plan.Steps.Select(s => s.Definition.KindOf(s.Arguments)));

        EngineException refused = Assert.Throws<EngineException>(() => SelectionEngine.ParsePlan("""
            { "version": 1, "inputs": { "t": { "kind": "scores", "path": "t.csv" } },
              "steps": { "best": { "op": "quality", "in": "t", "rule": "instructMining-v1", "budget": 1 },
                         "again": { "op": "quality", "in": "best", "rule": { "coefficients": { "score": 1 } } } } }
            """u8.ToArray(), "plan.json", "/plans"));
        Assert.Equal("KIND", Assert.Single(refused.Errors).Code);
    }

    [Fact]
    public void MissingColumnsAndBudgetsOverTheRowsAreRefused()
    {
        var some = new ScoreTable(new Dictionary<string, double[]> { ["reward"] = [1, 2], ["mtld"] = [3, 4] }, "some.csv");
        Refused(new PredictQuality { In = some, Rule = QualityRule.InstructMiningV1 }, ExitCode.Input, "COLUMN",
            "some.csv", "reward, outputLength, knn6", "reward, mtld");
        Refused(new SelectByQuality { In = Table, Rule = QualityRule.InstructMiningV1, Budget = 5 }, ExitCode.Input, "BUDGET", "5", "4");
        Refused(new PredictQuality { In = some, Rule = new QualityRule(0, [new("mtld", 1e308)]) }, ExitCode.Input, "NOT_FINITE", "row 0");
    }
}
