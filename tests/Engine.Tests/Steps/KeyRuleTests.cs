using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>Keys that are each right alone and wrong together are the plan's error: they are found when it is read, before any step works.</summary>
public sealed class KeyRuleTests
{
    [Theory]
    [InlineData("kmeans", """{ "in": "v", "k": 3, "miniBatch": 8, "tolerance": 0.1 }""", "TOLERANCE")]
    [InlineData("kmeans", """{ "in": "v", "k": 3, "reassignmentRatio": 0.1 }""", "REASSIGNMENT")]
    [InlineData("kmeans", """{ "in": "v", "k": { "values": [3, 4] }, "init": { "centroids": "c" } }""", "INIT")]
    [InlineData("rds", """{ "in": "v", "queries": { "a": "q" }, "budget": 1, "search": "faiss", "reduce": "mean" }""", "REDUCE")]
    [InlineData("rds", """{ "in": "v", "queries": { "a": "q" }, "budget": 1, "index": "IVF8,Flat" }""", "KEYS")]
    [InlineData("rds", """{ "in": "v", "queries": { "a": "q" }, "budget": 1, "search": "faiss", "index": "IVF8,Flat", "indexFile": "i" }""", "KEYS")]
    [InlineData("kmq", """{ "clusters": "c", "quality": "s", "budget": 1, "temperature": 2 }""", "TEMPERATURE")]
    [InlineData("iterate", """{ "clusters": "c", "rounds": 2, "budget": 4, "feedback": "f-${round}.csv", "temperature": 2 }""", "TEMPERATURE")]
    [InlineData("iterate", """{ "clusters": "c", "rounds": 3, "budget": 4, "feedback": "f.csv" }""", "FEEDBACK")]
    [InlineData("iterate", """{ "clusters": "c", "rounds": 2, "budget": 4, "feedback": "f-${round}.txt" }""", "FORMAT")]
    [InlineData("iterate", """{ "clusters": "c", "rounds": 2, "budget": 4, "feedback": "f-${round}.csv", "column": "q" }""", "KEYS")]
    [InlineData("perplexity", """{ "in": "s", "budget": 1, "from": 0.5 }""", "FROM")]
    [InlineData("ifd", """{ "in": "s", "budget": 1, "conditional": "a" }""", "MISSING_KEY")]
    [InlineData("ifd", """{ "in": "s", "budget": 1, "alone": "a" }""", "MISSING_KEY")]
    [InlineData("ifd", """{ "in": "s", "budget": 1, "alone": "a", "conditional": "b", "column": "c" }""", "KEYS")]
    [InlineData("dedup", """{ "in": "v", "keep": "highest" }""", "KEYS")]
    [InlineData("dedup", """{ "in": "v", "scores": "s" }""", "KEYS")]
    [InlineData("dedup", """{ "in": "v", "keep": "farthest" }""", "KEYS")]
    [InlineData("filter", """{ "in": "v" }""", "MISSING_KEY")]
    [InlineData("filter", """{ "in": "v", "minCharacters": 5, "maxCharacters": 2 }""", "RANGE")]
    [InlineData("filter", """{ "in": "v", "scores": { "input": "s", "min": 5, "max": 2 } }""", "RANGE")]
    [InlineData("less", """{ "checkpoints": [{ "in": "v", "queries": { "a": "q" } }, { "in": "v", "queries": { "b": "q" } }], "budget": 1 }""", "QUERIES")]
    public void KeysThatContradictEachOtherAreRefused(string op, string json, string code)
    {
        EngineError error = Assert.Single(ReadErrors(op, json));
        Assert.Equal((ExitCode.Plan, code), (error.Exit, error.Code));
    }

    [Theory]
    [InlineData("kmeans", """{ "in": "v", "k": 3, "miniBatch": 8, "reassignmentRatio": 0.1 }""")]
    [InlineData("kmq", """{ "clusters": "c", "quality": "s", "budget": 1, "temperature": 2, "weighting": "softmax" }""")]
    [InlineData("iterate", """{ "clusters": "c", "rounds": 2, "budget": 4, "feedback": "f.jsonl" }""")]
    [InlineData("iterate", """{ "clusters": "c", "rounds": 1, "budget": 4, "feedback": "none" }""")]
    [InlineData("perplexity", """{ "in": "s", "budget": 1, "from": 0.5, "keep": "mid" }""")]
    [InlineData("ifd", """{ "in": "s", "budget": 1, "alone": "a", "conditional": "b" }""")]
    [InlineData("dedup", """{ "in": "v", "keep": "highest", "scores": "s" }""")]
    [InlineData("dedup", """{ "in": "v", "keep": "nearest", "clusters": "c" }""")]
    [InlineData("filter", """{ "in": "v", "minCharacters": 2, "maxCharacters": 2 }""")]
    public void KeysThatGoTogetherAreNot(string op, string json) => Assert.Empty(ReadErrors(op, json));
}
