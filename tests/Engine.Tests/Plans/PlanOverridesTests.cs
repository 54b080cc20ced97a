using Engine.Plans;

namespace Engine.Tests.Plans;

public sealed class PlanOverridesTests
{
    [Fact]
    public void AnyValueCanBeReplaced()
    {
        Plan plan = SampleLanguage.Read(SampleLanguage.Good,
        [
            "steps.first.budget=7", "steps.second.start={\"row\":5}", "inputs.pool.path.0=other/*.jsonl", "run.device=auto", "name=again", "name=007",
            "vars.rows=9", "steps.tasks.queries.b=own", "inputs.loss.column=\"3\"", "x-mine.deep.er=true", "seed=-1e3", "run.memory=2GiB", "run.dir=a=b",
        ]);

        Assert.Equal(7, plan.Steps.Single(s => s.Name == "first").Arguments.Get(SampleLanguage.KCenterBudget).Of(100));
        Assert.Equal("row 5", plan.Steps.Single(s => s.Name == "second").Arguments.Get(SampleLanguage.KCenterStart));
        Assert.Equal(["other/*.jsonl"], plan.Inputs[0].Paths);
        Assert.Equal(("auto", 2L << 30, "a=b"), (plan.Run.Device, plan.Run.Memory, plan.Run.Dir));
        Assert.Equal(("007", -1000L), (plan.Name, plan.Seed));
        Assert.Equal("own", plan.Steps.Single(s => s.Name == "tasks").Arguments.Get(SampleLanguage.RdsQueries)[0].Value.Name);
        Assert.Equal("3", plan.Inputs[2].Arguments.Get(InputCatalogue.Scores.Column));
        Assert.Equal("true", plan.Resolved["x-mine"]!["deep"]!["er"]!.Text);
        Assert.Null(plan.Written["x-mine"]);
        Assert.Equal("seed=-1e3", plan.Overrides[10]);
    }

    [Fact]
    public void TheLongestKeyThatExistsWins()
    {
        const string json = """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } },
              "steps": { "a": { "op": "kmeans", "in": "vec", "k": 1 }, "a.b": { "op": "kmeans", "in": "vec", "k": 2 }, "a.b.c": { "op": "kmeans", "in": "vec", "k": 3 } } }
            """;
        int[] Clusters(string text) => [.. SampleLanguage.Read(json, [text]).Steps.Select(s => s.Arguments.Get(SampleLanguage.KMeansK))];

        Assert.Equal([9, 2, 3], Clusters("steps.a.k=9"));
        Assert.Equal([1, 9, 3], Clusters("steps.a.b.k=9"));
        Assert.Equal([1, 2, 9], Clusters("steps.a.b.c.k=9"));
    }

    [Fact]
    public void MissingKeysAreMade()
    {
        string json = SampleLanguage.WithStep("""{ "op": "kcenter", "in": "vec", "budget": 1 }""");
        Plan plan = SampleLanguage.Read(json, ["run.threads=3", "outputs.o={\"from\":\"pick\",\"format\":\"npy\"}", "outputs.o.path=o.npy", "steps.pick.start.row=4"]);
        Assert.Equal(3, plan.Run.Threads);
        Assert.Equal("o.npy", plan.Outputs[0].Path);
        Assert.Equal("row 4", plan.Steps[0].Arguments.Get(SampleLanguage.KCenterStart));
    }

    [Theory]
    [InlineData("steps.first.budget=0", "--set steps.first.budget:1:1: error RANGE: found the number 0, expected a number of rows")]
    [InlineData("steps.first.start={\"row\": -1}", "--set steps.first.start:1:9: error RANGE: found the number -1")]
    [InlineData("steps.first.bugdet=3", "--set steps.first.bugdet:1:1: error UNKNOWN_KEY: found the key \"bugdet\", expected one of: op, in, budget, metric, start, stopRadius. Did you mean \"budget\"?")]
    [InlineData("steps.first.budget=", "--set steps.first.budget:1:1: error TYPE: found the string \"\", expected a number of rows")]
    [InlineData("x-a={\"a\":1,\"a\":2}", "--set x-a:1:8: error DUPLICATE_KEY: found the key \"a\" again")]
    [InlineData("x-a=\"\\ud800\"", "--set x-a:1:1: error ENCODING: found a lone surrogate")]
    [InlineData("name.x=1", "--set name.x:1:1: error TYPE: found an object, expected a name")]
    [InlineData("steps.first.budget=1 // rows", "--set steps.first.budget:1:1: error TYPE: found the string \"1 // rows\"")]
    [InlineData("run.threads=99999999999999999999", "--set run.threads:1:1: error RANGE")]
    public void ErrorsNameTheOverride(string text, string expected)
    {
        string error = Assert.Single(SampleLanguage.Errors(SampleLanguage.Good, [text]));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("steps.frist.budget=5", "--set steps.frist.budget:1:1: error UNKNOWN_STEP: found the step \"frist\", which the plan does not have, expected one of: second, first, clusters, tasks, own, rounds. Did you mean \"first\"? A new step needs its \"op\" too.")]
    [InlineData("inputs.pol.path=x", "--set inputs.pol.path:1:1: error UNKNOWN_INPUT: found the input \"pol\", which the plan does not have, expected one of: pool, vec, loss, tokens. Did you mean \"pool\"? A new input needs its \"kind\" too.")]
    [InlineData("outputs.subst.format=npy", "--set outputs.subst.format:1:1: error UNKNOWN_OUTPUT: found the output \"subst\", which the plan does not have, expected one of: subset. Did you mean \"subset\"? A new output needs its \"from\" too.")]
    [InlineData("steps.new={\"in\":\"vec\"}", "--set steps.new:1:1: error MISSING_KEY: the key \"op\" is missing")]
    public void AnEntryThatIsNotThereIsAMistake(string text, string expected)
    {
        string error = Assert.Single(SampleLanguage.Errors(SampleLanguage.Good, [text]));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryOverrideOfAnEntryThatIsNotThereIsTold()
    {
        string[] errors = SampleLanguage.Errors(SampleLanguage.Good, ["steps.frist.budget=5", "steps.frist.metric=l2"]);
        Assert.Equal(2, errors.Length);
        Assert.All(errors, error => Assert.Contains("error UNKNOWN_STEP: ", error, StringComparison.Ordinal));
    }

    [Fact]
    public void ANameWithDotsIsSuggestedWhole()
    {
        string json = SampleLanguage.WithStep("""{ "op": "kmeans", "in": "vec", "k": 1 }""").Replace("\"pick\"", "\"pick.v2\"", StringComparison.Ordinal);
        string error = Assert.Single(SampleLanguage.Errors(json, ["steps.pick.v3.k=2"]));
        Assert.Contains("error UNKNOWN_STEP: found the step \"pick\"", error, StringComparison.Ordinal);
        Assert.Contains("Did you mean \"pick.v2\"?", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("steps.new={\"op\":\"kmeans\",\"in\":\"vec\",\"k\":2}", "steps.new.k=3")]
    [InlineData("steps.new.op=kmeans", "steps.new.in=vec", "steps.new.k=3")]
    [InlineData("steps.new.k=3", "steps.new={\"op\":\"kmeans\",\"in\":\"vec\",\"k\":3}")]
    public void AWholeNewStepCanBeAdded(params string[] overrides) =>
        Assert.Equal(3, SampleLanguage.Read(SampleLanguage.Good, overrides).Steps.Single(s => s.Name == "new").Arguments.Get(SampleLanguage.KMeansK));

    [Theory]
    [InlineData("", "without \"=\"")]
    [InlineData("steps.first", "without \"=\"")]
    [InlineData("=1", "an empty key")]
    [InlineData("steps..k=1", "an empty key")]
    [InlineData(".steps=1", "an empty key")]
    [InlineData("steps.=1", "an empty key")]
    [InlineData("a=\0", "NUL")]
    [InlineData("inputs.pool.path.1=x", "expected a number from 0 to 0")]
    [InlineData("inputs.pool.path.-1=x", "expected a number from 0 to 0")]
    [InlineData("inputs.pool.path.x.y=x", "expected a number from 0 to 0")]
    public void MalformedOverridesAreOfTheCommandLine(string text, string expected)
    {
        EngineException refused = Assert.Throws<EngineException>(() => SampleLanguage.Read(SampleLanguage.Good, [text, "seed=1"]));
        Assert.Equal(ExitCode.CommandLine, refused.Exit);
        EngineError error = Assert.Single(refused.Errors);
        Assert.Equal("OVERRIDE", error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DepthIsLimitedThereToo()
    {
        string path = string.Join('.', Enumerable.Repeat("a", 65));
        Assert.Equal(ExitCode.CommandLine, Assert.Throws<EngineException>(() => SampleLanguage.Read(SampleLanguage.Good, [path + "=1"])).Exit);
    }
}
