using System.Text;
using Engine.Plans;

namespace Engine.Tests.Plans;

public sealed class InterpolationTests
{
    private static string Plan(string vars, string step = """{ "op": "kmeans", "in": "vec", "k": "${vars.k}" }""") =>
        "{ \"version\": 1, \"vars\": " + vars + """
            , "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } },
            "steps": { "pick":
            """ + "\n" + step + "} }";

    private static string Feedback(string text, params (string Name, string Value)[] environment) =>
        SampleLanguage.Read(
            """
            { "version": 1, "vars": { "a": "A", "n": 1.50, "t": true, "both": "${vars.a}${vars.n}", "env": "${env:E:-x}", "dot.ted": "D" },
              "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } },
              "steps": { "c": { "op": "kmeans", "in": "vec", "k": 1 }, "i": { "op": "iterate", "clusters": "c", "feedback":
            """ + "\"" + text + "\" } } }", null, environment).Steps[1].Arguments.Get(SampleLanguage.IterateFeedback)!;

    [Theory]
    [InlineData("${vars.a}", "A")]
    [InlineData("x-${vars.a}-${vars.n}-${vars.t}", "x-A-1.50-true")]
    [InlineData("${vars.both}/${vars.dot.ted}", "A1.50/D")]
    [InlineData("${vars.env}", "x")]
    [InlineData("$${vars.a}", "${vars.a}")]
    [InlineData("$$${vars.a}", "$${vars.a}")]
    [InlineData("5$ $x $$ $", "5$ $x $$ $")]
    [InlineData("$${a}${vars.a}$", "${a}A$")]
    [InlineData("${env:HERE}", "there")]
    [InlineData("a${env:HERE:-no}b", "athereb")]
    [InlineData("a${env:GONE:-no}b", "anob")]
    [InlineData("a${env:EMPTY:-no}b", "anob")]
    [InlineData("a${env:EMPTY}b", "ab")]
    [InlineData("a${env:GONE:-}b", "ab")]
    [InlineData("a${env:GONE:-:-$x}b", "a:-$xb")]
    [InlineData("${env:GONE:-${vars.a}/p}", "A/p")]
    [InlineData("x${env:GONE:-${vars.both}-${env:HERE}}y", "xA1.50-therey")]
    [InlineData("${env:GONE:-${env:EMPTY:-${env:NONE:-${vars.a}}}}}", "A}")]
    [InlineData("${env:HERE:-${vars.none}}b", "thereb")]
    [InlineData("${env:GONE:-fb/${round}.csv}", "fb/${round}.csv")]
    [InlineData("a${env:GONE:-$${b}}c", "a${b}c")]
    [InlineData("a${env:HERE:-$${b}}c", "atherec")]
    [InlineData("${env:GONE:-${env:LIKE}}", "${vars.a}")]
    [InlineData("${vars.a}/${round}.csv", "A/${round}.csv")]
    [InlineData("${env:LIKE}", "${vars.a}")]
    public void VariablesAreReplacedInText(string text, string expected) =>
        Assert.Equal(expected, Feedback(text, ("HERE", "there"), ("EMPTY", ""), ("LIKE", "${vars.a}")));

    [Theory]
    [InlineData("4")]
    [InlineData("4.0")]
    [InlineData("\"${vars.other}\", \"other\": 4")]
    [InlineData("\"${env:FOUR}\"")]
    [InlineData("\"${env:NONE:-4}\"")]
    [InlineData("\"${env:NONE:-${vars.other}}\", \"other\": 4")]
    [InlineData("\"${env:NONE:-${vars.other}}\", \"other\": \"${env:FOUR}\"")]
    public void AWholeValueKeepsItsKind(string value) =>
        Assert.Equal(4, SampleLanguage.Read(Plan($$"""{ "k": {{value}} }"""), null, ("FOUR", "4")).Steps[0].Arguments.Get(SampleLanguage.KMeansK));

    [Fact]
    public void ObjectsArraysAndFlagsCanBeVariables()
    {
        Plan plan = SampleLanguage.Read(
            """
            { "version": 1, "vars": { "pick": { "op": "kmeans", "in": "vec", "k": "${vars.k}", "seeds": "${vars.list}", "spherical": "${env:ROUND}" }, "k": 2, "list": [1, "${vars.k}"] },
              "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } }, "steps": { "pick": "${vars.pick}" } }
            """, null, ("ROUND", "true"));
        Arguments step = plan.Steps[0].Arguments;
        Assert.Equal(2, step.Get(SampleLanguage.KMeansK));
        Assert.Equal([1, 2], step.Get(SampleLanguage.KMeansSeeds)!);
        Assert.True(step.Get(SampleLanguage.KMeansSpherical));
    }

    [Fact]
    public void KeysAndFreeKeysStayAsTheyAre()
    {
        Plan plan = SampleLanguage.Read(Plan("""{ "k": 1 }""").Replace("\"version\": 1,", "\"version\": 1, \"x-a\": { \"${vars.k}\": \"${vars.none}\" },", StringComparison.Ordinal));
        PlanMember member = Assert.Single(plan.Resolved["x-a"]!.Members);
        Assert.Equal(("${vars.k}", "${vars.none}"), (member.Name, member.Value.Text));
    }

    [Theory]
    [InlineData("""{ "kk": 1 }""", "3:37: error VARIABLE: found the variable \"k\", which \"vars\" does not have. Did you mean \"kk\"?")]
    [InlineData("""{ }""", "3:37: error VARIABLE: found the variable \"k\", which \"vars\" does not have. Add it to \"vars\".")]
    [InlineData("""{ "k": 0 }""", "3:37: error RANGE: found the number 0, expected a whole number of at least 1.")]
    [InlineData("""{ "k": "a${vars.l}", "l": {} }""", "1:32: error TYPE: found a variable that holds an object inside text")]
    [InlineData("""{ "k": "${vars.k}" }""", "1:32: error CYCLE: found variables that lead back to themselves: k -> k.")]
    [InlineData("""{ "k": "${vars.l}", "l": ["${vars.m}"], "m": { "a": "x${vars.k}" } }""", "1:32: error CYCLE: found variables that lead back to themselves: k -> l -> m -> k.")]
    [InlineData("""{ "k": "${env:NONE}" }""", "1:32: error VARIABLE: found ${env:NONE}, but the environment variable \"NONE\" is not set. Set it, or write ${env:NONE:-default}.")]
    [InlineData("""{ "k": "${env:TEXT}" }""", "3:37: error TYPE: found the string \"many\", expected a whole number of at least 1.")]
    [InlineData("""{ "k": "${env:}" }""", "1:32: error VARIABLE: found ${env:}")]
    [InlineData("""{ "k": "4${" }""", "1:32: error SYNTAX: found \"${\" without \"}\" in the string \"4${\"")]
    [InlineData("""{ "k": "${var.l}", "l": 1 }""", "1:32: error VARIABLE: found ${var.l}, expected ${vars.NAME}, ${env:NAME} or ${env:NAME:-default}. Did you mean \"vars.l\"?")]
    [InlineData("""{ "k": "${env:NONE:-${vars.l}}" }""", "1:32: error VARIABLE: found the variable \"l\", which \"vars\" does not have.")]
    [InlineData("""{ "k": "${env:NONE:-${vars.l}" }""", "1:32: error SYNTAX: found \"${\" without \"}\"")]
    [InlineData("""{ "k": "${env:NONE:-${env:NEITHER}}" }""", "1:32: error VARIABLE: found ${env:NEITHER}, but the environment variable \"NEITHER\" is not set.")]
    [InlineData("""{ "k": "${env:NONE:-${vars.k}}" }""", "1:32: error CYCLE: found variables that lead back to themselves: k -> k.")]
    [InlineData("""{ "k": "a${env:NONE:-${vars.l}}", "l": {} }""", "1:32: error TYPE: found a variable that holds an object inside text")]
    [InlineData("""{ "k": "${vars.${vars.l}}", "l": "k" }""", "1:32: error VARIABLE: found the variable \"${vars.l}\"")]
    [InlineData("""{ "k": 1, "l": "${vars.none}" }""", "1:40: error VARIABLE: found the variable \"none\"")]
    [InlineData("""{ "k": "4" }""", "3:37: error TYPE: found the string \"4\", expected a whole number")]
    public void EachMistakeIsToldOnce(string vars, string expected)
    {
        string error = Assert.Single(SampleLanguage.Errors(Plan(vars), null, ("TEXT", "many")));
        Assert.StartsWith("plan.json:" + expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void RoundsAreForFeedbackAlone()
    {
        string error = Assert.Single(SampleLanguage.Errors(SampleLanguage.Good, ["outputs.subset.path=a-${round}.jsonl"]));
        Assert.StartsWith("--set outputs.subset.path:1:1: error VARIABLE: found ${round} outside \"feedback\"", error, StringComparison.Ordinal);

        // A variable does not carry it to another key, however long the way.
        string[] errors = SampleLanguage.Errors(SampleLanguage.Good, ["vars.a=b-${round}", "vars.c=${vars.a}", "outputs.subset.path=${vars.c}"]);
        Assert.StartsWith("--set outputs.subset.path:1:1: error VARIABLE: found ${vars.c}, which holds ${round}, outside \"feedback\"", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"${vars.v0}${vars.v0}\"", "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"")]
    [InlineData("[\"${vars.v0}\", \"${vars.v0}\"]", "[1, 2, 3]")]
    public void VariablesOfVariablesCannotFillTheMemory(string twice, string seed)
    {
        var vars = new StringBuilder("{ \"k\": \"${vars.v40}\", \"v0\": " + seed);
        for (int i = 1; i <= 40; i++) vars.Append(", \"v").Append(i).Append("\": ").Append(twice.Replace("v0", $"v{i - 1}", StringComparison.Ordinal));
        string[] errors = SampleLanguage.Errors(Plan(vars.Append(" }").ToString()));
        Assert.Contains("error SIZE: found variables that grow beyond any plan", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(70, false)]
    [InlineData(20_000, false)]
    public void ChainsOfVariablesAreLimited(int length, bool good)
    {
        var vars = new StringBuilder("{ \"k\": \"${vars.v1}\"");
        for (int i = 1; i < length; i++) vars.Append(", \"v").Append(i).Append("\": \"${vars.v").Append(i + 1).Append("}\"");
        string json = Plan(vars.Append(", \"v").Append(length).Append("\": 3 }").ToString());
        if (good) Assert.Equal(3, SampleLanguage.Read(json).Steps[0].Arguments.Get(SampleLanguage.KMeansK));
        else Assert.All(SampleLanguage.Errors(json), e => Assert.Contains("error DEPTH", e, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(70, false)]
    [InlineData(200_000, false)]
    public void DefaultsOfDefaultsAreLimited(int depth, bool good)
    {
        string json = Plan("{ \"k\": \"" + string.Concat(Enumerable.Repeat("${env:NONE:-", depth)) + "3" + new string('}', depth) + "\" }");
        if (good) Assert.Equal(3, SampleLanguage.Read(json).Steps[0].Arguments.Get(SampleLanguage.KMeansK));
        else Assert.StartsWith("plan.json:1:32: error DEPTH: found defaults inside one another more than 64 deep.", Assert.Single(SampleLanguage.Errors(json)), StringComparison.Ordinal);
    }

    [Fact]
    public void VariablesCannotNestDeeperThanAPlan()
    {
        string Deep(int depth, string inner) => new string('[', depth) + inner + new string(']', depth);
        string vars = "{ \"k\": 1, \"a\": " + Deep(40, "\"${vars.b}\"") + ", \"b\": " + Deep(40, "0") + " }";
        Assert.Contains(SampleLanguage.Errors(Plan(vars)), e => e.Contains("error DEPTH: found objects and arrays nested deeper than 64 after variables were replaced", StringComparison.Ordinal));
    }
}
