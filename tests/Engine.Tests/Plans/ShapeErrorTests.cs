using Engine.Plans;
using Engine.Steps;

namespace Engine.Tests.Plans;

/// <summary>What is told of values that fit no form of theirs, or lie beyond its bounds.</summary>
public sealed class ShapeErrorTests
{
    private const string Start = "expected \"nearestToCentre\" or \"random\", or { \"row\": a whole number of at least 0 }, or { \"rows\": the name of an input or step that gives a selection }.";

    [Theory]
    [InlineData("""{ "roe": 2 }""", "1:3: error UNKNOWN_KEY: found the key \"roe\", " + Start + " Did you mean \"row\"?")]
    [InlineData("""{ "x-a": 1, "why": 2 }""", "1:13: error UNKNOWN_KEY: found the key \"why\", " + Start)]
    [InlineData("""{ "rows": "first", "row": 1 }""", "1:20: error CHOICE: found the keys \"rows\" and \"row\" in one object, expected only one of them: \"nearestToCentre\" or")]
    [InlineData("""{ "row": 1, "roe": 1 }""", "1:13: error UNKNOWN_KEY: found the key \"roe\", expected { \"row\": a whole number of at least 0 }. Did you mean \"row\"?")]
    [InlineData("""{ }""", "1:1: error TYPE: found an object, " + Start)]
    [InlineData("""{ "x-a": 1 }""", "1:1: error TYPE: found an object, " + Start)]
    public void AnObjectOfNoFormIsToldByItsKeys(string start, string expected)
    {
        string error = Assert.Single(SampleLanguage.Errors(SampleLanguage.Good, ["steps.second.start=" + start]));
        Assert.StartsWith("--set steps.second.start:" + expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "hashin": { "dim": 64 } }""", "UNKNOWN_KEY: found the key \"hashin\", expected { \"hashing\": an object }, or { \"onnx\": ..., \"tokenizer\": ... }. Did you mean \"hashing\"?")]
    [InlineData("""{ "tokenizer": "t.json" }""", "MISSING_KEY: the key \"onnx\" is missing: The model, an .onnx file.")]
    [InlineData("""{ "hashing": {}, "onnx": "m.onnx" }""", "CHOICE: found the keys \"hashing\" and \"onnx\" in one object, expected only one of them: { \"hashing\": an object }, or { \"onnx\"")]
    public void AModelIsToldByItsKeys(string model, string expected) => Refused(EmbeddingModel.Forms, model, expected);

    [Theory]
    [InlineData("""{ "coeficients": { "a": 1 } }""", "UNKNOWN_KEY: found the key \"coeficients\", expected \"instructMining-v1\" or \"instructMining-v3\", or { \"coefficients\": ... }. Did you mean \"coefficients\"?")]
    [InlineData("""{ "intercept": 1 }""", "MISSING_KEY: the key \"coefficients\" is missing: What each column is multiplied by.")]
    public void ARuleIsToldByItsKeys(string rule, string expected) => Refused(QualityRule.Forms, rule, expected);

    [Theory]
    [InlineData("seed=9223372036854775808", "found the number 9223372036854775808, expected a whole number from -9223372036854775808 to 9223372036854775807.")]
    [InlineData("seed=-1e19", "found the number -1e19, expected a whole number from -9223372036854775808 to 9223372036854775807.")]
    [InlineData("seed=1.5", "found the number 1.5, expected a whole number.")]
    [InlineData("steps.clusters.k=3000000000", "found the number 3000000000, expected a whole number from 1 to 2147483647.")]
    [InlineData("steps.clusters.k=0", "found the number 0, expected a whole number of at least 1.")]
    [InlineData("steps.first.budget=1e19", "found the number 1e19, expected at most 9223372036854775807 rows, or a share above 0% and up to \"100%\".")]
    [InlineData("steps.first.stopRadius=1e400", "found the number 1e400, which is beyond float64 (about 1.8e308), expected a number above 0.")]
    [InlineData("run.memory=\"99999999TiB\"", "found the string \"99999999TiB\", expected a size from 1 to 9223372036854775807 bytes (under \"8388608TiB\"), such as \"8GiB\".")]
    [InlineData("run.memory=\"99999999999999999999B\"", "found the string \"99999999999999999999B\", expected a size from 1 to 9223372036854775807 bytes (under \"8388608TiB\"), such as \"8GiB\".")]
    [InlineData("run.memory=9223372036854775808", "found the number 9223372036854775808, expected a size from 1 to 9223372036854775807 bytes (under \"8388608TiB\"), such as \"8GiB\".")]
    public void WhatIsTooLargeIsToldTheBounds(string text, string expected)
    {
        string error = Assert.Single(SampleLanguage.Errors(SampleLanguage.Good, [text]));
        Assert.EndsWith("error RANGE: " + expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run.memory=\"8388607TiB\"")]
    [InlineData("seed=-9223372036854775808")]
    [InlineData("steps.clusters.k=2147483647")]
    public void TheBoundsThemselvesAreRead(string text) => Assert.NotEmpty(SampleLanguage.Read(SampleLanguage.Good, [text]).Steps);

    private static void Refused<T>(Shape<T> shape, string json, string expected)
    {
        var reading = new PlanReading();
        shape.Read(PlanParser.ParseStrict(json, "p", reading)!, reading);
        Assert.StartsWith("error " + expected, Assert.Single(reading.Errors).ToString()["p:1:1: ".Length..].TrimStart(' ', ':', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'), StringComparison.Ordinal);
    }
}
