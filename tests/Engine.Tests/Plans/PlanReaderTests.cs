using System.Text;
using Engine.Data;
using Engine.Kernels;
using Engine.Plans;

namespace Engine.Tests.Plans;

public sealed class PlanReaderTests
{
    [Fact]
    public void ReadsEveryPartOfAPlan()
    {
        Plan plan = SampleLanguage.Read(SampleLanguage.Good);

        Assert.Equal(("demo", 42L, "plan.json", "/plans"), (plan.Name, plan.Seed, plan.File, plan.Folder));
        Assert.Equal(["pool", "vec", "loss", "tokens"], plan.Inputs.Select(i => i.Name));
        Assert.Equal([ValueKind.Records, ValueKind.Embeddings, ValueKind.Scores, ValueKind.States], plan.Inputs.Select(i => i.Kind));
        Assert.Equal(["pool/*.jsonl"], plan.Inputs[0].Paths);
        Assert.Equal(RecordLayout.Messages, plan.Inputs[0].Arguments.Get(InputCatalogue.Records.Layout));
        Assert.Equal("dataset", plan.Inputs[0].Arguments.Get(InputCatalogue.Records.Source));
        Assert.Equal("pool", plan.Inputs[1].Arguments.Get(InputCatalogue.Embeddings.RowsOf)!.Name);
        Assert.Equal(new Expectations(10, 4, ElementType.Float16, null), plan.Inputs[1].Arguments.Get(InputCatalogue.Embeddings.Expect));
        Assert.Null(plan.Inputs[1].Arguments.Get(InputCatalogue.Embeddings.Scale));
        Assert.Equal("loss", plan.Inputs[2].Arguments.Get(InputCatalogue.Scores.Column));
        Assert.Equal("o.npy", plan.Inputs[3].Arguments.Get(InputCatalogue.States.Offsets));

        Assert.Equal(["first", "second", "clusters", "own", "tasks", "rounds"], plan.Steps.Select(s => s.Name));
        Assert.Equal([1, 0, 2, 4, 3, 5], plan.Steps.Select(s => s.Position));
        Assert.Equal(3, plan.Steps[0].Arguments.Get(SampleLanguage.KCenterBudget).Of(100));
        Assert.Equal(5, plan.Steps[1].Arguments.Get(SampleLanguage.KCenterBudget).Of(1000));
        Assert.Equal("rows of first", plan.Steps[1].Arguments.Get(SampleLanguage.KCenterStart));
        Assert.Equal(["vec", "first"], plan.Steps[1].References.Select(r => r.Name));
        Assert.Equal(0.25, plan.Steps[2].Arguments.Get(SampleLanguage.KMeansTolerance));
        Assert.True(plan.Steps[2].Arguments.Get(SampleLanguage.KMeansSpherical));
        Assert.Equal([1, 2], plan.Steps[2].Arguments.Get(SampleLanguage.KMeansSeeds)!);
        Assert.Equal(3 << 19, plan.Steps[3].Arguments.Get(SampleLanguage.EmbedBuffer));
        Assert.Equal(["b", "a"], plan.Steps[4].Arguments.Get(SampleLanguage.RdsQueries).Select(q => q.Key));
        Assert.Equal("fb/${round}.csv", plan.Steps[5].Arguments.Get(SampleLanguage.IterateFeedback));

        PlanOutput output = Assert.Single(plan.Outputs);
        Assert.Equal(("subset", "second", OutputFormat.Jsonl, "train.jsonl"), (output.Name, output.From.Name, output.Format, output.Path));
        Assert.Equal(new PlanRun { Dir = "runs/demo", Device = "cpu", Threads = 2, Memory = 8L << 30, OnExisting = OnExisting.Resume }, plan.Run);
        Assert.Equal(Encoding.UTF8.GetBytes(SampleLanguage.Good), plan.Given);
    }

    [Fact]
    public void DefaultsStandWhereAPlanIsSilent()
    {
        Plan plan = SampleLanguage.Read(SampleLanguage.WithStep("""{ "op": "kcenter", "in": "vec", "budget": 1 }"""));

        Assert.Equal(("plan", 0L), (plan.Name, plan.Seed));
        Assert.Equal(new PlanRun { Dir = "runs/plan", Device = "auto", Threads = 0, Memory = null, OnExisting = OnExisting.Fail }, plan.Run);
        Assert.Empty(plan.Outputs);
        Assert.Null(plan.Steps[0].Arguments.Get(SampleLanguage.KCenterStart));
        Assert.False(plan.Steps[0].Arguments.Gives(SampleLanguage.KCenterStart));
    }

    [Theory]
    [InlineData("my plan.json", "my-plan")]
    [InlineData("dir/a.b.json", "a.b")]
    [InlineData("-.json", "plan")]
    [InlineData("é.json", "plan")]
    public void AFileNameBecomesAName(string file, string name)
    {
        byte[] json = Encoding.UTF8.GetBytes(SampleLanguage.WithStep("""{ "op": "kmeans", "in": "vec", "k": 1 }"""));
        Assert.Equal(name, PlanReader.Parse(json, file, "/", [], SampleLanguage.Language, _ => null).Name);
    }

    [Fact]
    public void TellsTenMistakesInOnePassWhereTheyStand()
    {
        string[] errors = SampleLanguage.Errors("""
            {
              "version": 2,
              "inputs": {
                "pool": { "kind": "record", "path": "p.jsonl" },
                "vec": { "kind": "embeddings", "rowOf": "pool" }
              },
              "steps": {
                "pick": { "op": "kcentre", "in": "vec" },
                "käse": { "op": "kmeans", "in": "vek", "k": 0, "k": 3 },
                "a": { "op": "kcenter", "in": "vec", "budget": "101%", "start": { "rows": "b" } },
                "b": { "op": "kcenter", "in": "vec", "budget": 1, "start": { "rows": "a" } }
              },
              "outputs": { "x": { "from": "a", "format": "json", "path": "x.npy" } },
              "run": { "threads": 1025 }
            }
            """);

        Assert.Equal(
        [
            "plan.json:2:14: error VERSION: found the number 2, expected version 1, the only one this engine reads.",
            "plan.json:4:23: error UNKNOWN_KIND: found the string \"record\", expected one of: records, embeddings, states, scores. Did you mean \"records\"?",
            "plan.json:5:12: error MISSING_KEY: the key \"path\" is missing: Files or patterns in row order: .npy, .safetensors, .fbin, .u8bin, .i8bin, .parquet, or raw rows with dtype and dim.",
            "plan.json:5:36: error UNKNOWN_KEY: found the key \"rowOf\", expected one of: kind, path, rowsOf, dtype, dim, scale, tensor, column, expect. Did you mean \"rowsOf\"?",
            "plan.json:8:21: error UNKNOWN_OP: found the string \"kcentre\", expected one of: kcenter, kmeans, rds, embed, iterate. Did you mean \"kcenter\"?",
            "plan.json:9:5: error NAME: found the string \"käse\", expected a name of at most 200 letters, digits, _, . and -, not beginning with . or -.",
            "plan.json:9:37: error REFERENCE: found \"vek\", which no input or step is called, expected the name of an input or step that gives embeddings. Did you mean \"vec\"?",
            "plan.json:9:49: error RANGE: found the number 0, expected a whole number of at least 1.",
            "plan.json:9:52: error DUPLICATE_KEY: found the key \"k\" again, expected it once; it first stands at 9:44. Remove one of the two.",
            "plan.json:10:52: error RANGE: found the string \"101%\", expected a number of rows of at least 1, or a share above 0% and up to \"100%\".",
            "plan.json:10:79: error CYCLE: found steps that need each other: a -> b -> a. Break the circle at one of them.",
            "plan.json:13:46: error VALUE: found the string \"json\", expected \"jsonl\" or \"npy\" or \"csv\". Did you mean \"jsonl\"?",
            "plan.json:14:23: error RANGE: found the number 1025, expected a whole number from 0 to 1024.",
        ], errors);
    }

    [Fact]
    public void NamesOfInputsAndStepsAreOneSpace()
    {
        string error = Assert.Single(SampleLanguage.Errors("""
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } },
              "steps": { "vec": { "op": "kmeans", "in": "vec", "k": 1 } } }
            """), e => e.Contains("DUPLICATE_NAME", StringComparison.Ordinal));
        Assert.StartsWith("plan.json:2:14: error DUPLICATE_NAME: found a step named \"vec\", which is also the input at 1:29", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "op": "embed", "in": "vec" }""", "KIND: found \"vec\", which gives embeddings, expected records. No input or step of the plan gives that; add one.")]
    [InlineData("""{ "op": "kmeans", "in": "pick", "k": 1 }""", "CYCLE: found a step that refers to itself: pick -> pick.")]
    [InlineData("""{ "op": "iterate", "clusters": "vec" }""", "KIND: found \"vec\", which gives embeddings, expected a clustering.")]
    [InlineData("""{ "op": "kmeans", "in": "x-a", "k": 1 }""", "REFERENCE: found \"x-a\", which no input or step is called, expected the name of an input or step that gives embeddings. Keys that begin with x- are left out of the plan; rename it.")]
    [InlineData("""{ "opp": "kmeans" }""", "MISSING_KEY: the key \"op\" is missing: What the step does. Expected one of: kcenter, kmeans, rds, embed, iterate. Perhaps \"opp\" is meant to be it.")]
    [InlineData("""[]""", "TYPE: found an array, expected an object.")]
    [InlineData("""{ "op": 3 }""", "TYPE: found the number 3, expected one of: kcenter")]
    public void ReferencesMustFit(string step, string expected) =>
        Assert.Contains(SampleLanguage.Errors(SampleLanguage.WithStep(step)), e => e.Contains("error " + expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("""{ "kind": "records", "path": "p", "expect": { "dim": 2 } }""", "found the key \"dim\", but records have no dim, expected one of: rows, sha256.")]
    [InlineData("""{ "kind": "scores", "path": "p", "expect": { "dtype": "f32" } }""", "found the key \"dtype\", but scores have no dtype, expected one of: rows, sha256.")]
    [InlineData("""{ "kind": "embeddings", "path": "p", "expect": { "dims": 2 } }""", "found the key \"dims\", expected one of: rows, dim, dtype, sha256. Did you mean \"dim\"?")]
    public void OnlyMatricesHaveADimAndADtype(string input, string expected) =>
        Assert.Contains(SampleLanguage.Errors(SampleLanguage.Good, ["inputs.loss=" + input]), e => e.EndsWith("error UNKNOWN_KEY: " + expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("jsonl", "clusters", "FORMAT: found the format \"jsonl\" for \"clusters\", which gives a clustering, expected a selection, embeddings or scores.")]
    [InlineData("jsonl", "vec", "FORMAT: found the format \"jsonl\" for \"vec\", which gives embeddings, expected the format \"npy\".")]
    [InlineData("npy", "loss", "FORMAT: found the format \"npy\" for \"loss\", which gives scores, expected the format \"csv\".")]
    [InlineData("npy", "frist", "REFERENCE: found \"frist\", which no input or step is called, expected the name of an input or a step. Did you mean \"first\"?")]
    public void OutputsMustFit(string format, string from, string expected)
    {
        string error = Assert.Single(SampleLanguage.Errors(SampleLanguage.Good, [$"outputs.subset.format={format}", $"outputs.subset.from={from}"]));
        Assert.Contains("error " + expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train.jsonl")]
    [InlineData("./train.jsonl")]
    [InlineData("a/../train.jsonl")]
    [InlineData("/plans/train.jsonl")]
    public void TwoOutputsHaveTwoFiles(string path)
    {
        string json = SampleLanguage.Good.Replace("\"outputs\": { ", $"\"outputs\": {{ \"more\": {{ \"from\": \"first\", \"format\": \"npy\", \"path\": \"{path}\" }}, ", StringComparison.Ordinal);
        Assert.Contains("error DUPLICATE_PATH: found the path \"train.jsonl\"", Assert.Single(SampleLanguage.Errors(json)), StringComparison.Ordinal);
    }

    [Fact]
    public void RowsBindToInputsOnly()
    {
        string error = Assert.Single(SampleLanguage.Errors(SampleLanguage.Good, ["inputs.vec.rowsOf=own"]));
        Assert.Equal("--set inputs.vec.rowsOf:1:1: error KIND: found \"own\", which is a step, expected an input that gives records. Inputs are opened before any step runs.", error);
    }

    [Fact]
    public void CyclesApartAreToldApart()
    {
        string Step(string name, string needs) => $$""" "{{name}}": { "op": "kcenter", "in": "vec", "budget": 1, "start": { "rows": "{{needs}}" } } """;
        string json = $$"""
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } }, "steps": {
              {{Step("lead", "c")}}, {{Step("a", "b")}}, {{Step("b", "c")}}, {{Step("c", "a")}}, {{Step("d", "d")}}, {{Step("e", "f")}}, {{Step("f", "e")}} } }
            """;
        string[] errors = SampleLanguage.Errors(json);
        Assert.Equal(3, errors.Length);
        Assert.Contains("a -> b -> c -> a.", errors[0], StringComparison.Ordinal);
        Assert.Contains("d -> d.", errors[1], StringComparison.Ordinal);
        Assert.Contains("e -> f -> e.", errors[2], StringComparison.Ordinal);
    }

    [Fact]
    public void ALongChainOfStepsNeitherOverflowsNorDisorders()
    {
        var json = new StringBuilder("""{ "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } }, "steps": { "s0": { "op": "kcenter", "in": "vec", "budget": 1, "start": { "rows": "s1" } }""");
        for (int i = 1; i < 3_000; i++) json.Append(System.Globalization.CultureInfo.InvariantCulture, $$""", "s{{i}}": { "op": "kcenter", "in": "vec", "budget": 1, "start": { "rows": "s{{i + 1}}" } }""");
        string end = """, "s3000": { "op": "kcenter", "in": "vec", "budget": 1 } } }""";
        Plan plan = SampleLanguage.Read(json + end);
        Assert.Equal(Enumerable.Range(0, 3_001).Reverse(), plan.Steps.Select(s => s.Position));

        string circle = Assert.Single(SampleLanguage.Errors(json + end.Replace("\"budget\": 1", "\"budget\": 1, \"start\": { \"rows\": \"s0\" }", StringComparison.Ordinal)));
        Assert.Contains("s0 -> s1 -> s2", circle, StringComparison.Ordinal);
        Assert.Contains("... (2981 more) -> s0.", circle, StringComparison.Ordinal);
    }
}
