using System.Text;
using Engine.Data;
using Engine.Data.Jsonl;
using Engine.Runs;
using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>Whatever stands in what a run keeps for its resume, it is used, passed over, or refused with exit 10; never a crash, and never a file elsewhere.</summary>
public sealed class CheckpointFuzzTests
{
    private static readonly ExitCode[] Refusals = [ExitCode.Checkpoint, ExitCode.Io];

    private static readonly byte[][] Words = Mutations.Words(
        "{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e400", "\"\"", "\\u0000", "\\ud800", "../", "/", "\"step\":", "\"key\":", "\"files\":[", "\"path\":", "\"bytes\":", "\"sha256\":", "\"modified\":",
        "\"value\":{", "\"kind\":\"Selection\"", "\"pool\":null", "\"of\":", "\"poolRows\":", "\"facts\":{", "\"a\":1,\"a\":2", "9223372036854775808", "\"old\":[", "\"outside\":[", "\"staged\":", "manifest.json", "\"identity\":", "\"given\":", "\n");

    private static readonly Lazy<Kept> Good = new(Kept.Make);

    [Fact]
    public void Journal() => Fuzz(Good.Value.Journal, staging => staging.Journal, staging =>
    {
        IReadOnlyDictionary<string, JournalEntry> entries = Checkpoint.Entries(staging);
        if (entries.Count < 2) throw Lost(staging.Journal);
        foreach (JournalEntry entry in entries.Values)
        {
            Checkpoint.IsIntact(staging, entry);

            // What is taken over is written again and must read as the same.
            byte[] line = entry.ToLine();
            if (CheckedLine.Read(line.AsMemory(0, line.Length - 1), JournalEntry.Parse) is not { } again || !again.ToLine().AsSpan().SequenceEqual(line)) Assert.Fail("An entry reads differently the second time.");
        }
    });

    [Fact]
    public void Publication() => Fuzz(Good.Value.Publishing, staging => staging.Publishing, staging =>
    {
        if (global::Engine.Runs.Publication.Read(staging) is not { } found) return;
        foreach (PublishedFile file in found.Files)
        {
            if (!Path.GetFullPath(file.Target).StartsWith(staging.RunFolder + "/", StringComparison.Ordinal) || !Path.GetFullPath(file.Staged).StartsWith(staging.Folder + "/", StringComparison.Ordinal)) Assert.Fail($"{file} leads elsewhere.");
        }

        found.Verify();
    });

    [Fact]
    public void Plan() => Fuzz(Good.Value.Plan, staging => Path.Combine(staging.Folder, "plan.json"), staging => staging.ReadPlan()?.Reopen(staging.RunFolder), share: 10, ExitCode.Plan);

    [Fact]
    public void Outside() => Fuzz(Good.Value.Outside, staging => Path.Combine(staging.Folder, "outside"), staging =>
    {
        if (CheckedLine.ReadAll(Path.Combine(staging.Folder, "outside"), line => CheckedLine.Text(line, "path")) is not [{ } path]) throw Lost(staging.Folder);
        _ = AtomicFile.IsTemporaryName(Path.GetFileName(path)) && File.Exists(path);
    }, share: 10);

    [Fact]
    public void Manifest() => Fuzz(Good.Value.Manifest, staging => Path.Combine(staging.RunFolder, "manifest.json"), staging =>
    {
        ManifestSummary summary = ManifestSummary.Read(Path.Combine(staging.RunFolder, "manifest.json"));
        if (summary.Files.Any(f => Path.IsPathRooted(f) || f.Contains("..", StringComparison.Ordinal) && Path.GetFullPath(Path.Combine(staging.RunFolder, f)).StartsWith(staging.RunFolder + "/", StringComparison.Ordinal) is false)) Assert.Fail("A file leads elsewhere.");
    }, share: 10);

    [Theory]
    [InlineData("groups", "kmeans.json")]
    [InlineData("groups", "assignments.npy")]
    [InlineData("groups", "centroids.npy")]
    [InlineData("pick", "indices.npy")]
    [InlineData("pick", "selection.csv")]
    public void Values(string step, string file)
    {
        Kept kept = Good.Value;
        Fuzzer.Run([kept.Files[$"steps/{step}/{file}"]], Mutations.Words(",", "\"", "\n", "-", "1e999", "{", "}", "(", ")", "rank", "score", "radius", "null", "99999999999"), () => new StepReader(kept, step, file), Refusals, share: 10);
    }

    /// <summary>What is passed over counts as a refusal.</summary>
    private static EngineException Lost(string path) => new(new EngineError(ExitCode.Checkpoint, "DAMAGED", "passed over", path));

    private static void Fuzz(byte[] good, Func<Staging, string> place, Action<Staging> read, int share = 1, params ExitCode[] more) =>
        Fuzzer.Run([good], Words, () => new StagingReader(place, read), [.. Refusals, .. more], share, Mend);

    /// <summary>Gives every line the checksum of what it holds now.</summary>
    private static byte[] Mend(byte[] bytes)
    {
        List<byte> mended = [];
        foreach (byte[] line in Split(bytes))
        {
            byte[] rest = line.Length > 9 ? line[9..] : line;
            mended.AddRange(Encoding.ASCII.GetBytes($"{Crc32.Append(0, rest):x8} "));
            mended.AddRange(rest);
            mended.Add((byte)'\n');
        }

        return [.. mended];
    }

    private static IEnumerable<byte[]> Split(byte[] bytes)
    {
        for (int from = 0; from < bytes.Length;)
        {
            int end = Array.IndexOf(bytes, (byte)'\n', from);
            if (end < 0) end = bytes.Length;
            yield return bytes[from..end];
            from = end + 1;
        }
    }

    /// <summary>What a real run keeps.</summary>
    private sealed record Kept(byte[] Plan, byte[] Journal, byte[] Publishing, byte[] Outside, byte[] Manifest, Dictionary<string, byte[]> Files)
    {
        public static Kept Make()
        {
            using var work = new Workspace();
            work.WriteRecords("pool.jsonl", 6);
            work.WriteMatrix("vec.npy", 6, 2, seed: 1);
            work.Write("plan.json", """
                { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
                  "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 2 }, "pick": { "op": "kcenter", "in": "vec", "budget": 2 } },
                  "outputs": { "train": { "from": "pick", "format": "jsonl", "path": "train.jsonl" } }, "run": { "dir": "out", "threads": 1 } }
                """);
            Dictionary<string, byte[]> files = [];
            using var stop = new CancellationTokenSource();
            using (var engine = new SelectionEngine(new EngineOptions { Threads = 1 }))
                Assert.Throws<RunStoppedException>(() => engine.Run(SelectionEngine.ReadPlan(work.At("plan.json")), new StopAtTheEnd(stop), stop.Token));
            var staging = new Staging(work.At("out"));
            byte[] journal = File.ReadAllBytes(staging.Journal), plan = File.ReadAllBytes(Path.Combine(staging.Folder, "plan.json"));
            foreach (string file in Directory.EnumerateFiles(staging.PathOf("."), "*", SearchOption.AllDirectories)) files[Path.GetRelativePath(staging.PathOf("."), file)] = File.ReadAllBytes(file);

            string[] names = [.. files.Keys, "manifest.json"];
            string temporary = work.At(".train.jsonl.tmp-0123456789abcdef");
            staging.NoteOutside(temporary);
            new Publication(["steps/old/indices.npy", "manifest.json"], [.. names.Select(f => PublishedFile.Of(staging, f, new string('0', 64)))], [new PublishedFile(temporary, work.At("train.jsonl"), new string('0', 64))]).Write(staging);
            byte[] publishing = File.ReadAllBytes(staging.Publishing), outside = File.ReadAllBytes(Path.Combine(staging.Folder, "outside"));
            Directory.Delete(work.At("out"), recursive: true);
            Assert.Equal(0, work.Run("plan.json").Exit);
            return new Kept(plan, journal, publishing, outside, File.ReadAllBytes(work.At("out", "manifest.json")), files);
        }
    }

    private sealed class StopAtTheEnd(CancellationTokenSource stop) : IProgress<ProgressEvent>
    {
        public void Report(ProgressEvent value)
        {
            if (value is { Step: "pick", State: ProgressState.Finished }) stop.Cancel();
        }
    }

    /// <summary>A run folder whose one file is the fuzzed bytes.</summary>
    private sealed class StagingReader : Fuzzer.IReader
    {
        private readonly string _folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"engine-fuzz-{Guid.NewGuid():N}");
        private readonly Staging _staging;
        private readonly string _path;
        private readonly Action<Staging> _read;

        public StagingReader(Func<Staging, string> place, Action<Staging> read)
        {
            _staging = new Staging(_folder);
            Directory.CreateDirectory(_staging.Folder);
            (_path, _read) = (place(_staging), read);
        }

        public void Read(byte[] bytes, int round)
        {
            File.WriteAllBytes(_path, bytes);
            _read(_staging);
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A finished step one of whose files is the fuzzed bytes; a value that cannot be read back counts as a refusal.</summary>
    private sealed class StepReader : Fuzzer.IReader
    {
        private readonly string _folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"engine-fuzz-{Guid.NewGuid():N}");
        private readonly string _step;
        private readonly string _path;
        private readonly InputFiles _files = new();
        private readonly ValueStore _values = new();
        private readonly ValueNote _note;

        public StepReader(Kept kept, string step, string file)
        {
            foreach ((string name, byte[] bytes) in kept.Files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, name))!);
                File.WriteAllBytes(Path.Combine(_folder, name), bytes);
            }

            (_step, _path) = (step, Path.Combine(_folder, "steps", step, file));
            _values.Own("vec", EmbeddingsFile.Open(new EmbeddingsInput("vec", [Path.Combine(_folder, "steps", "groups", "centroids.npy")], "vec"), _files));
            _note = step == "groups" ? new ValueNote("Clustering", null, "vec", 0) : new ValueNote("Selection", null, null, 6);
        }

        public void Read(byte[] bytes, int round)
        {
            // The mapped original stays whole: what is fuzzed gets a new inode.
            File.Delete(_path);
            File.WriteAllBytes(_path, bytes);
            using InputFiles files = new();
            using Value? value = new StepValues(name => Path.Combine(_folder, name), _values, files).Read(_step, _note);
            if (value is null) throw Lost(_path);
        }

        public void Dispose()
        {
            _values.Dispose();
            _files.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
