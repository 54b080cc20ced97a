using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Engine.Data;
using Engine.Kernels;
using Engine.Plans;
using Engine.Runs;
using Engine.Steps;
using Engine.Tests.Runs;
using Crc32 = Engine.Data.Jsonl.Crc32;

namespace Engine.Tests.Hostile;

/// <summary>Whatever stands in the position of a step, in the rankings it kept or in the manifest of a finished run, it is used or refused with a place; never a crash.</summary>
public sealed class ResultFuzzTests
{
    private const string Key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const int Header = 60;

    private static readonly ExitCode[] Refusals = [ExitCode.Checkpoint, ExitCode.Input, ExitCode.InputChanged, ExitCode.Io, ExitCode.Plan];

    private static readonly byte[][] Words = Mutations.Words(
        "{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e400", "\"\"", "\\u0000", "\\ud800", "../", "/", "\"op\":", "\"key\":", "\"files\":{", "\"path\":", "\"bytes\":", "\"sha256\":", "\"value\":{",
        "\"kind\":\"Selection\"", "\"plan\":{", "\"resolved\":{", "\"steps\":{", "\"inputs\":{", "\"folder\":\"/\"", "\"given\":\"{}\"", "\"overrides\":[", "\"selection\":\"fit\"", "9223372036854775808");

    private static readonly Lazy<Finished> Good = new(Finished.Make);

    [Fact]
    public void Positions()
    {
        byte[][] good = [.. new[] { Record(PositionFormats.KMeans, new(1, 3, null, null, null)), Record(PositionFormats.Matrix, new(new MatrixPart(3, 99, Key), 5, 7)) }, .. Good.Value.Positions];
        Fuzzer.Run(good, Mutations.Words("ENGTILE\n", "\0\0\0\0\0\0\0\0"), () => new FileReader("", (path, _, _) =>
        {
            if (TileFile.Sequence(path, Key) is null) throw Lost(path);
            TileFile.Read(path, PositionFormats.KMeans.Read);
            TileFile.Read(path, PositionFormats.KCenter.Read);
            TileFile.Read(path, PositionFormats.Rds.Read);
            TileFile.Read(path, PositionFormats.Indicators.Read);
            TileFile.Read(path, PositionFormats.Matrix.Read);
        }), Refusals, mend: Mend);
    }

    [Theory]
    [InlineData("rankings.npy")]
    [InlineData("rankingScores.npy")]
    [InlineData("rankingQueries.npy")]
    [InlineData("indices.npy")]
    public void Rankings(string file)
    {
        Finished finished = Good.Value;
        Fuzzer.Run([finished.Files[$"steps/fit/{file}"]], Mutations.Words("(", ")", ",", "True", "'<f8'", "'<i4'", "'>i4'", "'shape'", "9999999999", "0"), () => finished.Reader($"steps/fit/{file}", run =>
        {
            RankingFiles.Read(run, "fit");
            run.RowsOf("fit");
        }), Refusals, share: 4);
    }

    [Fact]
    public void Manifest()
    {
        Finished finished = Good.Value;
        Fuzzer.Run([finished.Files["manifest.json"]], Words, () => finished.Reader("manifest.json", run =>
        {
            foreach (string step in run.Steps)
            {
                _ = (run.OpOf(step), run.Arguments(step), run.Note(step), run.RowsOf(step), run.SelectionStep);
                if (RankingFiles.Exist(run, step)) RankingFiles.Read(run, step);
            }

            Plan plan = run.ReadPlan();
            using InputFiles files = new();
            foreach (PlanInput input in plan.Inputs) run.OpenInput(plan, input.Name, [], files, new Pass()).Value.Dispose();
        }), Refusals, share: 2);
    }

    private static EngineException Lost(string path) => new(new EngineError(ExitCode.Checkpoint, "DAMAGED", "passed over", path));

    private static byte[] Record<T>(PositionFormat<T> format, T position)
        where T : class
    {
        string path = Path.GetTempFileName();
        try
        {
            TileFile.Write(path, Key, 1, writer => format.Write(writer, position));
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Gives a position the header and checksum of what it holds now.</summary>
    private static byte[] Mend(byte[] bytes)
    {
        if (bytes.Length < Header + 4) return bytes;
        byte[] mended = [.. bytes];
        "ENGTILE\n"u8.CopyTo(mended);
        BinaryPrimitives.WriteInt32LittleEndian(mended.AsSpan(8), PositionFormats.Version);
        Convert.FromHexString(Key).CopyTo(mended, 12);
        BinaryPrimitives.WriteInt64LittleEndian(mended.AsSpan(52), mended.Length - Header - 4);
        BinaryPrimitives.WriteUInt32LittleEndian(mended.AsSpan(mended.Length - 4), Crc32.Append(Crc32.Append(0, mended.AsSpan(Header, mended.Length - Header - 4)), mended.AsSpan(0, Header)));
        return mended;
    }

    /// <summary>What a real run leaves, and the positions of one that was stopped.</summary>
    private sealed record Finished(IReadOnlyDictionary<string, byte[]> Files, byte[][] Positions)
    {
        public static Finished Make()
        {
            using var work = new Workspace();
            work.WriteMatrix("vec.npy", 300, 3, seed: 1);
            work.WriteMatrix("ask.npy", 2, 3, seed: 2);
            work.Write("plan.json", """
                { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" }, "ask": { "kind": "embeddings", "path": "ask.npy" } },
                  "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 3, "maxIterations": 40 }, "fit": { "op": "rds", "in": "vec", "queries": { "a": "ask" }, "budget": 4, "keepRankings": 8 } },
                  "run": { "dir": "out", "threads": 1, "checkpoint": "1ms" } }
                """);
            using var stop = new CancellationTokenSource();
            using (var engine = new SelectionEngine(new EngineOptions { Threads = 1 }))
                Assert.Throws<RunStoppedException>(() => engine.Run(SelectionEngine.ReadPlan(work.At("plan.json")), new StopWithin("groups", stop), stop.Token));
            byte[][] positions = [.. Directory.EnumerateFiles(work.At("out", ".staging", "tiles"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Select(Mend)];
            Assert.NotEmpty(positions);
            Outcome run = work.Run("plan.json", "run.onExisting=replace");
            Assert.True(run.Exit == 0, run.ToString());
            return new Finished(Directory.EnumerateFiles(work.At("out"), "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(work.At("out"), f), File.ReadAllBytes), positions);
        }

        public RunReader Reader(string file, Action<FinishedRun> read) => new RunReader(Files, file, read);
    }

    private sealed class StopWithin(string step, CancellationTokenSource stop) : IProgress<ProgressEvent>
    {
        private int _left = 5;

        public void Report(ProgressEvent value)
        {
            if (value.Step == step && value.State == ProgressState.Working && --_left == 0) stop.Cancel();
        }
    }

    /// <summary>A finished run one of whose files is the fuzzed bytes; the manifest says that they are what was written, or the hash alone would answer.</summary>
    private sealed class RunReader : Fuzzer.IReader
    {
        private readonly string _folder = Path.Combine(Workspace.InMemory, $"engine-fuzz-{Guid.NewGuid():N}");
        private readonly string _file;
        private readonly JsonNode _manifest;
        private readonly Action<FinishedRun> _read;

        public RunReader(IReadOnlyDictionary<string, byte[]> files, string file, Action<FinishedRun> read)
        {
            foreach ((string name, byte[] bytes) in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, name))!);
                File.WriteAllBytes(Path.Combine(_folder, name), bytes);
            }

            (_file, _read, _manifest) = (file, read, JsonNode.Parse(files["manifest.json"])!);
        }

        public void Read(byte[] bytes, int round)
        {
            File.WriteAllBytes(Path.Combine(_folder, _file), bytes);
            if (_file != "manifest.json")
            {
                _manifest["files"]![_file]!["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes));
                File.WriteAllText(Path.Combine(_folder, "manifest.json"), _manifest.ToJsonString(), new UTF8Encoding(false));
            }

            using FinishedRun run = FinishedRun.Open(_folder);
            _read(run);
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
