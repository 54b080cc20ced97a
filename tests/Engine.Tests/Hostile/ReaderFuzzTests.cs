using Engine.Data;
using Engine.Kernels;
using Engine.Tests.Data;
using Engine.Tests.House;

namespace Engine.Tests.Hostile;

/// <summary>Whatever a file's bytes are, a reader gives a value that can be read or an error with exit 4 or 7, in bounded time and memory.</summary>
/// <remarks>The corpus lies in <c>corpus/</c>; a find becomes a file there.</remarks>
public sealed class ReaderFuzzTests
{
    private static readonly ExitCode[] Refusals = [ExitCode.Input, ExitCode.Io];

    private static readonly byte[][] JsonWords = Mutations.Words(
        "{", "}", "[", "]", ",", ":", "null", "true", "-", "e400", "\\u0000", "\\ud800", "\\udc00", "\\u0069d", "\"id\":", "\"text\":\"\"", "\"messages\":[", "\"content\":[{\"text\":", "\"role\"", "\"s\":1", "[[[[[[[[", "{\"a\":", "}\n{");

    private static readonly byte[][] NpyWords = Mutations.Words(
        "'descr'", "'shape'", "'fortran_order'", "True", "False", "(", ")", ",", ":", "{", "}", "'<f4'", "'>f8'", "'|O'", "'<f2'", "'|i1'", "-", "L", "1e9", "\\x41", "0, ", "9223372036854775807", "__import__('os')", "\u0093NUMPY");

    private static readonly byte[][] SafetensorsWords = Mutations.Words(
        "{", "}", "[", "]", ",", ":", "\"dtype\":", "\"F32\"", "\"F16\"", "\"BF16\"", "\"F64\"", "\"I8\"", "\"shape\":[", "\"data_offsets\":[", "\"__metadata__\":{", "\"a\":", "0,", "18446744073709551615", "-1", "1.5");

    private static readonly byte[][] CsvWords = Mutations.Words(",", "\"", "\"\"", "\r\n", "\n\n", "nan", "inf", "1e999", "-", ".", "id", "score", ";", "\t", "1,5");

    // Member and frame beginnings, block kinds, lengths that lie, a skippable frame, a window of 2 GiB.
    private static readonly byte[][] PackedWords =
    [
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], [0x1f, 0x8b, 8, 0x1c], [1, 0, 0, 0xff, 0xff], [3, 0], [0, 0, 0xff, 0xff],
        [0x28, 0xb5, 0x2f, 0xfd], [0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8], [0x53, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff], [0x53, 0x2a, 0x4d, 0x18, 0, 0, 0, 0], [1, 0, 0], [0xfb, 0xff, 0xff, 0x61],
    ];

    [Fact]
    public void Records() => Fuzz("records", "*.jsonl", JsonWords, ReadRecords);

    [Fact]
    public void Gzip_records() => Fuzz("packed", "*.gz", PackedWords, ReadRecords);

    [ZstdFact]
    public void Zstd_records() => Fuzz("packed", "*.zst", PackedWords, ReadRecords);

    [Fact]
    public void Npy() => Fuzz("npy", "*.npy", NpyWords, ReadMatrix);

    [Fact]
    public void Safetensors() => Fuzz("safetensors", "*.safetensors", SafetensorsWords, ReadMatrix);

    [Theory]
    [InlineData("*.fbin")]
    [InlineData("*.u8bin")]
    [InlineData("*.i8bin")]
    public void Counted_rows(string pattern) => Fuzz("counted", pattern, [[1], [0, 0, 0, 0], [2, 0, 0, 0]], ReadMatrix, pattern == "*.fbin" ? 1 : 10);

    [Fact]
    public void Csv_scores() => Fuzz("scores", "*.csv", CsvWords, ReadScores);

    [Fact]
    public void Jsonl_scores() => Fuzz("scores", "*.jsonl", JsonWords, ReadScores, share: 10);

    [Fact]
    public void Npy_scores() => Fuzz("npy", "*.npy", NpyWords, ReadScores, share: 10);

    [Fact]
    public void Offsets()
    {
        string values = Repository.PathOf("tests", "Engine.Tests", "Hostile", "corpus", "npy", "f4.npy");
        Fuzz("npy", "*.npy", NpyWords, (path, round, files) =>
        {
            using TokenStates states = StatesFile.Open(new StatesInput(new EmbeddingsInput("h", [values], "h"), path, "x"), files);
            Assert.Equal(2, states.Offsets.Span[^1]);
        }, share: 10);
    }

    private static void ReadRecords(string path, int round, InputFiles files)
    {
        using Records records = RecordsFile.Open(new RecordsInput("pool", [path], "x") { Id = round % 2 == 0 ? "id" : null, Source = round % 3 == 0 ? "meta.source" : null, PieceBytes = 1 + round % 97 }, files, Pass.Unwatched);
        for (long row = 0; row < records.Rows; row++)
        {
            if (records.Conversation(row).Turns.Count == 0 || records.RowOf(records.Id(row)) != row) Assert.Fail($"Row {row} is not what its id says.");
        }
    }

    /// <summary>What our own code reads of Parquet: everything that decides whether the library may see the file.</summary>
    [Fact]
    public void Parquet_footers() => Fuzz("parquet", "*.parquet", [[0x19], [0x1c], [0x15], [0xf5, 0xff, 0xff, 0xff, 0x0f], "PAR1"u8.ToArray(), [0]], (path, round, files) =>
        Assert.NotEmpty(FileInspection.Inspect(path, "x", default).Facts));

    private static void ReadMatrix(string path, int round, InputFiles files)
    {
        using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "x"), files);
        float[] row = new float[embeddings.Dim];
        for (long i = 0; i < embeddings.Rows; i++) embeddings.Matrix.CopyRow(i, row);
    }

    private static void ReadScores(string path, int round, InputFiles files)
    {
        ScoreTable scores = ScoresFile.Open(new ScoresInput("s", [path], "x") { Column = round % 4 == 0 ? "s" : null }, null, files, Pass.Unwatched);
        if (scores.Columns.Count == 0 || scores.Columns.Values.Any(column => column.Any(value => !double.IsFinite(value)))) Assert.Fail("A score is not finite.");
    }

    private static void Fuzz(string family, string pattern, byte[][] words, Action<string, int, InputFiles> read, int share = 1)
    {
        string extension = family == "packed" ? ".jsonl" + Path.GetExtension(pattern) : Path.GetExtension(pattern);
        Fuzzer.Run(Fuzzer.Corpus(family, pattern), words, () => new FileReader(extension, read), Refusals, share);
    }
}
