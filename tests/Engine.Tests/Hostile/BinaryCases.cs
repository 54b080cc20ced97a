using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using static Engine.Tests.Data.NpyBytes;
using static Engine.Tests.Hostile.HostileCase;

namespace Engine.Tests.Hostile;

/// <summary>Cases 65 to 80: .safetensors, .fbin and their relatives.</summary>
internal static class BinaryCases
{
    private const string Good = "\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}";
    private static readonly byte[] Eight = Floats(1, 2);

    public static IEnumerable<HostileCase> All =>
    [
        Tensors(65, "under 8 bytes", "offset 3: error HEADER: ", [1, 2, 3]),
        .. new ulong[] { 0, 1, 1UL << 63, ulong.MaxValue, 100_000_001 }.Select(length =>
            Tensors(66, string.Create(CultureInfo.InvariantCulture, $"length {length}"), $"offset 0: error HEADER: .*{length} bytes", Make("{}", Eight, length))),
        Tensors(66, "length over the file", "offset 0: error HEADER: .*only 2", Make("{}", [], 3)),
        Tensors(67, "no brace", "offset 8: error HEADER: ", Make("[]", Eight)),
        Tensors(68, "tensor twice", "error HEADER: .*'a' stands twice", Make($"{{{Good},{Good}}}", Eight)),
        Tensors(68, "dtype twice", "error HEADER: .*'dtype' twice", Make("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", Eight)),
        Tensors(69, "overlap", "error OFFSETS: .*overlap", Make($"{{{Good},\"b\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}}}", Eight)),
        Tensors(69, "hole", "error OFFSETS: .*gap", Make(Tensor("F32", "[1,1]", "[4,8]"), Eight)),
        Tensors(69, "tail", "error SIZE: .*8 bytes, but 9", Make($"{{{Good}}}", [.. Eight, 0])),
        Tensors(69, "begin over end", "error HEADER: ", Make(Tensor("F32", "[1,2]", "[8,0]"), Eight)),
        Tensors(69, "past the file", "error SIZE: .*8 bytes, but 7", Make($"{{{Good}}}", Eight[..7])),
        Matrix(70, "an empty tensor at a shared place", 0, "", Make($"{{{Good},\"e\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}}}", Eight), "vec.safetensors"),
        Tensors(70, "an empty tensor in the middle of another", "error OFFSETS: ", Make($"{{{Good},\"e\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}}}", Eight)),
        Tensors(71, "a shape that wraps", "error HEADER: .*2\\^63", Make(Tensor("F32", "[4294967296,4294967296]", "[0,8]"), Eight)),
        Tensors(72, "shape and bytes disagree", "error HEADER: .*12 bytes.*8", Make(Tensor("F32", "[1,3]", "[0,8]"), Eight)),
        Tensors(73, "unknown dtype", "error (HEADER|DTYPE): .*F77", Make(Tensor("F77", "[1,2]", "[0,8]"), Eight)),
        Tensors(73, "F8", "error DTYPE: .*F8_E4M3", Make(Tensor("F8_E4M3", "[1,8]", "[0,8]"), Eight)),
        Tensors(73, "F4", "error (HEADER|DTYPE): .*F4", Make(Tensor("F4", "[1,16]", "[0,8]"), Eight)),
        Tensors(74, "metadata with a number", "error HEADER: .*__metadata__", Make($"{{\"__metadata__\":{{\"a\":1}},{Good}}}", Eight)),
        Matrix(75, "no such tensor", 4, @"vec\.safetensors: error TENSOR: .*'b'.*'a\\u001b\[2J'", Make("{\"a\\u001b[2J\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", Eight), "vec.safetensors", ", \"tensor\": \"b\""),
        Matrix(76, "100,000 tensors", 0, "", Make(ManyTensors(100_000), [.. new byte[100_000], .. Floats(3)]), "vec.safetensors"),
        Matrix(77, "a name that leads elsewhere", 0, "", Make(Tensor("F32", "[1,2]", "[0,8]").Replace("\"a\"", "\"../../x\"", StringComparison.Ordinal), Eight), "vec.safetensors", ", \"tensor\": \"../../x\""),
        Counted(78, "no rows", "offset 0: error EMPTY: .*0 rows of 3", 0, 3, 0),
        Counted(78, "no columns", "offset 0: error EMPTY: .*3 rows of 0", 3, 0, 0),
        Counted(78, "negative rows", "offset 0: error SHAPE: .*4294967295", -1, 3, 24),
        Counted(78, "negative columns", "offset 0: error SHAPE: .*4294967295", 1, -1, 24),
        Counted(78, "a size that does not fit", "error SIZE: .*32 bytes.*33", 2, 3, 25),
        Counted(79, "2^31 rows", "offset 0: error SHAPE: .*2147483648 rows.*2147483647", int.MinValue, 1, 24),
        Counted(80, "bytes named .fbin", "error SIZE: .*1 byte would fit", 2, 3, 6),
        Matrix(80, "floats named .i8bin", 4, @"vec\.i8bin: error SIZE: .*4 bytes would fit", [.. BitConverter.GetBytes(2), .. BitConverter.GetBytes(3), .. new byte[24]], "vec.i8bin"),
    ];

    /// <summary>A .safetensors file of any header and length.</summary>
    public static byte[] Make(string header, byte[] data, ulong? length = null)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] start = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(start, length ?? (ulong)text.Length);
        return [.. start, .. text, .. data];
    }

    private static string Tensor(string dtype, string shape, string offsets) => $"{{\"a\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}";

    private static string ManyTensors(int count) =>
        "{" + string.Concat(Enumerable.Range(0, count).Select(i => $"\"t{i}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[{i},{i + 1}]}},"))
        + $"\"m\":{{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[{count},{count + 4}]}}}}";

    private static HostileCase Tensors(int number, string name, string expected, byte[] content) =>
        Matrix(number, name, 4, $@"vec\.safetensors: (offset \d+: )?{expected}", content, "vec.safetensors");

    private static HostileCase Counted(int number, string name, string expected, int rows, int dim, int bytes) =>
        Matrix(number, name, 4, $@"vec\.fbin: {expected}", [.. BitConverter.GetBytes(rows), .. BitConverter.GetBytes(dim), .. new byte[bytes]], "vec.fbin");
}
