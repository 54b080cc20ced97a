using System.IO.Compression;
using System.Text;
using Engine.Data;

namespace Engine.Tests.Data;

public sealed class FileInspectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_matrix_is_described_by_its_header()
    {
        byte[] data = NpyBytes.BigEndian(NpyBytes.Floats(1, 2, 3, 4, 5, 6), 4);
        FileFacts facts = Inspect("x.npy", NpyBytes.Make(NpyBytes.Dict(">f4", "(2, 3)", fortran: true), data, major: 2));
        Assert.Equal((".npy 2.0", "2", "3"), (One(facts, "format"), One(facts, "rows"), One(facts, "dim")));
        Assert.Equal(("f32 ('>f4')", "big-endian", "Fortran (columns contiguous)"), (One(facts, "dtype"), One(facts, "byte order"), One(facts, "order")));
        Assert.Equal($"{new FileInfo(_folder.File("x.npy")).Length} bytes", One(facts, "size"));
    }

    [Fact]
    public void A_vector_has_a_shape()
    {
        FileFacts facts = Inspect("x.npy", NpyBytes.Make(NpyBytes.Dict("<i8", "(1,)"), new byte[8]));
        Assert.Equal(("(1,)", "i64 ('<i8')", "little-endian"), (One(facts, "shape"), One(facts, "dtype"), One(facts, "byte order")));
    }

    [Fact]
    public void Every_tensor_is_named()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"b":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},"a\u001b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""");
        FileFacts facts = Inspect("x.safetensors", [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[16]]);
        Assert.Equal(["a\u001b  F32   [1]  4 bytes", "b   F16   [2, 3]  12 bytes"], All(facts, "tensor"));
    }

    [Fact]
    public void Counts_before_rows_are_read()
    {
        FileFacts facts = Inspect("x.u8bin", [2, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
        Assert.Equal(("2", "3", "u8"), (One(facts, "rows"), One(facts, "dim"), One(facts, "dtype")));
    }

    [Fact]
    public void Columns_are_numbers_or_text()
    {
        FileFacts facts = Inspect("x.csv", "id,loss,n\n\"a,b\",1.5,1\nc,2e3,nan\n"u8);
        Assert.Equal("2", One(facts, "rows"));
        Assert.Equal(["id    text", "loss  finite numbers", "n     text"], All(facts, "column"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Records_show_layout_fields_and_ids(bool packed)
    {
        byte[] text = """
            {"id": 1, "uuid": "x", "messages": [{"role": "user", "content": "a"}], "meta": {}, "maybe_id": "1"}
            {"id": 2, "uuid": "x", "messages": [{"role": "user", "content": "b"}], "meta": null}
            """u8.ToArray();
        FileFacts facts = packed ? Inspect("x.jsonl.gz", Gzip(text)) : Inspect("x.jsonl", text);
        Assert.Equal(("2", "messages", "id"), (One(facts, "records"), One(facts, "layout"), One(facts, "id candidates")));
        Assert.Equal(["id        number", "uuid      text", "messages  list of 1", "meta      object", "maybe_id  text"], All(facts, "field"));
        Assert.Equal(packed ? $"{text.Length} bytes" : null, All(facts, "unpacked").SingleOrDefault());
    }

    [Fact]
    public void Objects_without_a_layout_are_described_too()
    {
        FileFacts facts = Inspect("x.jsonl", "{\"row\": 0, \"loss\": 1.5}\n"u8);
        Assert.StartsWith("none", One(facts, "layout"), StringComparison.Ordinal);
        Assert.StartsWith("none", One(facts, "id candidates"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_of_another_layout_is_an_error_with_its_place()
    {
        EngineException refused = Assert.Throws<EngineException>(() => Inspect("x.jsonl", "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n"u8));
        Assert.StartsWith("x.jsonl:2:1: error LAYOUT:", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.pt", "torch.load('x.pt', weights_only=True)")]
    [InlineData("x.bin", "torch.load('x.bin', weights_only=True)")]
    [InlineData("x.pkl", "numpy.save('x.npy'")]
    [InlineData("x.npz", "numpy.load('x.npz')['vectors']")]
    [InlineData("x.npy", "numpy.save(path, array.astype('float32'))")]
    public void Pickles_are_refused_with_the_way_out(string name, string remedy)
    {
        byte[] content = name switch
        {
            "x.pt" => Zip("x/data.pkl"),
            "x.npz" => Zip("vectors.npy"),
            "x.npy" => NpyBytes.Make(NpyBytes.Dict("|O", "(1,)"), [0x80, 4, (byte)'N', (byte)'.']),
            _ => [0x80, 2, (byte)'N', (byte)'.'],
        };
        string path = _folder.Write(name, content);
        EngineException refused = Assert.Throws<EngineException>(() => FileInspection.Inspect(path, name, default));
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
        Assert.Contains(name == "x.npz" ? "archive of arrays" : "run any code", refused.Message, StringComparison.Ordinal);

        // As an input of a plan it fares no better.
        using InputFiles files = new();
        EngineException input = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], name), files));
        Assert.Equal(ExitCode.Input, input.Exit);
        if (name != "x.npy") Assert.Contains(remedy, input.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_known_is_refused()
    {
        Assert.StartsWith("x.xyz: error FORMAT:", Assert.Throws<EngineException>(() => Inspect("x.xyz", "abc"u8)).Message, StringComparison.Ordinal);
        EngineException missing = Assert.Throws<EngineException>(() => FileInspection.Inspect(_folder.File("none.npy"), "none.npy", default));
        Assert.Equal((ExitCode.Input, "MISSING"), (missing.Exit, missing.Errors[0].Code));
    }

    [Fact]
    public void Parquet_is_described_by_its_footer()
    {
        FileFacts facts = Inspect("x.parquet", (new ParquetBytes { CrcError = 0 }).Make());
        Assert.Equal(("Parquet", "3", "1", "none"), (One(facts, "format"), One(facts, "rows"), One(facts, "row groups"), One(facts, "packing")));
        Assert.Equal("text  text", One(facts, "column"));
    }

    [DuckDbFact]
    public void Parquet_columns_show_what_is_nested_in_them()
    {
        string path = _folder.File("y.parquet");
        DuckDbFiles.Write(path, "SELECT [{'role': 'a', 'n': 1::UTINYINT}] AS messages, [1.5::FLOAT] AS v, MAP {'k': 1::BIGINT} AS m, DATE '2024-01-01' AS d FROM range(10)", "COMPRESSION gzip");
        FileFacts facts = FileInspection.Inspect(path, "y.parquet", default);
        Assert.Equal(["messages  list<struct<role: text, n: uint8>>", "v         list<float32>", "m         map<text, int64>", "d         date"], All(facts, "column"));
        Assert.Equal(("10", "gzip"), (One(facts, "rows"), One(facts, "packing")));
    }

    private static string One(FileFacts facts, string name) => Assert.Single(All(facts, name));

    private static string[] All(FileFacts facts, string name) => [.. facts.Facts.Where(f => f.Name == name).Select(f => f.Value)];

    private static byte[] Gzip(byte[] text)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(text);
        return stream.ToArray();
    }

    private static byte[] Zip(string entry)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream content = zip.CreateEntry(entry).Open();
            content.Write([0x80, 2, (byte)'N', (byte)'.']);
        }

        return stream.ToArray();
    }

    private FileFacts Inspect(string name, ReadOnlySpan<byte> content) => FileInspection.Inspect(_folder.Write(name, content), name, default);
}
