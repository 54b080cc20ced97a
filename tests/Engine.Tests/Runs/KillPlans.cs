using System.Globalization;
using System.Text;
using Engine.Data.Matrices;
using Engine.Kernels;

namespace Engine.Tests.Runs;

/// <summary>Small plans that together use every op that can be resumed, and the data they read. A new op is one more step or plan.</summary>
internal static class KillPlans
{
    private const string Inputs = """
        "pool": { "kind": "records", "path": "pool.jsonl", "id": "id", "source": "dataset" },
        "few": { "kind": "records", "path": "few.jsonl", "source": "dataset" },
        "ask": { "kind": "records", "path": "ask.jsonl" },
        "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" },
        "fewVec": { "kind": "embeddings", "path": "fewVec.npy", "rowsOf": "few" },
        "states": { "kind": "states", "path": "states.npy", "offsets": "offsets.npy" },
        "grades": { "kind": "scores", "path": "grades.csv", "rowsOf": "pool" },
        "losses": { "kind": "scores", "path": "losses.csv" }
        """;

    private const int PoolRows = 9000, FewRows = 2500, Dim = 32, StatesDim = 64, StateRecords = 20_000, Tokens = 140_000;

    /// <summary>The plans by name.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["clusters"] = Plan("""
            "groups": { "op": "kmeans", "in": "vec", "k": 120, "restarts": 3, "maxIterations": 12 },
            "spread": { "op": "kmq", "clusters": "groups", "quality": "grades", "column": "grade", "budget": 300 },
            "task": { "op": "taskCentre", "in": "vec", "clusters": "groups", "source": ["s1"] },
            "near": { "op": "cosineSample", "in": "vec", "centre": "task", "keep": "mixed", "budget": 3 },
            "some": { "op": "random", "in": "vec", "budget": 50 },
            "even": { "op": "balanced", "in": "pool", "budget": 40 },
            "long": { "op": "filter", "in": "pool", "minCharacters": 40, "notSources": "s2" },
            "all": { "op": "union", "in": ["spread", "near", "some", "even"] }
            """, "spread"),
        ["core"] = Plan("""
            "core": { "op": "kcenter", "in": "vec", "budget": 700 },
            "turn": { "op": "kcenter", "in": "vec", "budget": 300, "metric": "cosine", "start": { "rows": "core" } }
            """, "turn"),
        ["text"] = Plan("""
            "text": { "op": "embed", "in": "pool", "model": { "hashing": { "dim": 64 } } },
            "query": { "op": "embed", "in": "ask", "model": { "hashing": { "dim": 64 } } },
            "fit": { "op": "rds", "in": "text", "queries": { "a": "query", "b": "query" }, "budget": 900, "caps": { "*": 400 } },
            "mean": { "op": "rds", "in": "text", "queries": { "a": "query", "b": "query" }, "budget": 900, "reduce": "normalizedMean" }
            """, "fit"),
        ["states"] = Plan("""
            "pooled": { "op": "pool", "in": "states" },
            "groups": { "op": "kmeans", "in": "pooled", "k": 40, "spherical": true, "init": "random", "maxIterations": 10, "tolerance": 0.001 }
            """, null),
        ["quality"] = Plan("""
            "measure": { "op": "indicators", "in": "few", "which": ["inputLength", "outputLength", "mtld", "knn2"], "embeddings": "fewVec" },
            "law": { "op": "fitQuality", "runs": "losses" },
            "best": { "op": "quality", "in": "measure", "rule": { "intercept": 1.5, "coefficients": { "outputLength": -0.01, "knn2": 0.2 } }, "budget": 120 }
            """, "best"),
    };

    /// <summary>Writes what the plans read, and the plans.</summary>
    public static void Write(Workspace work)
    {
        WriteTexts(work, "pool.jsonl", PoolRows, seed: 1);
        WriteTexts(work, "few.jsonl", FewRows, seed: 2);
        WriteTexts(work, "ask.jsonl", 40, seed: 3);
        work.WriteMatrix("vec.npy", PoolRows, Dim, seed: 4);
        work.WriteMatrix("fewVec.npy", FewRows, Dim, seed: 5);
        work.WriteMatrix("states.npy", Tokens, StatesDim, seed: 6);
        using (FileStream offsets = File.Create(work.At("offsets.npy")))
            NpyWriter.Write(offsets, [.. Enumerable.Range(0, StateRecords + 1).Select(i => (long)i * Tokens / StateRecords)]);
        var random = new RandomStream(7, "scores");
        WriteTable(work, "grades.csv", ["grade"], PoolRows, random);
        WriteTable(work, "losses.csv", ["loss", "mtld", "knn2"], 60, random);
        foreach ((string name, string plan) in All) work.Write($"{name}.json", plan);
    }

    private static string Plan(string steps, string? output)
    {
        string outputs = output is null ? "" : $"\"outputs\": {{ \"train\": {{ \"from\": \"{output}\", \"format\": \"jsonl\", \"path\": \"{output}.jsonl\" }} }},";
        string used = string.Join(",\n", Inputs.Split(",\n").Where(line => steps.Contains($"\"{line.Trim().Split('"')[1]}\"", StringComparison.Ordinal) || NeededBy(line, steps)));
        return $$"""{ "version": 1, "seed": 11, "inputs": { {{used}} }, "steps": { {{steps}} }, {{outputs}} "run": { "checkpoint": "5ms", "onExisting": "resume" } }""";
    }

    /// <summary>Whether an input is the records that another one's rows belong to.</summary>
    private static bool NeededBy(string line, string steps) => line.Trim().Split('"')[1] switch
    {
        "pool" => steps.Contains("\"vec\"", StringComparison.Ordinal) || steps.Contains("\"grades\"", StringComparison.Ordinal),
        "few" => steps.Contains("\"fewVec\"", StringComparison.Ordinal),
        _ => false,
    };

    private static void WriteTexts(Workspace work, string name, int rows, int seed)
    {
        var random = new RandomStream(seed, name);
        var text = new StringBuilder();
        for (int i = 0; i < rows; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{{\"id\": \"{name}-{i}\", \"dataset\": \"s{i % 3}\", \"prompt\": \"{Words(5)}\", \"completion\": \"{Words(3 + (int)random.NextBelow(30))}\"}}\n");
        }

        work.Write(name, text.ToString());

        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => $"w{random.NextBelow(700)}"));
    }

    private static void WriteTable(Workspace work, string name, string[] columns, int rows, RandomStream random)
    {
        var text = new StringBuilder().AppendJoin(',', columns).Append('\n');
        for (int i = 0; i < rows; i++) text.AppendJoin(',', columns.Select(_ => (0.1 + random.NextDouble()).ToString("R", CultureInfo.InvariantCulture))).Append('\n');
        work.Write(name, text.ToString());
    }
}
