using System.Text;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Tests.Data;

public sealed class ZstdRecordsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [ZstdFact]
    public void Frames_make_one_text_that_is_read_in_any_order()
    {
        const int Rows = 3000;
        Random random = new(7);
        string[] lines = [.. Enumerable.Range(0, Rows).Select(i => $"{{\"id\":\"r{i}\",\"text\":\"{random.NextInt64()}{new string('q', i % 300)}\"}}")];
        byte[] text = Encoding.UTF8.GetBytes(string.Join("\r\n", lines));
        foreach (int frames in (int[])[1, 2, 50])
        {
            byte[] packed = [.. text.Chunk(text.Length / frames + 1).SelectMany(part => (byte[])[.. ZstdFrames.Skippable("seek table"u8), .. ZstdFrames.Pack(part), .. ZstdFrames.Pack([])])];
            using Records records = Open($"x{frames}.jsonl.zst", packed, id: "id");
            Assert.Equal(Rows, records.Rows);
            int[] some = [2999, 0, 1500, 1499, 7, 2999];
            Assert.Equal(some.Select(i => lines[i]), some.Select(i => Encoding.UTF8.GetString(records.Bytes(i))));
            Assert.Equal(some.Select(i => lines[i]), records.Texts(some).Select(Encoding.UTF8.GetString));
            Assert.Equal(some.Select(i => $"r{i}"), records.Ids(some));
            Assert.Equal(1234, records.RowOf("r1234"));
            Assert.Equal(Rows, records.Conversations(0, Rows).Count());
        }
    }

    [ZstdFact]
    public void Every_cut_is_noticed_and_no_flipped_bit_changes_a_record()
    {
        byte[] first = ZstdFrames.Pack("{\"text\":\"a\"}\n"u8), good = [.. first, .. ZstdFrames.Pack("{\"text\":\"b\"}\n"u8)];
        for (int length = 4; length < good.Length; length++)
        {
            if (length == first.Length) continue;
            EngineException cut = Assert.Throws<EngineException>(() => Open("x.jsonl.zst", good[..length]));
            Assert.Matches(@"^x\.jsonl\.zst: offset \d+: error ZSTD: the file ends inside a zstd frame", cut.Message);
        }

        for (int bit = 32; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                using Records records = Open("x.jsonl.zst", bad);
                Assert.Equal(["a", "b"], records.Conversations(0, records.Rows).Select(c => c.Turns[0].Content));
            }
            catch (EngineException refused)
            {
                Assert.Equal(ExitCode.Input, refused.Exit);
            }
        }
    }

    [ZstdFact]
    public void What_follows_the_last_frame_is_refused()
    {
        byte[] good = ZstdFrames.Pack("{\"text\":\"a\"}\n"u8);
        EngineException refused = Assert.Throws<EngineException>(() => Open("x.jsonl.zst", [.. good, .. "garbage"u8]));
        Assert.Matches($@"^x\.jsonl\.zst: offset {good.Length}: error ZSTD: what follows a frame here is no zstd frame", refused.Message);
        Assert.Equal(ExitCode.Input, Assert.Throws<EngineException>(() => Open("y.jsonl.zst", [.. good, 0])).Exit);
    }

    [ZstdFact]
    public void A_window_up_to_the_limit_is_given_and_no_larger_one()
    {
        using Records records = Open("x.jsonl.zst", ZstdFrames.Raw("{\"text\":\"a\"}"u8, windowLog: 27));
        Assert.Equal("a", records.Conversation(0).Turns[0].Content);
        EngineException refused = Assert.Throws<EngineException>(() => Open("y.jsonl.zst", ZstdFrames.Raw("{\"text\":\"a\"}"u8, windowLog: 28)));
        Assert.Matches(@"^y\.jsonl\.zst: offset \d+: error ZSTD: .*134217728 bytes.*--long=27", refused.Message);
    }

    [Fact]
    public void Name_and_content_must_agree()
    {
        byte[] frame = ZstdFrames.Raw("{\"text\":\"a\"}"u8, windowLog: 10);
        EngineException packed = Assert.Throws<EngineException>(() => Open("x.jsonl", frame));
        EngineException plain = Assert.Throws<EngineException>(() => Open("y.jsonl.zst", "{\"text\":\"a\"}"u8.ToArray()));
        EngineException other = Assert.Throws<EngineException>(() => Open("z.jsonl.gz", frame));
        Assert.Matches(@"^x\.jsonl: error ZSTD: .*does not end in \.zst\. Rename", packed.Message);
        Assert.Matches(@"^y\.jsonl\.zst: error ZSTD: .*Rename", plain.Message);
        Assert.Matches(@"^z\.jsonl\.gz: error GZIP: .*Rename", other.Message);
        Assert.All([packed, plain, other], e => Assert.Equal(ExitCode.Input, e.Exit));
    }

    [ZstdFact]
    public void A_file_that_is_overwritten_after_the_first_pass_is_a_changed_input()
    {
        byte[] good = ZstdFrames.Pack("{\"text\":\"a\"}\n"u8);
        using Records records = Open("x.jsonl.zst", good);
        good.AsSpan(4).Fill(0xff);
        using (FileStream stream = File.OpenWrite(_folder.File("x.jsonl.zst"))) stream.Write(good);
        Assert.Equal(ExitCode.InputChanged, Assert.Throws<EngineException>(() => records.Bytes(0)).Exit);
    }

    private Records Open(string name, byte[] content, string? id = null) =>
        RecordsFile.Open(new RecordsInput("pool", [_folder.Write(name, content)], name) { Id = id }, _files, Pass.Unwatched);
}
