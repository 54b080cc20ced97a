using System.Text;
using System.Text.Json;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Tests.Plans;

/// <summary>The reader and the schema are one declaration: they say yes and no to the same plans.</summary>
public sealed class PlanSchemaTests
{
    private static readonly SchemaCheck Schema = new(JsonDocument.Parse(PlanSchema.Build(SampleLanguage.Language).ToJsonString()).RootElement);

    /// <summary>Who refuses a plan.</summary>
    public enum Verdict
    {
        /// <summary>Nobody.</summary>
        Good,

        /// <summary>Both.</summary>
        Bad,

        /// <summary>The reader alone: names, references, and other things that no schema can see.</summary>
        Meaning,
    }

    public static TheoryData<Verdict, string> Corpus
    {
        get
        {
            var corpus = new TheoryData<Verdict, string>
            {
                { Verdict.Good, SampleLanguage.Good },
                { Verdict.Bad, "[]" },
                { Verdict.Bad, "{}" },
                { Verdict.Bad, """{ "version": 1 }""" },
                { Verdict.Bad, """{ "version": 1, "inputs": {}, "steps": {} }""" },
                { Verdict.Bad, """{ "version": 1, "inputs": { "x-a": 1 }, "steps": { "x-b": 1 } }""" },
            };
            void Top(Verdict verdict, params string[] members)
            {
                foreach (string member in members)
                    corpus.Add(verdict, $$"""{ "version": 1, {{member}}, "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } }, "steps": { "s": { "op": "kmeans", "in": "vec", "k": 1 } } }""");
            }

            void Step(Verdict verdict, params string[] steps)
            {
                foreach (string step in steps) corpus.Add(verdict, SampleLanguage.WithStep(step));
            }

            void Input(Verdict verdict, params string[] inputs)
            {
                foreach (string input in inputs)
                    corpus.Add(verdict, $$"""{ "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" }, "rec": { "kind": "records", "path": "r.jsonl" }, "i": {{input}} }, "steps": { "s": { "op": "kmeans", "in": "vec", "k": 1 } } }""");
            }

            string[] Each(string pattern, params string[] values) => [.. values.Select(v => pattern.Replace("@", v, StringComparison.Ordinal))];

            Top(Verdict.Good, Each("\"seed\": @", "0", "-1", "1e3", "1000.0", "9223372036854775807", "-9223372036854775808", "\"${env:SEED:-4}\""));
            Top(Verdict.Bad, Each("\"seed\": @", "1.5", "\"4\"", "null", "true", "[]", "{}", "9223372036854775808", "-9223372036854775809", "1e400", "1e-30"));
            Top(Verdict.Good, Each("\"name\": @", "\"a\"", "\"_\"", "\"A.b-c_9\"", "\"" + new string('n', 200) + "\""));
            Top(Verdict.Bad, Each("\"name\": @", "\"\"", "\"-a\"", "\".a\"", "\"a b\"", "\"a/b\"", "\"a\\n\"", "\"é\"", "3", "\"" + new string('n', 201) + "\""));
            Top(Verdict.Good, Each("@", "\"x-\": null", "\"x-a\": { \"b\": [] }", "\"vars\": { \"a\": null }", "\"vars\": {}", "\"$schema\": \"s\"", "\"run\": {}", "\"outputs\": {}", "\"outputs\": { \"x-o\": 5 }"));
            Top(Verdict.Bad, Each("@", "\"X-a\": 1", "\"Version\": 1", "\"vars\": []", "\"$schema\": \"\"", "\"run\": []", "\"outputs\": []", "\"outputs\": { \"o\": {} }", "\"outputs\": { \"o p\": \"${vars.o}\" }"));
            Top(Verdict.Meaning, Each("@", "\"version\": 1", "\"vars\": { \"a\": \"${vars.a}\" }", "\"name\": \"${vars.none}\""));
            Top(Verdict.Good, Each("\"run\": { @ }", "\"threads\": 0", "\"threads\": 1024", "\"device\": \"opencl\"", "\"onExisting\": \"replace\"", "\"x-a\": 1", "\"dir\": \"/abs/dir\"", "\"dir\": \"${env:D:-d}\""));
            Top(Verdict.Bad, Each("\"run\": { @ }", "\"threads\": -1", "\"threads\": 1025", "\"threads\": 1.5", "\"device\": \"gpu\"", "\"onExisting\": \"Fail\"", "\"dirs\": \"a\"", "\"dir\": \"\"", "\"dir\": \"s3://a/b\"", "\"dir\": \"a\\nb\"", "\"io\": \"direct\""));
            Top(Verdict.Good, Each("\"run\": { \"memory\": @ }", "1", "1e9", "\"8GiB\"", "\"1.5MB\"", "\"0.5KiB\"", "\".5KB\"", "\"1B\"", "\"007TB\"", "\"16TiB\""));
            Top(Verdict.Bad, Each("\"run\": { \"memory\": @ }", "0", "-1", "1.5", "\"8\"", "\"8gib\"", "\"4 gb\"", "\"GiB\"", "\"-1GiB\"", "\"0GiB\"", "\"0.0MB\"", "\"1.GiB\"", "\"1e3MB\"", "\"8GiB\\n\"", "true"));
            Top(Verdict.Meaning, "\"run\": { \"memory\": \"1180591620717411303424TiB\" }".Replace("1180591620717411303424", "999999999", StringComparison.Ordinal));
            Top(Verdict.Good, """ "outputs": { "o": { "from": "s2", "format": "npy", "path": "o.npy" } }, "x-s2": 0 """.Replace("s2", "vec", StringComparison.Ordinal));
            Top(Verdict.Bad, Each("\"outputs\": { \"o\": { @ } }", "\"from\": \"vec\", \"format\": \"npy\"", "\"from\": \"\", \"format\": \"npy\", \"path\": \"p\"", "\"from\": \"vec\", \"format\": \"bin\", \"path\": \"p\""));
            Top(Verdict.Meaning, Each("\"outputs\": { \"o\": { \"from\": @, \"path\": \"p\" } }", "\"none\", \"format\": \"npy\"", "\"vec\", \"format\": \"csv\"", "\"s\", \"format\": \"jsonl\""));

            Step(Verdict.Good, Each("""{ "op": "kcenter", "in": "vec", "budget": @ }""", "1", "1e3", "9223372036854775807", "\"0.5%\"", "\"100%\"", "\"100.000%\"", "\"99.99%\"", "\"007%\"", "\".1%\"", "\"0.000001%\"", "\"${env:B:-5}\""));
            Step(Verdict.Bad, Each("""{ "op": "kcenter", "in": "vec", "budget": @ }""", "0", "-1", "1.5", "1e400", "9223372036854775808", "\"10\"", "\"0%\"", "\"0.0%\"", "\"100.1%\"", "\"101%\"", "\"-1%\"", "\"+1%\"", "\"1e1%\"", "\" 5%\"", "\"5 %\"", "\"5%\\n\"", "\"%\"", "null", "[1]"));
            Step(Verdict.Good, Each("""{ "op": "kcenter", "in": "vec", "budget": 1, @ }""", "\"metric\": \"l2\"", "\"start\": \"random\"", "\"start\": { \"row\": 0 }", "\"start\": { \"row\": 2, \"x-why\": 1 }", "\"stopRadius\": 1e-300", "\"stopRadius\": 2", "\"x-a\": 1"));
            Step(Verdict.Bad, Each("""{ "op": "kcenter", "in": "vec", "budget": 1, @ }""", "\"metric\": \"L2\"", "\"metric\": 2", "\"start\": \"first\"", "\"start\": {}", "\"start\": { \"row\": -1 }", "\"start\": { \"row\": 1, \"rows\": \"pick\" }", "\"start\": { \"rwo\": 1 }", "\"start\": 0", "\"stopRadius\": 0", "\"stopRadius\": -1", "\"stopRadius\": 1e309", "\"stopRadius\": \"1\"", "\"budgets\": 1"));
            Step(Verdict.Good, Each("""{ "op": "kmeans", "in": "vec", "k": 1, @ }""", "\"tolerance\": 0", "\"tolerance\": 1", "\"tolerance\": 1e-9", "\"spherical\": false", "\"seeds\": [1]", "\"seeds\": [-10, 10.0]", "\"seeds\": \"${env:S:-1}\"".Replace("seeds", "x-seeds", StringComparison.Ordinal)));
            Step(Verdict.Bad, Each("""{ "op": "kmeans", "in": "vec", "k": 1, @ }""", "\"tolerance\": -0.1", "\"tolerance\": 1.1", "\"spherical\": 1", "\"spherical\": \"true\"", "\"seeds\": []", "\"seeds\": 1", "\"seeds\": [11]", "\"seeds\": [1, null]"));
            Step(Verdict.Good, Each("""{ "op": "kmeans", "in": "vec", "k": @ }""", "1", "2147483647", "1e0"));
            Step(Verdict.Bad, Each("""{ "op": "kmeans", "in": "vec", "k": @ }""", "0", "-1", "1.5", "2147483648", "9223372036854775808", "1e400", "\"10\""));
            Step(Verdict.Good, Each("""{ "op": "rds", "in": "vec", "budget": 1, "queries": @ }""", "{ \"t\": \"vec\" }", "{ \"a task\": \"vec\", \"x-b\": 1 }"));
            Step(Verdict.Bad, Each("""{ "op": "rds", "in": "vec", "budget": 1, "queries": @ }""", "{}", "{ \"x-b\": 1 }", "[\"vec\"]", "\"vec\"", "{ \"t\": 1 }", "{ \"t\": \"\" }", "{ \"\": \"vec\" }", "{ \"a\\nb\": \"vec\" }"));
            Step(Verdict.Bad, "{}", "[]", "null", "\"s\"", """{ "op": "kmean", "in": "vec", "k": 1 }""", """{ "op": null }""", """{ "op": "kmeans" }""", """{ "op": "kmeans", "k": 1 }""", """{ "op": "kmeans", "in": ["vec"], "k": 1 }""", """{ "op": "rds", "in": "vec", "k": 1 }""");
            Step(Verdict.Meaning, """{ "op": "kmeans", "in": "vek", "k": 1 }""", """{ "op": "kmeans", "in": "pick", "k": 1 }""", """{ "op": "embed", "in": "vec" }""", """{ "op": "kmeans", "in": "vec", "k": 1, "k": 1 }""", """{ "op": "kmeans", "in": "vec", "k": "${vars.none}" }""", "\"${vars.none}\"");

            Input(Verdict.Good, Each("""{ "kind": "records", "path": @ }""", "\"a\"", "[\"a\", \"b/*.jsonl\"]", "\"${env:P:-p}/x\""));
            Input(Verdict.Bad, Each("""{ "kind": "records", "path": @ }""", "\"\"", "[]", "[\"\"]", "3", "{}", "null", "\"https://host/file\"", "[\"a\", \"hf://b\"]", "\"a\\u000ab\""));
            Input(Verdict.Good, Each("""{ "kind": "records", "path": "p", @ }""", "\"layout\": \"promptCompletion\"", "\"id\": \"meta.id\"", "\"source\": \"s\"", "\"expect\": {}", "\"expect\": { \"rows\": 0, \"sha256\": \"" + new string('a', 64) + "\" }"));
            Input(Verdict.Bad, Each("""{ "kind": "records", "path": "p", @ }""", "\"layout\": \"Alpaca\"", "\"id\": \"\"", "\"id\": 1", "\"dim\": 4", "\"expect\": { \"rows\": -1 }", "\"expect\": { \"sha256\": \"abc\" }", "\"expect\": { \"sha256\": \"" + new string('g', 64) + "\" }", "\"expect\": { \"row\": 1 }", "\"rowsOf\": \"rec\""));
            Input(Verdict.Good, Each("""{ "kind": "embeddings", "path": "p", @ }""", "\"rowsOf\": \"rec\"", "\"dtype\": \"bf16\", \"dim\": 1", "\"scale\": 0.05", "\"tensor\": \"t\"", "\"expect\": { \"dtype\": \"i8\", \"dim\": 2147483647 }"));
            Input(Verdict.Bad, Each("""{ "kind": "embeddings", "path": "p", @ }""", "\"rowsOf\": 1", "\"dtype\": \"float32\"", "\"dim\": 0", "\"scale\": 0", "\"scale\": \"1\"", "\"offsets\": \"o\"", "\"layout\": \"auto\""));
            Input(Verdict.Good, """{ "kind": "states", "path": "p", "offsets": "o.npy", "rowsOf": "rec" }""", """{ "kind": "scores", "path": "p", "column": "c", "id": "i", "rowsOf": "rec" }""");
            Input(Verdict.Bad, """{ "kind": "states", "path": "p" }""", """{ "kind": "scores", "column": "c" }""", """{ "kind": "score", "path": "p" }""", """{ "path": "p" }""", """{ "kind": "scores", "path": "p", "columns": ["a"] }""");
            Input(Verdict.Meaning, """{ "kind": "embeddings", "path": "p", "rowsOf": "vec" }""", """{ "kind": "embeddings", "path": "p", "rowsOf": "s" }""");
            return corpus;
        }
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void ReaderAndSchemaAgree(Verdict verdict, string json)
    {
        bool read = true;
        try
        {
            SampleLanguage.Read(json);
        }
        catch (EngineException refused) when (refused.Exit == ExitCode.Plan)
        {
            read = false;
        }

        Assert.Equal((verdict == Verdict.Good, verdict != Verdict.Bad), (read, Schema.Accepts(json)));
    }

    [Fact]
    public void TheSchemaOfTheEngineHasEveryOpAndKind()
    {
        using var stream = new MemoryStream();
        PlanSchema.Write(StepCatalogue.Language, stream);
        string text = Encoding.UTF8.GetString(stream.ToArray());
        using var schema = JsonDocument.Parse(text);
        JsonElement root = schema.RootElement;

        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", root.GetProperty("$schema").GetString());
        Assert.False(Uri.TryCreate(root.GetProperty("$id").GetString(), UriKind.Absolute, out _));
        string[] expected =
        [
            "variable", "input", .. InputCatalogue.All.Select(d => $"input-{d.Word}"), "step", .. StepCatalogue.All.Select(d => $"step-{d.Op}"),
        ];
        Assert.Equal(expected, root.GetProperty("$defs").EnumerateObject().Select(d => d.Name));
        foreach (string reference in References(root)) Assert.Contains(reference["#/$defs/".Length..], expected);
    }

    [Fact]
    public void EveryKeyIsDescribed()
    {
        foreach (ParameterSet set in InputCatalogue.All.Select(d => d.Parameters).Concat(StepCatalogue.All.Select(d => d.Parameters)).Append(StepCatalogue.Language.Keys))
            Assert.All(set.All, p => Assert.EndsWith(".", p.Summary, StringComparison.Ordinal));
    }

    [Fact]
    public void AKeyIsDeclaredOnce()
    {
        var set = new ParameterSet();
        set.Required("a", Shapes.Text, "One.");
        Assert.Throws<ArgumentException>(() => set.Required("a", Shapes.Flag, "Two."));
    }

    private static IEnumerable<string> References(JsonElement at) => at.ValueKind switch
    {
        JsonValueKind.Object => at.EnumerateObject().SelectMany(m => m.Name == "$ref" ? [m.Value.GetString()!] : References(m.Value)),
        JsonValueKind.Array => at.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
