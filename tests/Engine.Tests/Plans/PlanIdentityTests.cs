using System.Text;
using System.Text.Json;
using Engine.Plans;

namespace Engine.Tests.Plans;

public sealed class PlanIdentityTests
{
    private static readonly string Good = PlanIdentity.Of(SampleLanguage.Read(SampleLanguage.Good));

    [Theory]
    [InlineData("\"seed\": 42", "\"seed\": 4.2e1")]
    [InlineData("\"tolerance\": 0.25", "\"tolerance\": 25E-2")]
    [InlineData("\"onExisting\": \"resume\"", "\"onExisting\": \"fail\"")]
    [InlineData("\"run\": { \"dir\": \"runs/demo\", ", "\"run\": { ")]
    [InlineData("\"$schema\": \"./plan.schema.json\",", "")]
    [InlineData("\"x-note\": { \"anything\": [\"goes\", null] },", "\"x-other\": 1,")]
    [InlineData("// comments and trailing commas are welcome", "")]
    [InlineData("\"rows\": 3, \"folder\"", "\"unused\": 1, \"rows\": 3, \"folder\"")]
    [InlineData("\"${vars.folder}/*.jsonl\"", "\"pool/*.jsonl\"")]
    [InlineData("\"op\": \"kmeans\", \"in\": \"vec\"", "\"in\": \"vec\", \"x-why\": 1, \"op\": \"kmeans\"")]
    public void TheSameWorkHasOneIdentity(string written, string other) => Assert.Equal(Good, Identity(written, other));

    [Theory]
    [InlineData("\"seed\": 42", "\"seed\": 43")]
    [InlineData("\"name\": \"demo\"", "\"name\": \"demo2\"")]
    [InlineData("\"rows\": 3", "\"rows\": 4")]
    [InlineData("\"k\": 2", "\"k\": 3")]
    [InlineData("\"seeds\": [1, 2]", "\"seeds\": [2, 1]")]
    [InlineData("\"b\": \"vec\", \"a\": \"own\"", "\"a\": \"own\", \"b\": \"vec\"")]
    [InlineData("\"own\": { \"op\": \"embed\", \"in\": \"pool\", \"buffer\": \"1.5MiB\" },", "\"own\": { \"op\": \"embed\", \"in\": \"pool\" },")]
    [InlineData("\"path\": \"train.jsonl\"", "\"path\": \"other.jsonl\"")]
    public void OtherWorkHasAnother(string written, string other) => Assert.NotEqual(Good, Identity(written, other));

    [Fact]
    public void TheOrderOfStepsCounts()
    {
        Plan plan = SampleLanguage.Read(SampleLanguage.Good);
        Plan turned = plan with { Resolved = plan.Resolved with { Members = [.. plan.Resolved.Members.Select(m => m.Name == "steps" ? m with { Value = Reversed(m.Value) } : m)] } };
        Plan inputs = plan with { Resolved = plan.Resolved with { Members = [.. plan.Resolved.Members.Select(m => m.Name == "inputs" ? m with { Value = Reversed(m.Value) } : m).Reverse()] } };

        Assert.NotEqual(Good, PlanIdentity.Of(turned));
        Assert.Equal(Good, PlanIdentity.Of(inputs));
    }

    [Fact]
    public void AnAbsentSeedIsZero()
    {
        string json = SampleLanguage.WithStep("""{ "op": "kmeans", "in": "vec", "k": 1 }""");
        Assert.Equal(PlanIdentity.Of(SampleLanguage.Read(json)), PlanIdentity.Of(SampleLanguage.Read(json, ["seed=0"])));
    }

    [Fact]
    public void TheIdentityIsStable()
    {
        Plan plan = SampleLanguage.Read(SampleLanguage.WithStep("""{ "op": "kcenter", "budget": "1%", "stopRadius": 0.50, "in": "vec", "start": { "row": 100 } }"""), ["name=n"]);
        Assert.Equal(
            """{"inputs":{"vec":{"kind":"embeddings","path":"v.npy"}},"name":"n","steps":{"pick":{"budget":"1%","in":"vec","op":"kcenter","start":{"row":1e2},"stopRadius":5e-1}},"version":1e0,"seed":"0"}""",
            Encoding.UTF8.GetString(PlanIdentity.Canonical(plan)));
    }

    [Fact]
    public void ATreeIsWrittenAsItStands()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            PlanJson.Write(SampleLanguage.Read(SampleLanguage.WithStep("""{ "op": "kmeans", "in": "vec", "k": 1e0, "x-a": [1.50, 1e400, true, null, "ä\n", {}, []], }""")).Written["steps"]!, writer);
        Assert.Equal("""{"pick":{"op":"kmeans","in":"vec","k":1e0,"x-a":[1.50,1e400,true,null,"\u00E4\n",{},[]]}}""", Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static string Identity(string written, string other)
    {
        string changed = SampleLanguage.Good.Replace(written, other, StringComparison.Ordinal);
        Assert.NotEqual(SampleLanguage.Good, changed);
        return PlanIdentity.Of(SampleLanguage.Read(changed));
    }

    private static PlanNode Reversed(PlanNode node) => node with { Members = [.. node.Members.Reverse()] };
}
