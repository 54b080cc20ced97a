using System.Diagnostics;
using System.Globalization;
using Engine.Data;
using Engine.Kernels;
using Engine.Tests.House;

namespace Engine.Tests.Hostile;

/// <summary>Whatever a file's bytes are, a reader gives a value that can be read or an error with exit 4 or 7, in bounded time and memory.</summary>
/// <remarks><c>ENGINE_FUZZ</c> sets how many mutations every reader is given. The corpus lies in <c>corpus/</c>; a find becomes a file there.</remarks>
public sealed class ReaderFuzzTests : IDisposable
{
    private const int DefaultRounds = 2_000;
    private const long MostBytes = 64L << 20;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    private static readonly byte[][] JsonWords = Mutations.Words(
        "{", "}", "[", "]", ",", ":", "null", "true", "-", "e400", "\\u0000", "\\ud800", "\\udc00", "\\u0069d", "\"id\":", "\"text\":\"\"", "\"messages\":[", "\"content\":[{\"text\":", "\"role\"", "\"s\":1", "[[[[[[[[", "{\"a\":", "}\n{");

    private static readonly byte[][] NpyWords = Mutations.Words(
        "'descr'", "'shape'", "'fortran_order'", "True", "False", "(", ")", ",", ":", "{", "}", "'<f4'", "'>f8'", "'|O'", "'<f2'", "'|i1'", "-", "L", "1e9", "\\x41", "0, ", "9223372036854775807", "__import__('os')", "\u0093NUMPY");

    private static readonly byte[][] SafetensorsWords = Mutations.Words(
        "{", "}", "[", "]", ",", ":", "\"dtype\":", "\"F32\"", "\"F16\"", "\"BF16\"", "\"F64\"", "\"I8\"", "\"shape\":[", "\"data_offsets\":[", "\"__metadata__\":{", "\"a\":", "0,", "18446744073709551615", "-1", "1.5");

    private static readonly byte[][] CsvWords = Mutations.Words(",", "\"", "\"\"", "\r\n", "\n\n", "nan", "inf", "1e999", "-", ".", "id", "score", ";", "\t", "1,5");

    // One file is written again and again: in memory where there is such a place, so that a disk does not set the pace.
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"engine-fuzz-{Guid.NewGuid():N}")).FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Records() => Fuzz("records", "*.jsonl", JsonWords, (path, round, files) =>
    {
        using Records records = RecordsFile.Open(new RecordsInput("pool", [path], "x") { Id = round % 2 == 0 ? "id" : null, Source = round % 3 == 0 ? "meta.source" : null, PieceBytes = 1 + round % 97 }, files, Pass.Unwatched);
        for (long row = 0; row < records.Rows; row++)
        {
            Assert.NotEmpty(records.Conversation(row).Turns);
            Assert.Equal(row, records.RowOf(records.Id(row)));
        }
    });

    [Fact]
    public void Npy() => Fuzz("npy", "*.npy", NpyWords, ReadMatrix);

    [Fact]
    public void Safetensors() => Fuzz("safetensors", "*.safetensors", SafetensorsWords, ReadMatrix);

    [Theory]
    [InlineData("*.fbin")]
    [InlineData("*.u8bin")]
    [InlineData("*.i8bin")]
    public void Counted_rows(string pattern) => Fuzz("counted", pattern, [[1], [0, 0, 0, 0], [2, 0, 0, 0]], ReadMatrix);

    [Fact]
    public void Csv_scores() => Fuzz("scores", "*.csv", CsvWords, ReadScores);

    [Fact]
    public void Jsonl_scores() => Fuzz("scores", "*.jsonl", JsonWords, ReadScores);

    [Fact]
    public void Npy_scores() => Fuzz("npy", "*.npy", NpyWords, ReadScores);

    [Fact]
    public void Offsets()
    {
        string values = Path.Combine(_folder, "values.npy");
        File.Copy(Repository.PathOf("tests", "Engine.Tests", "Hostile", "corpus", "npy", "f4.npy"), values);
        Fuzz("npy", "*.npy", NpyWords, (path, round, files) =>
        {
            using TokenStates states = StatesFile.Open(new StatesInput(new EmbeddingsInput("h", [values], "h"), path, "x"), files);
            Assert.Equal(2, states.Offsets.Span[^1]);
        });
    }

    private static void ReadMatrix(string path, int round, InputFiles files)
    {
        using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "x"), files);
        float[] row = new float[embeddings.Dim];
        for (long i = 0; i < embeddings.Rows; i++) embeddings.Matrix.CopyRow(i, row);
    }

    private static void ReadScores(string path, int round, InputFiles files)
    {
        ScoreTable scores = ScoresFile.Open(new ScoresInput("s", [path], "x") { Column = round % 4 == 0 ? "s" : null }, null, files, Pass.Unwatched);
        Assert.NotEmpty(scores.Columns);
        Assert.All(scores.Columns.Values, column => Assert.All(column, value => Assert.True(double.IsFinite(value))));
    }

    private void Fuzz(string family, string pattern, byte[][] words, Action<string, int, InputFiles> read)
    {
        string[] names = [.. Directory.GetFiles(Repository.PathOf("tests", "Engine.Tests", "Hostile", "corpus", family), pattern).Order(StringComparer.Ordinal)];
        byte[][] corpus = [.. names.Select(File.ReadAllBytes)];
        var random = new Random(7_919);
        var mutations = new Mutations(words, random);
        string path = Path.Combine(_folder, $"x{Path.GetExtension(pattern)}");
        int rounds = Rounds(), refused = 0;
        for (int round = -names.Length; round < rounds; round++)
        {
            int parent = (round + names.Length) % names.Length;
            byte[] bytes = round < 0 ? corpus[parent] : mutations.Of(corpus[parent], corpus[random.Next(corpus.Length)]);
            File.WriteAllBytes(path, bytes);
            if (!Survives(path, Math.Max(round, 0), bytes, read)) refused++;
        }

        Assert.InRange(refused, rounds / 10, rounds + names.Length);
    }

    private static bool Survives(string path, int round, byte[] bytes, Action<string, int, InputFiles> read)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long clock = Stopwatch.GetTimestamp();
        bool accepted = true;
        try
        {
            using InputFiles files = new();
            read(path, round, files);
        }
        catch (EngineException refused)
        {
            accepted = false;
            Assert.True(refused.Exit is ExitCode.Input or ExitCode.Io, Describe($"{refused.Errors[0]}"));
            Assert.All(refused.Errors, error => Assert.True(error.File is not null && error.Message.Length > 0, Describe(error.ToString())));
        }
        catch (Exception escaped) when (escaped is not Xunit.Sdk.XunitException)
        {
            Assert.Fail(Describe(escaped.ToString()));
        }

        // A busy machine gets a second look before a file counts as slow.
        TimeSpan elapsed = Stopwatch.GetElapsedTime(clock);
        Assert.True(elapsed < MostTime || Again(path, round, read) < MostTime, Describe($"It took {elapsed}."));
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.True(allocated < MostBytes, Describe($"It allocated {allocated} bytes."));
        return accepted;

        string Describe(string what) => string.Create(CultureInfo.InvariantCulture, $"Round {round}: {what}\nThe file in base 64: {Convert.ToBase64String(bytes)}");
    }

    private static TimeSpan Again(string path, int round, Action<string, int, InputFiles> read)
    {
        long clock = Stopwatch.GetTimestamp();
        try
        {
            using InputFiles files = new();
            read(path, round, files);
        }
        catch (EngineException refused)
        {
            Assert.NotEmpty(refused.Errors);
        }

        return Stopwatch.GetElapsedTime(clock);
    }

    private static int Rounds() => int.TryParse(Environment.GetEnvironmentVariable("ENGINE_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) ? rounds : DefaultRounds;
}
