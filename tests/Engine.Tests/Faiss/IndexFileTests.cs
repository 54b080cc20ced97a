using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Indexes;
using Engine.Kernels;
using Engine.Tests.Runs;

namespace Engine.Tests.Faiss;

/// <summary>Index files: made, described, searched, used by plans; bound to their matrix, and given to FAISS only when every byte is what was written.</summary>
public sealed class IndexFileTests : IDisposable
{
    private const int Rows = 600, Dim = 12;

    private readonly Workspace _work = new();
    private readonly float[] _values = ClusteredRows.Make(31, Rows + 30, Dim, 12);

    public IndexFileTests()
    {
        _work.WriteMatrix("pool.npy", _values[..(Rows * Dim)], Dim);
        _work.WriteMatrix("asked.npy", _values[(Rows * Dim)..], Dim);
    }

    public void Dispose() => _work.Dispose();

    [FaissFact]
    public void TheCommandBuildsDescribesAndSearches()
    {
        Outcome built = _work.Engine(["index", "build", "pool.npy", "pool.index", "--index", "IVF8,Flat", "--threads", "2"]);
        Assert.True(built.Exit == 0, built.ToString());
        Assert.Equal("pool.index\n", built.Output);
        Assert.Matches(@"^IVF8,Flat over 600 rows of 12, ", built.Error);

        Outcome info = _work.Engine(["index", "info", "pool.index"], ("ENGINE_FAISS_LIB", "/no/such/library.so"));
        Assert.True(info.Exit == 0, info.ToString());
        Assert.Matches(@"^pool\.index\n  index    IVF8,Flat\n  metric   cosine\n  rows     600\n  dim      12\n  matrix   [0-9a-f]{64}\n  bytes    \d+\n  sha256   [0-9a-f]{64}\n  library  FAISS \d+\.\d+\.\d+", info.Output);
        using JsonDocument json = JsonDocument.Parse(_work.Engine(["index", "info", "pool.index", "--json"]).Output);
        Assert.Equal(600, json.RootElement.GetProperty("rows").GetInt64());

        Outcome search = _work.Engine(["index", "search", "pool.index", "pool.npy", "asked.npy", "--k", "3", "--recall-at-least", "1"]);
        Assert.True(search.Exit == 0, search.ToString());
        Assert.Matches(@"^recall@3 1\.0000, 95 % interval \d\.\d{4} to 1\.0000, measured on 16 queries, nprobe \d+\n$", search.Error);
        string[] lines = search.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(("query,rank,row,cosine", 1 + (30 * 3)), (lines[0], lines.Length));
        using ArrayRows pool = ArrayRows.From(_values.AsMemory(0, Rows * Dim), Dim);
        using IKernels kernels = KernelSets.Best(1);
        double[] norms = new double[Rows];
        kernels.Inspect(pool, norms, Pass.Unwatched);
        RankedRows[] exact = kernels.TopSimilarities(pool, norms, new QueryGroups(_values[(Rows * Dim)..], Dim, [.. Enumerable.Range(0, 31)]), Combination.Each, [], 3, Pass.Unwatched);
        Assert.Equal(exact.SelectMany((list, q) => list.Rows.Select((row, i) => string.Create(CultureInfo.InvariantCulture, $"{q},{i + 1},{row},{list.Scores[i]:R}"))), lines.Skip(1));
        Assert.Equal(["asked.npy", "pool.index", "pool.npy"], _work.Entries());
    }

    [FaissFact]
    public void DistancesAreEuclidean()
    {
        Assert.Equal(0, _work.Engine(["index", "build", "pool.npy", "l2.index", "--metric", "l2"]).Exit);
        Outcome search = _work.Engine(["index", "search", "l2.index", "pool.npy", "pool.npy", "--k", "2"]);
        Assert.True(search.Exit == 0, search.ToString());
        Assert.StartsWith("query,rank,row,distance\n0,1,0,0\n0,2,", search.Output, StringComparison.Ordinal);
    }

    [FaissFact]
    public void ThreadsChangeNoByteOfAFile()
    {
        foreach (string kind in new[] { "IVF8,Flat", "IVF8,SQ8", "HNSW8" })
        {
            for (int threads = 1; threads <= 3; threads++) Build($"t{threads}", kind, threads: threads);
            Assert.Equal(File.ReadAllBytes(_work.At("t1")), File.ReadAllBytes(_work.At("t2")));
            Assert.Equal(File.ReadAllBytes(_work.At("t1")), File.ReadAllBytes(_work.At("t3")));
        }
    }

    [FaissFact]
    public void APlanUsesAFileAgainAndNoticesAnother()
    {
        Build("pool.index", "IVF8,Flat");
        Plan("pool.index");
        Assert.Equal(0, _work.Run("plan.json", "run.dir=exact", "steps.pick={\"op\":\"rds\",\"in\":\"pool\",\"queries\":{\"t\":\"asked\"},\"budget\":50}").Exit);
        foreach (string dir in new[] { "first", "second" })
        {
            Outcome run = _work.Run("plan.json", $"run.dir={dir}");
            Assert.True(run.Exit == 0, run.ToString());
            Assert.Equal(File.ReadAllText(_work.At("exact", "selection.csv")), File.ReadAllText(_work.At(dir, "selection.csv")));
        }

        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(_work.At("first", "manifest.json")));
        Assert.Equal("pool.index", manifest.RootElement.GetProperty("steps").GetProperty("pick").GetProperty("indexFile").GetString());

        // Results are used again while the file is the same, and made anew when it is not.
        Assert.Equal(0, _work.Run("plan.json", "run.dir=first", "run.onExisting=update").Exit);
        Assert.True(Resumed("first"));
        Build("pool.index", "Flat", force: true);
        Assert.Equal(0, _work.Run("plan.json", "run.dir=first", "run.onExisting=update").Exit);
        Assert.False(Resumed("first"));
    }

    [FaissFact]
    public void AnIndexOfOtherVectorsIsRefused()
    {
        Build("pool.index", "Flat");
        Build("l2.index", "Flat", metric: "l2");
        float[] other = _values[..(Rows * Dim)];
        other[7] += 1;
        _work.WriteMatrix("other.npy", other, Dim);
        _work.WriteMatrix("fewer.npy", _values[..(500 * Dim)], Dim);
        _work.WriteMatrix("wider.npy", ClusteredRows.Make(32, Rows, 2 * Dim, 3), 2 * Dim);
        _work.WriteMatrix("wide-asked.npy", [.. Enumerable.Repeat(1f, 2 * Dim)], 2 * Dim);
        Refused("l2.index", "METRIC", "ranks by l2, but cosine is needed");
        Refused("pool.index", "MATRIX", "is of other vectors", "inputs.pool.path=other.npy");
        Refused("pool.index", "ROWS", "has 600 rows, but fewer.npy has 500", "inputs.pool.path=fewer.npy");
        Refused("pool.index", "DIM", "vectors of 12 elements, but those of wider.npy have 24", "inputs.pool.path=wider.npy", "inputs.asked.path=wide-asked.npy");
        Refused("pool.npy", "INDEX", "is no index of the engine's");
        Refused("no-such.index", "MISSING", "engine index build");
    }

    [FaissFact]
    public void ADamagedFileNeverReachesFaiss()
    {
        Build("pool.index", "IVF8,Flat");
        byte[] whole = File.ReadAllBytes(_work.At("pool.index"));
        using InputFiles files = new();
        Random random = new(7);
        int tried = 0;
        foreach (int length in Enumerable.Range(0, 200).Select(i => whole.Length * i / 200))
        {
            Damaged(whole[..length]);
            tried++;
        }

        for (int i = 0; i < 400; i++)
        {
            byte[] flipped = [.. whole];
            flipped[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            Damaged(flipped);
            tried++;
        }

        Damaged([.. whole, 0]);
        Damaged([0, .. whole]);
        Assert.Equal(600, tried);

        void Damaged(byte[] bytes)
        {
            File.WriteAllBytes(_work.At("damaged"), bytes);
            using InputFile file = InputFile.Open(_work.At("damaged"), "damaged");
            EngineException refused = Assert.Throws<EngineException>(() => IndexTrailer.Read(file).Verify(file, Pass.Unwatched));
            Assert.Equal(ExitCode.Input, refused.Exit);
        }
    }

    [FaissFact]
    public void WhatIsNotFaisssOwnIsRefusedThoughItsHashIsRight()
    {
        byte[] nonsense = Encoding.ASCII.GetBytes("IxFInonsense that is no index at all");
        IndexTrailer trailer = new("Flat", IndexMetric.Cosine, Rows, Dim, "00", nonsense.Length, Convert.ToHexStringLower(SHA256.HashData(nonsense)), "1.7.3");
        File.WriteAllBytes(_work.At("nonsense"), [.. nonsense, .. trailer.ToBytes()]);
        using InputFile file = InputFile.Open(_work.At("nonsense"), "nonsense");
        EngineException refused = Assert.Throws<EngineException>(() => IndexFile.Open(file, IndexTrailer.Read(file), Pass.Unwatched));
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Contains("cannot read the index", refused.Message, StringComparison.Ordinal);

        // A description that another version wrote is told apart from a damaged one.
        byte[] text = Encoding.UTF8.GetBytes("""{"version":2}"""), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(_work.At("newer"), [.. text, .. length, .. SHA256.HashData(text), .. "ENGINDX1"u8]);
        using InputFile newer = InputFile.Open(_work.At("newer"), "newer");
        Assert.Equal("VERSION", Assert.Throws<EngineException>(() => IndexTrailer.Read(newer)).Errors[0].Code);
    }

    [FaissFact]
    public void BuildingRefusesWhatItCannotDo()
    {
        Build("pool.index", "Flat");
        string[] before = _work.Entries();
        Command(6, "EXISTS", "index", "build", "pool.npy", "pool.index");
        Command(2, "OUTPUT", "index", "build", "pool.npy", "pool.npy", "--force");
        Command(7, "NOT_A_FILE", "index", "build", "pool.npy", ".");
        Command(7, "IO", "index", "build", "pool.npy", "no/such/folder/a.index");
        Command(4, "MISSING", "index", "build", "none.npy", "a.index");
        Command(9, "FAISS", "index", "build", "pool.npy", "a.index", "--index", "NoSuchKind");
        Command(8, "MEMORY", "index", "build", "pool.npy", "a.index", "--index-memory", "1KiB");
        Command(2, "USAGE", "index", "build", "pool.npy", "a.index", "--metric", "l3");
        Command(4, "DEPTH", "index", "search", "pool.index", "pool.npy", "asked.npy", "--k", "601");
        Command(2, "USAGE", "index", "search", "pool.index", "pool.npy", "asked.npy", "--k", "0");
        Command(4, "INDEX", "index", "info", "pool.npy");
        Assert.Equal(before, _work.Entries());
    }

    [Fact]
    public void TheHashIsOfTheValuesAndTheirShape()
    {
        Half[] halves = [.. Enumerable.Range(0, 60).Select(i => (Half)(i / 8.0))];
        float[] floats = Array.ConvertAll(halves, half => (float)half);
        using ArrayRows a = ArrayRows.From(floats, 6), b = ArrayRows.From(halves, 6), c = ArrayRows.From(floats, 10);
        string hash = MatrixHash.Of(a, Pass.Unwatched);
        Assert.Equal(hash, MatrixHash.Of(b, Pass.Unwatched));
        Assert.NotEqual(hash, MatrixHash.Of(c, Pass.Unwatched));
        byte[] written = new byte[16 + (4 * floats.Length)];
        BinaryPrimitives.WriteInt64LittleEndian(written, 10);
        BinaryPrimitives.WriteInt64LittleEndian(written.AsSpan(8), 6);
        for (int i = 0; i < floats.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(written.AsSpan(16 + (4 * i)), floats[i]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(written)), hash);
    }

    private void Build(string name, string kind, string metric = "cosine", bool force = false, int threads = 1)
    {
        IndexConstruction construction = new(new EmbeddingsInput("in", [_work.At("pool.npy")], "pool.npy"), _work.At(name), name)
        {
            Index = kind,
            Metric = metric == "l2" ? IndexMetric.L2 : IndexMetric.Cosine,
            Force = force || File.Exists(_work.At(name)),
            Threads = threads,
        };
        Assert.Equal(kind, construction.Run(default).Trailer.Factory);
    }

    private void Plan(string file) => _work.Write("plan.json", $$"""
        { "version": 1,
          "inputs": { "pool": { "kind": "embeddings", "path": "pool.npy" }, "asked": { "kind": "embeddings", "path": "asked.npy" } },
          "steps": { "pick": { "op": "rds", "in": "pool", "queries": { "t": "asked" }, "budget": 50, "search": "faiss", "indexFile": "{{file}}", "recallAtLeast": 1 } },
          "run": { "dir": "out" } }
        """);

    private void Refused(string file, string code, string text, params string[] overrides)
    {
        Plan(file);
        Outcome run = _work.Run("plan.json", overrides);
        Assert.True(run.Exit == 4, run.ToString());
        Assert.Contains($"{file}: error {code}: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(text, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_work.At("out")));
    }

    private void Command(int exit, string code, params string[] words)
    {
        Outcome run = _work.Engine(words);
        Assert.True(run.Exit == exit && run.Error.Contains($"error {code}: ", StringComparison.Ordinal), $"{string.Join(' ', words)}: {run}");
        Assert.Empty(run.Output);
    }

    private bool Resumed(string folder)
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(_work.At(folder, "manifest.json")));
        return manifest.RootElement.GetProperty("steps").GetProperty("pick").TryGetProperty("resumed", out _);
    }
}
