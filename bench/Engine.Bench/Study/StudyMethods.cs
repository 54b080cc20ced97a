namespace Engine.Bench.Study;

/// <summary>A method of the study as a step of a plan.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Step">The step's JSON; <c>BUDGET</c> stands for the budget.</param>
internal sealed record StudyMethod(string Name, string Step);

/// <summary>Every method that chooses without more training than scores need, in the order of the table.</summary>
/// <remarks>
/// Inputs: <c>pool</c> records with labels as sources, <c>vec</c> their hashing embeddings, <c>dev</c> the target's queries, <c>signs</c> indicators,
/// <c>nll</c> bits per byte under a model of a small random part of the pool, <c>said</c> distinct words of the answer. Steps all share: <c>groups</c>
/// (k-means), <c>task</c> (the computing labels' centre), <c>rule</c> (the fit of InstructMining), <c>unlike</c> (near-duplicates removed).
/// </remarks>
internal static class StudyMethods
{
    /// <summary>The line to beat.</summary>
    public const string Random = "random";

    public static IReadOnlyList<StudyMethod> All { get; } =
    [
        new(Random, """{ "op": "random", "in": "pool", "budget": BUDGET }"""),
        new("balanced by label", """{ "op": "balanced", "in": "pool", "budget": BUDGET }"""),
        new("RDS+ (round robin)", """{ "op": "rds", "in": "vec", "queries": { "target": "dev" }, "budget": BUDGET }"""),
        new("RDS+ (round robin, skip)", """{ "op": "rds", "in": "vec", "queries": { "target": "dev" }, "duplicates": "skip", "budget": BUDGET }"""),
        new("RDS+ (max)", """{ "op": "rds", "in": "vec", "queries": { "target": "dev" }, "reduce": "max", "budget": BUDGET }"""),
        new("RDS+ (mean)", """{ "op": "rds", "in": "vec", "queries": { "target": "dev" }, "reduce": "mean", "budget": BUDGET }"""),
        new("LTD core set", """{ "op": "kcenter", "in": "vec", "within": "task", "start": "nearestToCentre", "metric": "cosine", "budget": BUDGET }"""),
        new("LTD cosine top", """{ "op": "cosineSample", "in": "vec", "centre": "task", "keep": "top", "budget": BUDGET }"""),
        new("LTD cosine least", """{ "op": "cosineSample", "in": "vec", "centre": "task", "keep": "least", "budget": BUDGET }"""),
        new("LTD cosine mixed", """{ "op": "cosineSample", "in": "vec", "centre": "task", "keep": "mixed", "budget": BUDGET }"""),
        new("InstructMining (fitted rule)", """{ "op": "quality", "in": "signs", "rule": { "fit": "rule" }, "budget": BUDGET }"""),
        new("kMQ (paper)", """{ "op": "kmq", "clusters": "groups", "quality": "said", "draw": "withReplacement", "budget": BUDGET }"""),
        new("kMQ (published code)", """{ "op": "kmq", "clusters": "groups", "quality": "said", "allocation": "equal", "weighting": "softmax", "budget": BUDGET }"""),
        new("kM-Random", """{ "op": "kmRandom", "clusters": "groups", "budget": BUDGET }"""),
        new("kM-Closest", """{ "op": "kmClosest", "clusters": "groups", "budget": BUDGET }"""),
        new("k-center", """{ "op": "kcenter", "in": "vec", "metric": "cosine", "budget": BUDGET }"""),
        new("DEITA filter", """{ "op": "deita", "in": "vec", "scores": "said", "budget": BUDGET }"""),
        new("random without near-duplicates", """{ "op": "random", "in": "unlike", "budget": BUDGET }"""),
        new("perplexity top", """{ "op": "perplexity", "in": "nll", "budget": BUDGET }"""),
        new("perplexity mid", """{ "op": "perplexity", "in": "nll", "keep": "mid", "budget": BUDGET }"""),
        new("perplexity least", """{ "op": "perplexity", "in": "nll", "keep": "least", "budget": BUDGET }"""),
    ];
}
