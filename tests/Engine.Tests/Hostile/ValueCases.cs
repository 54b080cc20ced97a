using static Engine.Tests.Hostile.HostileCase;

namespace Engine.Tests.Hostile;

/// <summary>Cases 92 to 99: values that can be read and break arithmetic. What the odd but legal ones give is in <see cref="OddValueTests"/>.</summary>
internal static class ValueCases
{
    private const string Centre = """{ "op": "kcenter", "in": "vec", "budget": 2 }""";
    private const string Cosine = """{ "op": "kcenter", "in": "vec", "budget": 2, "metric": "cosine" }""";
    private const string Means = """{ "op": "kmeans", "in": "vec", "k": 2 }""";

    public static IEnumerable<HostileCase> All =>
    [
        .. new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity }.SelectMany(value => new[] { Centre, Means }.Select(step =>
            Values(92, $"{value} in {step[9..15]}", 4, "vec.npy: error NOT_FINITE: row 2 ", step, 2, 1, 2, 3, 4, value, 5))),
        Weights("negative weights", 4, "error NEGATIVE: row 3 ", -1),
        Weights("weights of sum 0", 0, "", 0),
        Values(92, "denormals and negative zero", 0, "", Centre, 2, 1e-45f, -0f, 3e-40f, 0f, -1e-42f, 1e-38f),
        Values(93, "a zero row where cosine is used", 4, "vec.npy: error ZERO_ROW: row 1 ", Cosine, 2, 1, 2, 0, -0f, 3, 4),
        Values(93, "a zero row where it is not", 0, "", Centre, 2, 1, 2, 0, -0f, 3, 4),
        Values(94, "norms beyond float32", 0, "", Cosine, 2, 1e38f, 1e38f, 3e38f, -3e38f, 1e38f, 0),
        Values(94, "norms below float32", 0, "", Cosine, 2, 1e-40f, 1e-40f, 1e-45f, -1e-45f, 1e-38f, 0),
        Values(95, "k-means of equal rows", 0, "", Means, 2, 1, 2, 1, 2, 1, 2),
        Values(95, "k-centre of equal rows", 0, "", Centre, 2, 1, 2, 1, 2, 1, 2),
        Values(97, "one column", 0, "", Means, 1, 1, 2, 3),
        Values(97, "one row", 0, "", Centre.Replace("2 }", "1 }", StringComparison.Ordinal), 3, 1, 2, 3),
        Values(97, "one row, one cluster", 0, "", Means.Replace("2 }", "1 }", StringComparison.Ordinal), 3, 1, 2, 3),
        Step(97, "65,536 columns", 0, "", work => work.WriteMatrix("vec.npy", 3, 65_536, seed: 1), Means),
        Step(98, "shards of two widths", 4, @"v-2\.npy: error DIM: .*3 elements.*v-1\.npy have 2", work =>
        {
            work.WriteMatrix("v-1.npy", [1, 2], 2);
            work.WriteMatrix("v-2.npy", [1, 2, 3], 3);
        }, Centre, "v-*.npy"),
        Step(98, "shards of two element types", 4, @"v-2\.npy: error DTYPE: .*v-1\.npy", work =>
        {
            work.WriteMatrix("v-1.npy", [1, 2], 2);
            File.WriteAllBytes(work.At("v-2.npy"), Data.NpyBytes.Make(Data.NpyBytes.Dict("<f2", "(1, 2)"), new byte[4]));
        }, Centre, "v-*.npy"),
        Queries("queries of another width", """{ "op": "rds", "in": "vec", "queries": { "t": "ask" }, "budget": 1 }"""),
    ];

    private static HostileCase Values(int number, string name, int exit, string pattern, string step, int dim, params float[] values) =>
        Step(number, name, exit, pattern, work => work.WriteMatrix("vec.npy", values, dim), step);

    private static HostileCase Queries(string name, string step) => new(98, name, 4, @"(plan\.json:\d+:\d+|ask\.npy): error \w+: .*3.*2", work =>
    {
        work.WriteMatrix("vec.npy", [1, 2, 3, 4], 2);
        work.WriteMatrix("ask.npy", [1, 2, 3], 3);
        work.Write("plan.json", $$"""
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" }, "ask": { "kind": "embeddings", "path": "ask.npy" } },
              "steps": { "pick": {{step}} }, "run": { "dir": "out" } }
            """);
    });

    private static HostileCase Weights(string name, int exit, string pattern, int weight) => new(99, name, exit, pattern, work =>
    {
        work.WriteRecords("pool.jsonl", 4);
        work.WriteMatrix("vec.npy", [1, 2, 1, 3, 8, 9, 9, 9], 2);
        work.Write("q.csv", "quality\n0\n0\n0\n" + weight.ToString(System.Globalization.CultureInfo.InvariantCulture) + "\n");
        work.Write("plan.json", """
            { "version": 1,
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" }, "q": { "kind": "scores", "path": "q.csv", "rowsOf": "pool" } },
              "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 2 }, "pick": { "op": "kmq", "clusters": "groups", "quality": "q", "budget": 2 } },
              "run": { "dir": "out" } }
            """);
    });
}
