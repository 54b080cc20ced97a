using System.Text;
using System.Text.Json.Nodes;
using Engine.Data;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Tests.Plans;

/// <summary>A small language with one op for every shape there is, and ways to read plans in it.</summary>
internal static class SampleLanguage
{
    public static readonly ParameterSet KCenter = new();
    public static readonly Parameter<Reference> KCenterIn = KCenter.Required("in", Shapes.Reference(ValueKind.Embeddings), "The pool.");
    public static readonly Parameter<Budget> KCenterBudget = KCenter.Required("budget", Shapes.Budget, "New picks.");
    public static readonly Parameter<string?> KCenterMetric = KCenter.Optional("metric", Shapes.Choice(("l2", "l2"), ("cosine", "cosine")), "The distance.");
    public static readonly Parameter<string?> KCenterStart = KCenter.Optional("start", Shapes.OneOf(
        Shapes.Choice(("nearestToCentre", "nearestToCentre"), ("random", "random")),
        Shapes.Tagged("row", Shapes.Integer(0).To(r => $"row {r}")),
        Shapes.Tagged("rows", Shapes.Reference(ValueKind.Selection).To(r => $"rows of {r.Name}"))), "Where to begin.");
    public static readonly Parameter<double> KCenterStop = KCenter.Optional("stopRadius", Shapes.Number(0, above: true), double.NaN, null, "Stop below it.");

    public static readonly ParameterSet KMeans = new();
    public static readonly Parameter<Reference> KMeansIn = KMeans.Required("in", Shapes.Reference(ValueKind.Embeddings), "The pool.");
    public static readonly Parameter<int> KMeansK = KMeans.Required("k", Shapes.Count(1), "Clusters.");
    public static readonly Parameter<double> KMeansTolerance = KMeans.Optional("tolerance", Shapes.Number(0, 1), 0, JsonValue.Create(0), "When to stop.");
    public static readonly Parameter<bool> KMeansSpherical = KMeans.Optional("spherical", Shapes.Flag, false, JsonValue.Create(false), "Unit centroids.");
    public static readonly Parameter<IReadOnlyList<long>?> KMeansSeeds = KMeans.Optional("seeds", Shapes.List(Shapes.Integer(-10, 10)), "First rows.");

    public static readonly ParameterSet Rds = new();
    public static readonly Parameter<Reference> RdsIn = Rds.Required("in", Shapes.Reference(ValueKind.Embeddings), "The pool.");
    public static readonly Parameter<IReadOnlyList<KeyValuePair<string, Reference>>> RdsQueries =
        Rds.Required("queries", Shapes.Map(Shapes.Reference(ValueKind.Embeddings)), "Query sets by task.");
    public static readonly Parameter<Budget> RdsBudget = Rds.Required("budget", Shapes.Budget, "Rows.");

    public static readonly ParameterSet Embed = new();
    public static readonly Parameter<Reference> EmbedIn = Embed.Required("in", Shapes.Reference(ValueKind.Records), "The records.");
    public static readonly Parameter<long?> EmbedBuffer = Embed.OptionalValue("buffer", Shapes.Size, "Memory for text.");

    public static readonly ParameterSet Iterate = new();
    public static readonly Parameter<Reference> IterateClusters = Iterate.Required("clusters", Shapes.Reference(ValueKind.Clustering), "The clusters.");
    public static readonly Parameter<string?> IterateFeedback = Iterate.Optional("feedback", Shapes.Path, "A path with ${round}.");

    public static PlanLanguage Language { get; } = new(
    [
        Define("kcenter", ValueKind.Selection, KCenter), Define("kmeans", ValueKind.Clustering, KMeans), Define("rds", ValueKind.Selection, Rds),
        Define("embed", ValueKind.Embeddings, Embed), Define("iterate", ValueKind.Selection, Iterate),
    ]);

    /// <summary>A plan that has no error, with every part of the language.</summary>
    public const string Good = """
        {
          // comments and trailing commas are welcome
          "$schema": "./plan.schema.json",
          "version": 1,
          "name": "demo",
          "seed": 42,
          "vars": { "rows": 3, "folder": "pool", },
          "x-note": { "anything": ["goes", null] },
          "inputs": {
            "pool": { "kind": "records", "path": ["${vars.folder}/*.jsonl"], "layout": "messages", "id": "id", "source": "dataset" },
            "vec": { "kind": "embeddings", "path": "pool-*.npy", "rowsOf": "pool", "expect": { "rows": 10, "dim": 4, "dtype": "f16" } },
            "loss": { "kind": "scores", "path": "loss.csv", "column": "loss", "rowsOf": "pool" },
            "tokens": { "kind": "states", "path": "h.safetensors", "offsets": "o.npy", "tensor": "h" }
          },
          "steps": {
            "second": { "op": "kcenter", "in": "vec", "budget": "0.5%", "start": { "rows": "first" } },
            "first": { "op": "kcenter", "in": "vec", "budget": "${vars.rows}", "metric": "cosine", "stopRadius": 1.5 },
            "clusters": { "op": "kmeans", "in": "vec", "k": 2, "tolerance": 0.25, "spherical": true, "seeds": [1, 2] },
            "tasks": { "op": "rds", "in": "vec", "queries": { "b": "vec", "a": "own" }, "budget": 2 },
            "own": { "op": "embed", "in": "pool", "buffer": "1.5MiB" },
            "rounds": { "op": "iterate", "clusters": "clusters", "feedback": "fb/${round}.csv" }
          },
          "outputs": { "subset": { "from": "second", "format": "jsonl", "path": "train.jsonl" } },
          "run": { "dir": "runs/demo", "device": "cpu", "threads": 2, "memory": "8GiB", "onExisting": "resume" }
        }
        """;

    /// <summary>The smallest plan, with a step to put in.</summary>
    public static string WithStep(string step) => $$"""
        { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } }, "steps": { "pick": {{step}} } }
        """;

    public static Plan Read(string json, IReadOnlyList<string>? overrides = null, params (string Name, string Value)[] environment) =>
        Read(Encoding.UTF8.GetBytes(json), overrides, environment);

    public static Plan Read(byte[] json, IReadOnlyList<string>? overrides = null, params (string Name, string Value)[] environment) =>
        PlanReader.Parse(json, "plan.json", "/plans", overrides ?? [], Language, name => environment.FirstOrDefault(e => e.Name == name).Value);

    /// <summary>The errors of a plan that has some, as the command prints them.</summary>
    public static string[] Errors(string json, IReadOnlyList<string>? overrides = null, params (string Name, string Value)[] environment) =>
        Errors(Encoding.UTF8.GetBytes(json), overrides, environment);

    public static string[] Errors(byte[] json, IReadOnlyList<string>? overrides = null, params (string Name, string Value)[] environment)
    {
        EngineException refused = Assert.Throws<EngineException>(() => Read(json, overrides, environment));
        return [.. refused.Errors.Select(e => e.ToString())];
    }

    private static StepDefinition Define(string op, ValueKind gives, ParameterSet parameters) =>
        new(op, gives, $"Sample op {op}.", parameters);
}
