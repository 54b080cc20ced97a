using System.IO.Compression;
using System.Text;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Tests.Data;

public sealed class GzipRecordsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public void Members_make_one_text_that_is_read_in_any_order(int members)
    {
        const int Rows = 3000;
        Random random = new(7);
        string[] lines = [.. Enumerable.Range(0, Rows).Select(i => $"{{\"id\":\"r{i}\",\"text\":\"{random.NextInt64()}{new string('q', i % 50)}\"}}")];
        byte[] text = Encoding.UTF8.GetBytes(string.Join("\r\n", lines));
        byte[] packed = [.. text.Chunk(text.Length / members + 1).SelectMany(part => Pack(part))];
        using Records records = Open("x.jsonl.gz", packed, id: "id");
        Assert.Equal(Rows, records.Rows);
        int[] some = [2999, 0, 1500, 1499, 7, 2999];
        Assert.Equal(some.Select(i => lines[i]), some.Select(i => Encoding.UTF8.GetString(records.Bytes(i))));
        Assert.Equal(some.Select(i => lines[i]), records.Texts(some).Select(Encoding.UTF8.GetString));
        Assert.Equal(some.Select(i => $"r{i}"), records.Ids(some));
        Assert.Equal(1234, records.RowOf("r1234"));
        Assert.Equal(Rows, records.Conversations(0, Rows).Count());
    }

    [Fact]
    public void Header_fields_are_skipped()
    {
        byte[] plain = Pack("{\"text\":\"a\"}"u8);
        byte[] rich = [0x1f, 0x8b, 8, 4 | 8 | 16 | 2, .. plain[4..10], 3, 0, 1, 2, 3, .. "name\0"u8, .. "comment\0"u8, 9, 9, .. plain[10..]];
        using Records records = Open("x.jsonl.gz", rich);
        Assert.Equal(1, records.Rows);
    }

    [Fact]
    public void Every_cut_is_noticed_and_no_flipped_bit_changes_a_record()
    {
        byte[] good = [.. Pack("{\"text\":\"a\"}\n"u8), .. Pack("{\"text\":\"b\"}\n"u8)];
        int second = good.Length / 2;
        for (int length = 2; length < good.Length; length++)
        {
            if (length == second) continue;
            EngineException cut = Assert.Throws<EngineException>(() => Open("x.jsonl.gz", good[..length]));
            Assert.Equal(ExitCode.Input, cut.Exit);
        }

        // Some bits mean nothing (time, system, the rest of the last byte): then the records are those of the good file.
        for (int bit = 16; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                using Records records = Open("x.jsonl.gz", bad);
                Assert.Equal(["a", "b"], records.Conversations(0, records.Rows).Select(c => c.Turns[0].Content));
            }
            catch (EngineException refused)
            {
                Assert.Equal(ExitCode.Input, refused.Exit);
            }
        }
    }

    [Fact]
    public void What_follows_the_last_member_is_refused()
    {
        byte[] good = Pack("{\"text\":\"a\"}\n"u8);
        foreach (byte[] garbage in (byte[][])[[0], new byte[600], [1, 2, 3], [0x1f], [0x1f, 0x8b], "garbage that is long enough to look like a member"u8.ToArray()])
        {
            EngineException refused = Assert.Throws<EngineException>(() => Open("x.jsonl.gz", [.. good, .. garbage]));
            Assert.Matches($@"^x\.jsonl\.gz: offset {good.Length}: error GZIP: {garbage.Length} bytes follow", refused.Message);
        }
    }

    [Fact]
    public void Name_and_content_must_agree()
    {
        EngineException packed = Assert.Throws<EngineException>(() => Open("x.jsonl", Pack("{\"text\":\"a\"}"u8)));
        EngineException plain = Assert.Throws<EngineException>(() => Open("y.jsonl.gz", "{\"text\":\"a\"}"u8.ToArray()));
        Assert.Matches(@"^x\.jsonl: error GZIP: .*Rename", packed.Message);
        Assert.Matches(@"^y\.jsonl\.gz: error GZIP: .*Rename", plain.Message);
    }

    [Fact]
    public void A_bomb_of_zeros_ends_at_the_longest_line()
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 200; i++) gzip.Write(zeros);
        }

        EngineException refused = Assert.Throws<EngineException>(() => Open("x.jsonl.gz", stream.ToArray()));
        Assert.Matches(@"^x\.jsonl\.gz:1:1: error NUL: ", refused.Message);
    }

    private static byte[] Pack(ReadOnlySpan<byte> text)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(text);
        return stream.ToArray();
    }

    private Records Open(string name, byte[] content, string? id = null) =>
        RecordsFile.Open(new RecordsInput("pool", [_folder.Write(name, content)], name) { Id = id }, _files, Pass.Unwatched);
}
