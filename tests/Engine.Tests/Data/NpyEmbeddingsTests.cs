using Engine.Data;
using Engine.Kernels;
using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Data;

public sealed class NpyEmbeddingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, byte[]> Encodings()
    {
        float[] values = [1, -2.5f, 3, 4, 5.25f, 6];
        float[] columns = [1, 4, -2.5f, 5.25f, 3, 6];
        byte[] halves = [.. values.SelectMany(v => BitConverter.GetBytes((Half)v))];
        byte[] columnDoubles = Doubles([.. columns.Select(c => (double)c)]);
        return new TheoryData<string, byte[]>
        {
            { "f4", Make(Dict("<f4", "(2, 3)"), Floats(values)) },
            { "f4 no order mark", Make(Dict("f4", "(2, 3)"), Floats(values)) },
            { "f4 version 2", Make(Dict("<f4", "(2, 3)"), Floats(values), major: 2) },
            { "f4 version 3", Make(Dict("<f4", "(2, 3)"), Floats(values), major: 3) },
            { "f4 tight header", Make("{\"shape\":(2,3),\"descr\":\"<f4\",\"fortran_order\":False}", Floats(values)) },
            { "f4 big-endian", Make(Dict(">f4", "(2, 3)"), BigEndian(Floats(values), 4)) },
            { "f4 Fortran", Make(Dict("<f4", "(2, 3)", fortran: true), Floats(columns)) },
            { "f4 Fortran big-endian", Make(Dict(">f4", "(2, 3)", fortran: true), BigEndian(Floats(columns), 4)) },
            { "f8", Make(Dict("<f8", "(2, 3)"), Doubles([.. values.Select(v => (double)v)])) },
            { "f8 Fortran big-endian", Make(Dict(">f8", "(2, 3)", fortran: true), BigEndian(columnDoubles, 8)) },
            { "f2", Make(Dict("<f2", "(2, 3)"), halves) },
            { "f2 big-endian", Make(Dict(">f2", "(2, 3)"), BigEndian(halves, 2)) },
        };
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Every_encoding_gives_the_same_rows(string encoding, byte[] file)
    {
        using Embeddings embeddings = Open(null, _folder.Write("x.npy", file));
        Assert.Equal((2, 3), (embeddings.Rows, embeddings.Dim));
        Assert.Equal(encoding.StartsWith("f2", StringComparison.Ordinal) ? ElementType.Float16 : ElementType.Float32, embeddings.Matrix.Element);
        float[] row = new float[3];
        embeddings.Matrix.CopyRow(0, row);
        Assert.Equal([1, -2.5f, 3], row);
        embeddings.Matrix.CopyRow(1, row);
        Assert.Equal([4, 5.25f, 6], row);
    }

    [Theory]
    [InlineData("<V2")]
    [InlineData("|V2")]
    [InlineData("<u2")]
    public void Bfloat16_is_read_when_the_plan_says_so(string descr)
    {
        byte[] bits = [0x80, 0x3f, 0x20, 0xc0];
        string path = _folder.Write("x.npy", Make(Dict(descr, "(1, 2)"), bits));
        EngineException refused = Assert.Throws<EngineException>(() => Open(null, path));
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Contains("\"dtype\": \"bf16\"", refused.Message, StringComparison.Ordinal);
        using Embeddings embeddings = Open(ElementType.BFloat16, path);
        float[] row = new float[2];
        embeddings.Matrix.CopyRow(0, row);
        Assert.Equal([1f, -2.5f], row);
    }

    [Fact]
    public void Int8_is_scaled_and_uint8_becomes_float32()
    {
        string signed = _folder.Write("i.npy", Make(Dict("|i1", "(1, 3)"), [1, 0xff, 0x80]));
        string unsigned = _folder.Write("u.npy", Make(Dict("|u1", "(1, 3)"), [1, 0xff, 0x80]));
        float[] row = new float[3];
        using Embeddings i1 = EmbeddingsFile.Open(new EmbeddingsInput("v", [signed], signed) { Scale = 0.5f }, _files);
        i1.Matrix.CopyRow(0, row);
        Assert.Equal([0.5f, -0.5f, -64f], row);
        using Embeddings u1 = EmbeddingsFile.Open(new EmbeddingsInput("v", [unsigned], unsigned) { Scale = 0.5f }, _files);
        Assert.Equal(ElementType.Float32, u1.Matrix.Element);
        u1.Matrix.CopyRow(0, row);
        Assert.Equal([0.5f, 127.5f, 64f], row);
    }

    [Theory]
    [InlineData(false, 100, 7)]
    [InlineData(true, 100, 7)]
    [InlineData(true, 65, 130)]
    [InlineData(false, 9, 70_000)]
    public void Converted_blocks_hold_the_rows_asked_for(bool fortran, int rows, int dim)
    {
        double[] values = [.. Enumerable.Range(0, rows * dim).Select(i => 0.1 * i - 3)];
        double[] stored = fortran ? [.. Enumerable.Range(0, rows * dim).Select(i => values[i % rows * dim + i / rows])] : values;
        using Embeddings embeddings = Open(null, _folder.Write("x.npy", Make(Dict("<f8", $"({rows}, {dim})", fortran), Doubles(stored))));
        float[] row = new float[dim];
        for (int first = 0; first < rows;)
        {
            using RowBlock block = embeddings.Matrix.Borrow(first, 40);
            Assert.InRange(block.View.Rows, 1, 40);
            for (int i = 0; i < block.View.Rows; i++, first++)
            {
                block.View.CopyRowTo(i, row);
                Assert.Equal(values.Skip(first * dim).Take(dim).Select(v => (float)v), row);
            }
        }
    }

    [Fact]
    public void Narrowing_is_announced_once_unless_it_was_asked_for()
    {
        string path = _folder.Write("x.npy", Make(Dict("<f8", "(1, 1)"), Doubles(1)));
        using Embeddings quiet = Open(ElementType.Float32, path, path);
        Assert.Empty(_files.Warnings);
        using Embeddings loud = Open(null, path, path);
        Assert.Contains("narrowed to float32", Assert.Single(_files.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_follow_each_other_and_a_block_never_crosses_their_border()
    {
        string[] paths = [.. Enumerable.Range(0, 4).Select(s => _folder.Write($"p-{s}.npy", Make(Dict("<f4", $"({s + 1}, 2)"), Floats([.. Enumerable.Range(0, 2 * (s + 1)).Select(i => 100f * s + i)]))))];
        using Embeddings embeddings = Open(null, paths);
        Assert.Equal(10, embeddings.Rows);
        List<nint> blocks = [];
        List<float> firsts = [];
        float[] row = new float[2];
        for (long at = 0; at < 10; at += blocks[^1])
        {
            using RowBlock block = embeddings.Matrix.Borrow(at, 100);
            blocks.Add(block.View.Rows);
            block.View.CopyRowTo(0, row);
            firsts.Add(row[0]);
        }

        Assert.Equal([1, 2, 3, 4], blocks);
        Assert.Equal([0f, 100, 200, 300], firsts);
        embeddings.Matrix.CopyRow(8, row);
        Assert.Equal([304f, 305f], row);
    }

    [Fact]
    public void Shards_of_another_width_or_type_are_refused_with_both_files_and_numbers()
    {
        string a = _folder.Write("a.npy", Make(Dict("<f4", "(1, 2)"), Floats(1, 2)));
        string b = _folder.Write("b.npy", Make(Dict("<f4", "(1, 3)"), Floats(1, 2, 3)));
        string c = _folder.Write("c.npy", Make(Dict("<f2", "(1, 2)"), new byte[4]));
        EngineException width = Assert.Throws<EngineException>(() => Open(null, a, b));
        Assert.Matches(@"b\.npy: error DIM: .*3 elements.*a\.npy have 2", width.Message);
        EngineException type = Assert.Throws<EngineException>(() => Open(null, a, c));
        Assert.Matches(@"c\.npy: error DTYPE: .*f16.*a\.npy are f32", type.Message);
        Assert.Equal((ExitCode.Input, ExitCode.Input), (width.Exit, type.Exit));
    }

    [Fact]
    public void Rows_beyond_two_to_the_31_elements_are_read_at_the_far_end()
    {
        const int Rows = 40_000_000, Dim = 64;
        byte[] start = Make(Dict("<f4", $"({Rows}, {Dim})"), []);
        string path = _folder.Write("big.npy", start);
        using (FileStream stream = new(path, FileMode.Open))
        {
            // A hole of 10 GB: it takes no space on the disk.
            stream.SetLength(start.Length + 4L * Rows * Dim);
            stream.Seek(-8, SeekOrigin.End);
            stream.Write(Floats(7, 8));
        }

        using Embeddings embeddings = Open(null, path);
        float[] row = new float[Dim];
        embeddings.Matrix.CopyRow(Rows - 1, row);
        Assert.Equal([0f, 7f, 8f], row[^3..]);
        using RowBlock all = embeddings.Matrix.Borrow(0, int.MaxValue);
        Assert.Equal(Rows, all.View.Rows);
        all.View.CopyRowTo(Rows - 1, row);
        Assert.Equal([7f, 8f], row[^2..]);
    }

    [Fact]
    public void Data_may_begin_at_any_byte()
    {
        for (int pad = 0; pad < 8; pad++)
        {
            byte[] file = Make(Dict("<f4", "(2, 1)") + new string(' ', pad), Floats(1.5f, 2.5f));
            using Embeddings embeddings = Open(null, _folder.Write($"{pad}.npy", file));
            float[] row = new float[1];
            embeddings.Matrix.CopyRow(1, row);
            Assert.Equal(2.5f, row[0]);
        }
    }

    [Fact]
    public void A_disposed_matrix_lends_nothing_but_what_is_on_loan_stays_readable()
    {
        Embeddings embeddings = Open(null, _folder.Write("x.npy", Make(Dict("<f4", "(1, 1)"), Floats(9))));
        Embeddings converted = Open(null, _folder.Write("y.npy", Make(Dict("<f8", "(1, 1)"), Doubles(9))));
        float[] row = new float[1];
        using (RowBlock block = embeddings.Matrix.Borrow(0, 1))
        using (RowBlock other = converted.Matrix.Borrow(0, 1))
        {
            embeddings.Dispose();
            converted.Dispose();
            block.View.CopyRowTo(0, row);
            Assert.Equal(9f, row[0]);
            other.View.CopyRowTo(0, row);
            Assert.Equal(9f, row[0]);
        }

        Assert.Throws<ObjectDisposedException>(() => embeddings.Matrix.CopyRow(0, row));
        Assert.Throws<ObjectDisposedException>(() => converted.Matrix.CopyRow(0, row));
    }

    [Fact]
    public void Raw_rows_need_dtype_and_dim_whatever_the_name()
    {
        string path = _folder.Write("vectors.bin", Floats(1, 2, 3, 4, 5, 6));
        EngineException unknown = Assert.Throws<EngineException>(() => Open(null, path));
        Assert.Matches(@"vectors\.bin: error FORMAT: ", unknown.Message);
        using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "vectors.bin") { DType = ElementType.Float32, Dim = 3 }, _files);
        Assert.Equal(2, embeddings.Rows);
        EngineException odd = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "vectors.bin") { DType = ElementType.Float32, Dim = 4 }, _files));
        Assert.Matches(@"vectors\.bin: error SIZE: the file has 24 bytes.* 16 each.* 8 bytes over", odd.Message);
    }

    private Embeddings Open(ElementType? dtype, params string[] paths) => EmbeddingsFile.Open(new EmbeddingsInput("v", paths, paths[0]) { DType = dtype }, _files);
}
