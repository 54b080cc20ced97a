using System.Runtime.InteropServices;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Kernels;

namespace Engine.Tests.Data;

public sealed class MatrixConversionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("out.npy", ElementType.Float32)]
    [InlineData("out.npy", ElementType.Float16)]
    [InlineData("out.npy", ElementType.Int8)]
    [InlineData("out.safetensors", ElementType.Float32)]
    [InlineData("out.safetensors", ElementType.Float16)]
    [InlineData("out.safetensors", ElementType.BFloat16)]
    [InlineData("out.safetensors", ElementType.Int8)]
    public void Shards_become_one_file_that_reads_back(string target, ElementType element)
    {
        Write("s-2.npy", [5, 6, -7, 8], dim: 2);
        Write("s-10.npy", [-128, 127], dim: 2);
        Convert(Input("s-2.npy", "s-10.npy"), target, element);
        Assert.Equal([5, 6, -7, 8, -128, 127], Read(target, out ElementType found));
        Assert.Equal(element, found);
        Assert.Equal(["out" + Path.GetExtension(target), "s-10.npy", "s-2.npy"], Entries());
    }

    [Fact]
    public void Raw_big_endian_and_fortran_inputs_are_straightened()
    {
        _folder.Write("raw.bin", NpyBytes.Floats(1, 2, 3, 4));
        Convert(Input("raw.bin") with { DType = ElementType.Float32, Dim = 2 }, "a.npy");
        Assert.Equal([1, 2, 3, 4], Read("a.npy", out _));

        _folder.Write("f.npy", NpyBytes.Make(NpyBytes.Dict(">f8", "(2, 3)", fortran: true), NpyBytes.BigEndian(NpyBytes.Doubles(1, 4, 2, 5, 3, 6), 8)));
        Assert.Single(Convert(Input("f.npy"), "b.safetensors"));
        Assert.Equal([1, 2, 3, 4, 5, 6], Read("b.safetensors", out _));
    }

    [Fact]
    public void Every_bfloat16_is_the_nearest_one_with_ties_to_even()
    {
        // Around every 257th bfloat16: itself, the midpoint to the next, and one float32 on either side of it.
        List<float> values = [];
        List<ushort> expected = [];
        for (int upper = 0; upper < 0x7f7f; upper += 257)
        {
            uint low = (uint)upper << 16;
            foreach ((uint bits, int up) in ((uint, int)[])[(low, 0), (low + 0x7fff, 0), (low + 0x8000, upper & 1), (low + 0x8001, 1)])
            {
                values.Add(BitConverter.UInt32BitsToSingle(bits));
                expected.Add((ushort)(upper + up));
                values.Add(-BitConverter.UInt32BitsToSingle(bits));
                expected.Add((ushort)(0x8000 | upper + up));
            }
        }

        byte[] bytes = new byte[2 * values.Count];
        Assert.Equal(-1, ElementNarrowing.Narrow(CollectionsMarshal.AsSpan(values), ElementType.BFloat16, bytes));
        Assert.Equal(expected, MemoryMarshal.Cast<byte, ushort>(bytes).ToArray());
    }

    [Fact]
    public void Every_float16_midpoint_goes_to_the_even_neighbour()
    {
        for (int bits = 0; bits < 0x7bff; bits += 31)
        {
            double low = (double)BitConverter.UInt16BitsToHalf((ushort)bits), high = (double)BitConverter.UInt16BitsToHalf((ushort)(bits + 1));
            float middle = (float)((low + high) / 2);
            byte[] bytes = new byte[6];
            Assert.Equal(-1, ElementNarrowing.Narrow([middle, MathF.BitDecrement(middle), MathF.BitIncrement(middle)], ElementType.Float16, bytes));
            Assert.Equal([(ushort)(bits + (bits & 1)), (ushort)bits, (ushort)(bits + 1)], MemoryMarshal.Cast<byte, ushort>(bytes).ToArray());
        }
    }

    [Theory]
    [InlineData(65519.996f, ElementType.Float16, true)]
    [InlineData(65520f, ElementType.Float16, false)]
    [InlineData(-1e38f, ElementType.BFloat16, true)]
    [InlineData(3.4e38f, ElementType.BFloat16, false)]
    [InlineData(float.MaxValue, ElementType.Float32, true)]
    [InlineData(float.NaN, ElementType.Float32, false)]
    [InlineData(float.NegativeInfinity, ElementType.Float16, false)]
    [InlineData(-128f, ElementType.Int8, true)]
    [InlineData(128f, ElementType.Int8, false)]
    [InlineData(0.5f, ElementType.Int8, false)]
    [InlineData(float.NaN, ElementType.Int8, false)]
    public void A_value_that_does_not_fit_is_refused_with_its_row(float value, ElementType element, bool fits)
    {
        Write("x.npy", [0, 1, 2, value], dim: 2);
        if (fits)
        {
            Convert(Input("x.npy"), "y.safetensors", element);
            Assert.Equal(4, Read("y.safetensors", out _).Length);
            return;
        }

        EngineException refused = Assert.Throws<EngineException>(() => Convert(Input("x.npy"), "y.safetensors", element));
        Assert.Matches($"^x\\.npy: error {(float.IsFinite(value) ? "RANGE" : "NOT_FINITE")}: row 1: element 1 is ", refused.Message);
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Equal(["x.npy"], Entries());
    }

    [Fact]
    public void What_stands_at_the_output_stays_unless_forced()
    {
        Write("x.npy", [1, 2], dim: 2);
        Write("y.npy", [3, 4, 5], dim: 3);
        Assert.Equal(ExitCode.OutputExists, Assert.Throws<EngineException>(() => Convert(Input("x.npy"), "y.npy")).Exit);
        Assert.Equal([3, 4, 5], Read("y.npy", out _));
        Convert(Input("x.npy"), "y.npy", force: true);
        Assert.Equal([1, 2], Read("y.npy", out _));
        Assert.Equal(ExitCode.CommandLine, Assert.Throws<EngineException>(() => Convert(Input("x.npy"), "x.npy", force: true)).Exit);
        Assert.Equal([1, 2], Read("x.npy", out _));
    }

    [Fact]
    public void What_a_format_cannot_hold_is_refused_before_anything_is_written()
    {
        _folder.Write("x.npy", NpyBytes.Make(NpyBytes.Dict("<V2", "(1, 1)"), [0x80, 0x3f]));
        EmbeddingsInput bf16 = Input("x.npy") with { DType = ElementType.BFloat16 };
        Assert.Contains("--dtype f32", Assert.Throws<EngineException>(() => Convert(bf16, "y.npy")).Message, StringComparison.Ordinal);
        Assert.Contains("'.pt'", Assert.Throws<EngineException>(() => Convert(bf16, "y.pt")).Message, StringComparison.Ordinal);
        Assert.Equal(["x.npy"], Entries());
        Convert(bf16, "y.npy", ElementType.Float32);
        Assert.Equal([1], Read("y.npy", out _));
    }

    [Fact]
    public void A_matrix_of_many_blocks_is_written_whole()
    {
        float[] values = new float[1_200_000];
        for (int i = 0; i < values.Length; i++) values[i] = i;
        Write("x.npy", values, dim: 3);
        Convert(Input("x.npy"), "y.safetensors");
        Assert.True(values.AsSpan().SequenceEqual(Read("y.safetensors", out _)));
    }

    private EmbeddingsInput Input(params string[] names) => new("in", [.. names.Select(_folder.File)], names[0]);

    private IReadOnlyList<string> Convert(EmbeddingsInput input, string target, ElementType? element = null, bool force = false) =>
        new MatrixConversion(input, _folder.File(target), target) { Element = element, Force = force }.Run(default);

    private void Write(string name, float[] values, int dim)
    {
        using FileStream stream = File.Create(_folder.File(name));
        NpyWriter.Write(stream, values, dim);
    }

    private float[] Read(string name, out ElementType element)
    {
        using InputFiles files = new();
        using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [_folder.File(name)], name), files);
        element = embeddings.Matrix.Element;
        float[] values = new float[embeddings.Rows * embeddings.Dim];
        for (int row = 0; row < embeddings.Rows; row++) embeddings.Matrix.CopyRow(row, values.AsSpan(row * embeddings.Dim));
        return values;
    }

    private string[] Entries() => [.. Directory.EnumerateFileSystemEntries(_folder.Path).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal)];
}
