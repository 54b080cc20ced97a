using Engine.Data;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Tests.Steps;

public sealed class StepCatalogueTests
{
    [Fact]
    public void OpsHaveDistinctNamesAndSaySomething()
    {
        Assert.Distinct(StepCatalogue.All.Select(d => d.Op));
        Assert.Superset(new HashSet<string> { "embed", "pool", "rds", "kmeans", "kcenter", "taskCentre", "cosineSample", "kmq", "random", "balanced", "union", "filter" }, StepCatalogue.All.Select(d => d.Op).ToHashSet());
        Assert.All(StepCatalogue.All, definition =>
        {
            Assert.EndsWith(".", definition.Summary, StringComparison.Ordinal);
            Assert.All(definition.Parameters.All, parameter => Assert.EndsWith(".", parameter.Summary, StringComparison.Ordinal));
            Assert.Equal(definition.Op switch { "kmq" or "kmRandom" or "kmClosest" or "iterate" => "clusters", "fitQuality" => "runs", "less" => "checkpoints", _ => "in" }, definition.Parameters.All[0].Name);
            Assert.Same(definition, StepCatalogue.Find(definition.Op));
            string schema = Shapes.Object(definition.Parameters).Schema().ToJsonString();
            Assert.All(definition.Parameters.All, parameter => Assert.Contains($"\"{parameter.Name}\":", schema, StringComparison.Ordinal));
        });
        Assert.Null(StepCatalogue.Find("kcentre"));
    }

    [Theory]
    [InlineData("embed", ValueKind.Embeddings)]
    [InlineData("pool", ValueKind.Embeddings)]
    [InlineData("kmeans", ValueKind.Clustering)]
    [InlineData("indicators", ValueKind.Scores)]
    [InlineData("fitQuality", ValueKind.Fit)]
    [InlineData("rds", ValueKind.Selection)]
    [InlineData("union", ValueKind.Selection)]
    public void OpsGiveTheirKind(string op, ValueKind kind) => Assert.Equal(kind, StepCatalogue.Find(op)!.Gives);
}
