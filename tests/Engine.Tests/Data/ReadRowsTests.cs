using Engine.Data;
using Engine.Kernels;
using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Data;

/// <summary>Matrices that are read instead of mapped: the same rows, for every format, however they are borrowed.</summary>
public sealed class ReadRowsTests : IDisposable
{
    private const int Rows = 3_000;
    private const int Dim = 100;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("<f4", false)]
    [InlineData("<f4", true)]
    [InlineData(">f4", false)]
    [InlineData(">f4", true)]
    [InlineData("<f2", false)]
    [InlineData(">f2", true)]
    [InlineData("<f8", false)]
    [InlineData(">f8", true)]
    [InlineData("|i1", false)]
    [InlineData("|i1", true)]
    [InlineData("|u1", true)]
    public void Gives_the_rows_that_a_map_gives(string type, bool fortran)
    {
        var random = new RandomStream(4, type);
        byte[] data = new byte[Rows * Dim * (type[2] - '0')];
        for (int i = 0; i < data.Length; i++) data[i] = (byte)random.NextBelow(256);
        string[] paths = [_folder.Write("a.npy", Make(Dict(type, $"({Rows}, {Dim})", fortran), data)), _folder.Write("b.npy", Make(Dict(type, $"({Rows}, {Dim})", fortran), data))];
        var input = new EmbeddingsInput("v", paths, "*.npy");
        using var mappedFiles = new InputFiles();
        using var readFiles = new InputFiles { Io = MatrixIo.Read };
        using Embeddings mapped = EmbeddingsFile.Open(input, mappedFiles), read = EmbeddingsFile.Open(input, readFiles);
        Assert.Equal((mapped.Rows, mapped.Dim, mapped.Matrix.Element), (read.Rows, read.Dim, read.Matrix.Element));
        Assert.InRange(read.Matrix.BlockBytes, 1, 16 << 20);
        float[] expected = new float[Dim], found = new float[Dim];
        foreach (long row in (long[])[0, 1, 2, Rows - 1, Rows, 17, 16, 2 * Rows - 1, 1_500, 4_000])
        {
            mapped.Matrix.CopyRow(row, expected);
            read.Matrix.CopyRow(row, found);
            AssertSameBits(expected, found);
        }

        for (long first = 0; first < read.Rows;)
        {
            using RowBlock block = read.Matrix.Borrow(first, 700);
            for (int r = 0; r < (int)block.View.Rows; r++)
            {
                block.View.CopyRowTo(r, found);
                mapped.Matrix.CopyRow(first + r, expected);
                AssertSameBits(expected, found);
            }

            first += block.View.Rows;
        }
    }

    [Fact]
    public void Blocks_on_loan_stay_what_they_are_while_others_are_borrowed()
    {
        float[] values = [.. Enumerable.Range(0, Rows * Dim).Select(i => (float)i)];
        string path = _folder.Write("a.npy", Make(Dict("<f4", $"({Dim}, {Rows})", fortran: true), Floats(values)));
        using var files = new InputFiles { Io = MatrixIo.Read };
        using Embeddings read = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "a.npy"), files);
        float[] row = new float[Rows];
        using RowBlock held = read.Matrix.Borrow(3, 1);
        for (int i = 0; i < Dim; i++) read.Matrix.CopyRow(i, row);
        held.View.CopyRowTo(0, row);
        Assert.Equal(Enumerable.Range(0, Rows).Select(column => (float)(column * Dim + 3)), row);
    }

    [Fact]
    public void A_file_that_is_cut_is_a_change()
    {
        string path = _folder.Write("a.npy", Make(Dict("<f4", $"({Rows}, {Dim})"), new byte[Rows * Dim * 4]));
        using var files = new InputFiles { Io = MatrixIo.Read };
        using Embeddings read = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "a.npy"), files);
        using (FileStream stream = File.OpenWrite(path)) stream.SetLength(5_000);
        Assert.Equal(ExitCode.InputChanged, Assert.Throws<EngineException>(() => read.Matrix.CopyRow(Rows - 1, new float[Dim])).Exit);
    }

    private static void AssertSameBits(float[] expected, float[] found)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(BitConverter.SingleToInt32Bits(expected[i]), BitConverter.SingleToInt32Bits(found[i]));
    }
}
