using System.Globalization;
using System.Runtime.InteropServices;
using Engine.Data.Matrices;
using Engine.Kernels;
using Engine.Tests.Data;

namespace Engine.Tests.Runs;

/// <summary>One matrix in four formats: the files of every step are the same to the byte.</summary>
public sealed class SameMatrixTests : IDisposable
{
    private const int Rows = 700;
    private const int Dim = 24;

    private readonly Workspace _work = new();

    public SameMatrixTests()
    {
        (float[] pool, float[] queries) = (Draw(Rows, seed: 3), Draw(9, seed: 4));
        foreach ((string name, float[] values) in (ReadOnlySpan<(string, float[])>)[("pool", pool), ("queries", queries)])
        {
            _work.WriteMatrix($"{name}.npy", values, Dim);
            byte[] bytes = MemoryMarshal.AsBytes<float>(values).ToArray();
            File.WriteAllBytes(_work.At($"{name}.fbin"), [.. BitConverter.GetBytes(values.Length / Dim), .. BitConverter.GetBytes(Dim), .. bytes]);
            using FileStream stream = File.Create(_work.At($"{name}.safetensors"));
            SafetensorsWriter.BeginMatrix(stream, "m", values.Length / Dim, Dim, ElementType.Float32);
            stream.Write(bytes);
        }
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void Npy_safetensors_and_fbin_choose_the_same()
    {
        SortedDictionary<string, string> expected = Steps("npy");
        Assert.Contains("core/indices.npy", expected.Keys);
        Assert.Contains("serve/indices.npy", expected.Keys);
        Assert.Contains("groups/assignments.npy", expected.Keys);
        Assert.Equal(expected, Steps("safetensors"));
        Assert.Equal(expected, Steps("fbin"));
    }

    [DuckDbFact]
    public void Parquet_chooses_the_same()
    {
        foreach (string name in (string[])["pool", "queries"])
        {
            using FileStream stream = File.OpenRead(_work.At($"{name}.fbin"));
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8));
            List<string> rows = [];
            for (int row = 0; row < values.Length / Dim; row++) rows.Add($"({row}, [{string.Join(", ", values.Slice(row * Dim, Dim).ToArray().Select(v => $"'{v.ToString("R", CultureInfo.InvariantCulture)}'"))}]::FLOAT[])");
            DuckDbFiles.Write(_work.At($"{name}.parquet"), $"SELECT id, v FROM (VALUES {string.Join(", ", rows)}) t(id, v) ORDER BY id", "ROW_GROUP_SIZE 256");
        }

        Assert.Equal(Steps("npy"), Steps("parquet"));
    }

    private SortedDictionary<string, string> Steps(string format)
    {
        _work.Write("plan.json", $$"""
            { "version": 1, "seed": 5,
              "inputs": { "pool": { "kind": "embeddings", "path": "pool.{{format}}" }, "q": { "kind": "embeddings", "path": "queries.{{format}}" } },
              "steps": {
                "groups": { "op": "kmeans", "in": "pool", "k": 8 },
                "core": { "op": "kcenter", "in": "pool", "budget": 25 },
                "serve": { "op": "rds", "in": "pool", "queries": { "task": "q" }, "budget": 40 } },
              "run": { "dir": "{{format}}" } }
            """);
        Outcome run = _work.Run("plan.json");
        Assert.True(run.Exit == 0, run.ToString());
        return _work.Hashes($"{format}/steps");
    }

    private static float[] Draw(int rows, int seed)
    {
        var random = new RandomStream(seed, "matrix");
        float[] values = new float[rows * Dim];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(random.NextDouble() * 2 - 1);
        return values;
    }
}
