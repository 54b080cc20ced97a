using System.Buffers.Binary;
using System.Text;
using Engine.Data;
using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Data;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("F32", 1)]
    [InlineData("F16", 2)]
    [InlineData("BF16", 3)]
    [InlineData("F64", 0)]
    public void A_matrix_is_read_wherever_it_begins(string type, int pad)
    {
        float[] values = [1, -2.5f, 3, 4];
        byte[] data = type switch
        {
            "F32" => Floats(values),
            "F16" => [.. values.SelectMany(v => BitConverter.GetBytes((Half)v))],
            "BF16" => [.. values.SelectMany(v => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)))],
            _ => Doubles([.. values.Select(v => (double)v)]),
        };
        string header = $"{{\"__metadata__\":{{\"format\":\"pt\"}},\"bias\":{{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}},\"../../x\":{{\"shape\":[2,2],\"dtype\":\"{type}\",\"data_offsets\":[3,{3 + data.Length}]}}}}" + new string(' ', pad);
        string path = _folder.Write("x.safetensors", Make(header, [1, 2, 3, .. data]));
        foreach (string? tensor in (string?[])[null, "../../x"])
        {
            using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], path) { Tensor = tensor }, _files);
            float[] row = new float[2];
            embeddings.Matrix.CopyRow(1, row);
            Assert.Equal([3f, 4f], row);
            embeddings.Matrix.CopyRow(0, row);
            Assert.Equal([1f, -2.5f], row);
        }
    }

    public static TheoryData<string, byte[], string> Files()
    {
        const string Good = "\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}";
        byte[] eight = Floats(1, 2);
        return new TheoryData<string, byte[], string>
        {
            { "under 8 bytes", [1, 2, 3], "offset 3: error HEADER: .*3 bytes" },
            { "length 0", Make("", eight, 0), "offset 0: error HEADER: .*0 bytes" },
            { "length 1", Make("{", eight, 1), "offset 0: error HEADER: .*1 bytes" },
            { "length 2^63", Make("{}", eight, 1UL << 63), "offset 0: error HEADER: .*9223372036854775808.*100000000" },
            { "length 2^64-1", Make("{}", eight, ulong.MaxValue), "offset 0: error HEADER: .*18446744073709551615" },
            { "length over limit", Make("{}", eight, 100_000_001), "offset 0: error HEADER: .*100000001" },
            { "length over file", Make("{}", [], 3), "offset 0: error HEADER: .*3 bytes.*only 2" },
            { "no brace", Make("[]", eight), "offset 8: error HEADER: .*begin with" },
            { "not JSON", Make("{\"a\":}", eight), "offset 13: error HEADER: .*not valid JSON" },
            { "text behind", Make($"{{{Good}}} x", eight), "error HEADER: .*not valid JSON" },
            { "invalid UTF-8", Make([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)'}'], eight), "error HEADER: .*UTF-8" },
            { "half a surrogate", Make("{\"\\ud800\":{}}", eight), "error HEADER: .*surrogate" },
            { "duplicate tensor", Make($"{{{Good},{Good}}}", eight), "error HEADER: .*'a' stands twice" },
            { "duplicate dtype", Make("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", eight), "error HEADER: .*'dtype' twice" },
            { "unknown key", Make("{\"a\":{\"dtype\":\"F32\",\"x\":1,\"shape\":[1,2],\"data_offsets\":[0,8]}}", eight), "error HEADER: .*'x'" },
            { "missing shape", Make("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", eight), "error HEADER: .*lacks" },
            { "metadata number", Make($"{{\"__metadata__\":{{\"a\":1}},{Good}}}", eight), "error HEADER: .*__metadata__" },
            { "overlap", Make($"{{{Good},\"b\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}}}", eight), "error OFFSETS: .*'b' begins at byte 4.*ends at 8.*overlap" },
            { "hole", Make("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[4,8]}}", eight), "error OFFSETS: .*begins at byte 4.*gap" },
            { "tail", Make($"{{{Good}}}", [.. eight, 0]), "error SIZE: .*8 bytes, but 9" },
            { "past the file", Make($"{{{Good}}}", eight[..7]), "error SIZE: .*8 bytes, but 7 follow " },
            { "one byte without a tensor", Make("{}", [0]), "error SIZE: the tensors take 0 bytes, but 1 follows the header" },
            { "begin over end", Make("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[8,0]}}", eight), "error HEADER: .*\\[8, 0\\]" },
            { "negative", Make("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1,2],\"data_offsets\":[0,8]}}", eight), "error HEADER: .*whole number" },
            { "shape wraps", Make("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", eight), "error HEADER: .*2\\^63" },
            { "sizes disagree", Make("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[0,8]}}", eight), "error HEADER: .*12 bytes.*hold 8" },
            { "F8", Make("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[1,8],\"data_offsets\":[0,8]}}", eight), "error DTYPE: .*F8_E4M3" },
            { "one axis", Make("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", eight), "error TENSOR: none of the file's tensors has two axes, .* it has 'a' of shape \\[2\\]\\. " },
            { "one and three axes", Make("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1,1,1],\"data_offsets\":[4,8]}}", eight), "error TENSOR: .* it has 'a' of shape \\[1\\], 'b' of shape \\[1, 1, 1\\]\\." },
            { "no tensors", Make("{}", []), "error TENSOR: .*no tensors" },
            { "no rows", Make("{\"a\":{\"dtype\":\"F32\",\"shape\":[0,2],\"data_offsets\":[0,0]}}", []), "error EMPTY: " },
        };
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Is_refused(string what, byte[] file, string expected)
    {
        string path = _folder.Write("x.safetensors", file);
        EngineException refused = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "x.safetensors"), _files));
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Matches($@"^x\.safetensors: (offset [0-9]+: )?{expected}", refused.Message);
        Assert.True(what.Length > 0);
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_named_with_those_that_are()
    {
        string path = _folder.Write("x.safetensors", Make("{\"one\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},\"t\\nwo\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[4,8]}}", Floats(1, 2)));
        EngineException missing = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "x") { Tensor = "three" }, _files));
        Assert.Matches(@"^x: error TENSOR: .*'three'.*'one', 't\\u000awo'", missing.Message);
        EngineException several = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "x"), _files));
        Assert.Matches(@"^x: error TENSOR: .*2 matrices", several.Message);
        string list = _folder.Write("y.safetensors", Make("{\"bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", Floats(1, 2)));
        EngineException flat = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [list], "y") { Tensor = "bias" }, _files));
        Assert.Contains("the tensor 'bias' has 1 axis, shape [2], but a matrix has two", flat.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_tensors_take_no_time()
    {
        string header = "{" + string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"\"t{i}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[{i},{i + 1}]}}")) + ",\"m\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[50000,50004]}}";
        string path = _folder.Write("x.safetensors", Make(header, [.. new byte[50_000], .. Floats(3)]));
        using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "x"), _files);
        float[] row = new float[1];
        embeddings.Matrix.CopyRow(0, row);
        Assert.Equal(3f, row[0]);
    }

    [Theory]
    [InlineData("x.fbin", 2, 3, 24, null)]
    [InlineData("x.u8bin", 2, 3, 6, null)]
    [InlineData("x.i8bin", 2, 3, 6, null)]
    [InlineData("x.fbin", 0, 3, 0, "offset 0: error EMPTY: .*0 rows of 3")]
    [InlineData("x.fbin", 3, 0, 0, "offset 0: error EMPTY: .*3 rows of 0")]
    [InlineData("x.fbin", 2, 3, 25, "error SIZE: .*32 bytes, but it has 33")]
    [InlineData("x.fbin", 2, 3, 23, "error SIZE: .*32 bytes, but it has 31")]
    [InlineData("x.fbin", 2, 3, 6, "error SIZE: .*1 byte would fit")]
    [InlineData("x.i8bin", 2, 3, 24, "error SIZE: .*4 bytes would fit")]
    [InlineData("x.fbin", -1, 3, 24, "error SHAPE: .*4294967295")]
    [InlineData("x.fbin", 1, -1, 24, "error SHAPE: .*4294967295")]
    public void Counted_rows_are_checked(string name, int rows, int dim, int dataBytes, string? expected)
    {
        byte[] data = new byte[dataBytes];
        data.AsSpan().Fill(2);
        string path = _folder.Write(name, [.. BitConverter.GetBytes(rows), .. BitConverter.GetBytes(dim), .. data]);
        if (expected is null)
        {
            using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], name), _files);
            Assert.Equal((rows, dim), (embeddings.Rows, embeddings.Dim));
            float[] row = new float[dim];
            embeddings.Matrix.CopyRow(1, row);
            Assert.Equal(name == "x.fbin" ? BitConverter.ToSingle(data) : 2f, row[^1]);
            return;
        }

        EngineException refused = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], name), _files));
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Matches($"^{name}: (offset [0-9]+: )?{expected}", refused.Message);
    }

    private static byte[] Make(string header, byte[] data, ulong? length = null) => Make(Encoding.UTF8.GetBytes(header), data, length);

    private static byte[] Make(byte[] header, byte[] data, ulong? length = null)
    {
        byte[] start = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(start, length ?? (ulong)header.Length);
        return [.. start, .. header, .. data];
    }
}
