using System.Text;
using Engine.Data;
using Engine.Kernels;
using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Data;

/// <summary>Wrong .npy files: exit 4, the code word, the place, and the words a user needs.</summary>
public sealed class NpyBadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, byte[], string> Files()
    {
        byte[] six = Floats(1, 2, 3, 4, 5, 6);
        string good = Dict("<f4", "(2, 3)");
        TheoryData<string, byte[], string> cases = new()
        {
            { "empty", [], "offset 0: error MAGIC: .*empty" },
            { "magic", Encoding.ASCII.GetBytes("not a numpy file"), "offset 0: error MAGIC: " },
            { "only magic", Make(good, six)[..7], "offset 7: error HEADER: .*7 bytes" },
            { "cut length", Make(good, six, major: 2)[..10], "offset 10: error HEADER: .*10 bytes" },
            { "npz", [(byte)'P', (byte)'K', 3, 4, 0, 0], "offset 0: error MAGIC: .*npz" },
            { "pickle", [0x80, 4, 0x95, 0, 0, 0, 0, 0], "offset 0: error MAGIC: .*pickle" },
            { "gzip", [0x1f, 0x8b, 8, 0], "offset 0: error MAGIC: .*gunzip" },
            { "version 4.0", Make(good, six, major: 4), "offset 6: error VERSION: .*4.0" },
            { "version 0.0", Make(good, six, major: 0), "offset 6: error VERSION: .*0.0" },
            { "version 1.1", Make(good, six, minor: 1), "offset 6: error VERSION: .*1.1" },
            { "header over file", Make(good, six, claimedLength: 9_999), "offset 8: error HEADER: .*9999 bytes.*only" },
            { "header 65535", Make(good, six, claimedLength: 65_535), "offset 8: error HEADER: .*65535 bytes.*10000" },
            { "header 2^32-1", Make(good, six, major: 2, claimedLength: -1), "offset 8: error HEADER: .*4294967295 bytes.*10000" },
            { "code", Make("{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (2, 3)}", six), "offset 20: error HEADER: .*quoted word" },
            { "nested call", Make("{'descr': '<f4', 'fortran_order': bool(0), 'shape': (2, 3)}", six), "error HEADER: .*neither True nor False" },
            { "no dict", Make("[1, 2]", six), "offset 10: error HEADER: " },
            { "endless word", Make("{'descr: ", six), "offset 11: error HEADER: .*does not end" },
            { "escape", Make("{'de\\x73cr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", six), "error HEADER: .*escape" },
            { "behind the dict", Make(good + " 1", six), "error HEADER: something follows" },
            { "missing key", Make("{'descr': '<f4', 'shape': (2, 3)}", six), "error HEADER: .*fortran_order" },
            { "twice", Make("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", six), "error HEADER: .*'descr' twice" },
            { "extra key", Make("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", six), "error HEADER: .*'x'" },
            { "object", Make(Dict("|O", "(2, 3)"), six), "error DTYPE: .*pickle.*any code" },
            { "structured", Make("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", six), "error DTYPE: .*structured" },
            { "string", Make(Dict("<U6", "(1, 1)"), six), "error DTYPE: .*strings" },
            { "complex", Make(Dict("<c8", "(1, 3)"), six), "error DTYPE: .*complex" },
            { "date", Make(Dict("<M8[ns]", "(1, 3)"), six), "error DTYPE: .*dates" },
            { "bool", Make(Dict("|b1", "(4, 6)"), six), "error DTYPE: .*truth" },
            { "int32 matrix", Make(Dict("<i4", "(2, 3)"), six), "error DTYPE: .*'<i4'" },
            { "long double", Make(Dict("<f16", "(1, 1)"), new byte[16]), "error DTYPE: " },
            { "scalar", Make(Dict("<f4", "()"), Floats(1)), "error SHAPE: .*0 axes" },
            { "one axis", Make(Dict("<f4", "(6,)"), six), "error SHAPE: .*1 axis.*reshape" },
            { "three axes", Make(Dict("<f4", "(1, 2, 3)"), six), "error SHAPE: .*3 axes" },
            { "negative", Make(Dict("<f4", "(-2, 3)"), six), "error SHAPE: .*'-2'" },
            { "float size", Make(Dict("<f4", "(2.0, 3)"), six), "error SHAPE: .*'2.0'" },
            { "1L", Make(Dict("<f4", "(2L, 3)"), six), "error SHAPE: .*'2L'" },
            { "2^63", Make(Dict("<f4", "(9223372036854775808, 1)"), six), "error SHAPE: .*9223372036854775808" },
            { "2^64", Make(Dict("<f4", "(18446744073709551616, 1)"), six), "error SHAPE: .*18446744073709551616" },
            { "over 2^63 bytes", Make(Dict("<f4", "(3000000000, 1000000000)"), six), "error SHAPE: .*3000000000, 1000000000" },
            { "product wraps", Make(Dict("<f4", "(4194305, 4194305, 211106198978564)"), six), "error SHAPE: " },
            { "one byte short", Make(good, six)[..^1], $"error SIZE: .*must have {Make(good, six).Length} bytes.*it has {Make(good, six).Length - 1}: 1 bytes are missing" },
            { "one byte long", [.. Make(good, six), 0], $"error SIZE: .*must have {Make(good, six).Length} bytes.*it has {Make(good, six).Length + 1}: 1 bytes are too many" },
            { "no rows", Make(Dict("<f4", "(0, 3)"), []), "error EMPTY: .*0 rows of 3" },
            { "no columns", Make(Dict("<f4", "(3, 0)"), []), "error EMPTY: .*3 rows of 0" },
            { "zero hides overflow", Make(Dict("<f4", "(0, 9223372036854775807, 9223372036854775807)"), []), "error SHAPE: .*3 axes" },
            { "too wide", Make(Dict("|i1", "(1, 1048577)"), new byte[1_048_577]), "error SHAPE: .*1048577.*1048576" },
        };
        return cases;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Is_refused(string what, byte[] file, string expected)
    {
        string path = _folder.Write("bad.npy", file);
        EngineException refused = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "vec/bad.npy"), _files));
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Matches($"^vec/bad.npy: {(expected.StartsWith("offset", StringComparison.Ordinal) ? "" : "(offset [0-9]+: )?")}{expected}", refused.Message);
        Assert.True(what.Length > 0);
    }

    [Fact]
    public void Every_cut_of_a_good_file_is_refused()
    {
        byte[] good = Make(Dict("<f4", "(2, 3)"), Floats(1, 2, 3, 4, 5, 6));
        for (int length = 0; length < good.Length; length++)
        {
            string path = _folder.Write("cut.npy", good.AsSpan(0, length));
            EngineException refused = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], path), _files));
            Assert.Equal(ExitCode.Input, refused.Exit);
        }
    }

    [Fact]
    public void Random_damage_gives_a_clean_refusal_or_a_matrix_that_can_be_read()
    {
        byte[] good = Make(Dict("<f4", "(2, 3)"), Floats(1, 2, 3, 4, 5, 6));
        Random random = new(20250101);
        float[] row = new float[MaxDim];
        for (int round = 0; round < 3000; round++)
        {
            byte[] bad = [.. good];
            for (int flips = random.Next(1, 4); flips > 0; flips--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            string path = _folder.Write("x.npy", bad);
            using InputFiles files = new();
            try
            {
                using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], path), files);
                for (long i = 0; i < embeddings.Rows; i++) embeddings.Matrix.CopyRow(i, row);
            }
            catch (EngineException refused)
            {
                Assert.Equal(ExitCode.Input, refused.Exit);
            }
        }
    }

    [Fact]
    public void A_matrix_of_terabytes_opens_without_memory()
    {
        const long Rows = 2_000_000_000;
        string path = _folder.Write("huge.npy", Make(Dict("<f4", $"({Rows}, 512)"), []));
        using (FileStream stream = new(path, FileMode.Open)) stream.SetLength(stream.Length + Rows * 512 * 4);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [path], path), _files);
        float[] row = new float[512];
        embeddings.Matrix.CopyRow(Rows - 1, row);
        Assert.All(row, value => Assert.Equal(0f, value));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData(ElementType.Float16, "f16")]
    [InlineData(ElementType.BFloat16, "bf16")]
    [InlineData(ElementType.Int8, "i8")]
    public void A_dtype_that_the_file_does_not_have_is_refused(ElementType asked, string name)
    {
        string path = _folder.Write("x.npy", Make(Dict("<f4", "(1, 1)"), Floats(1)));
        EngineException refused = Assert.Throws<EngineException>(() => EmbeddingsFile.Open(new EmbeddingsInput("v", [path], "x.npy") { DType = asked }, _files));
        Assert.Matches($"^x.npy: error DTYPE: the plan says dtype {name}", refused.Message);
    }

    private const int MaxDim = 1 << 20;
}
