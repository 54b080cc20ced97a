using Engine.Data;

namespace Engine.Tests.Data;

public sealed class ZstdRecordsTests : PackedRecordsTests
{
    protected override string Extension => ".zst";

    protected override int MagicBytes => 4;

    [ZstdFact]
    public void Frames_make_one_text_that_is_read_in_any_order()
    {
        foreach (int frames in (int[])[1, 2, 50])
            PiecesMakeOneTextThatIsReadInAnyOrder(frames, part => [.. ZstdFrames.Skippable("seek table"u8), .. Pack(part), .. Pack([])]);
    }

    [ZstdFact]
    public void Every_cut_is_noticed_and_no_flipped_bit_changes_a_record() =>
        EveryCutIsNoticedAndNoFlippedBitChangesARecord(@"^x\.jsonl\.zst: offset \d+: error ZSTD: the file ends inside a zstd frame");

    [ZstdFact]
    public void What_follows_the_last_frame_is_refused() => WhatFollowsTheLastPieceIsRefused(garbage =>
        garbage.Length < MagicBytes ? "(what follows a frame here is no zstd frame|the file ends inside a zstd frame)" : "what follows a frame here is no zstd frame");

    [Fact]
    public void Name_and_content_must_agree()
    {
        byte[] frame = ZstdFrames.Raw("{\"text\":\"a\"}"u8, windowLog: 10);
        NameAndContentMustAgree(frame);
        EngineException other = Assert.Throws<EngineException>(() => OpenFile("z.jsonl.gz", frame));
        Assert.Matches(@"^z\.jsonl\.gz: error GZIP: .*Rename", other.Message);
    }

    [ZstdFact]
    public void A_frame_without_a_checksum_is_held_to_the_size_in_its_header()
    {
        byte[] text = "{\"text\":\"a\"}"u8.ToArray();
        using Records records = Open("x", ZstdFrames.Sized(text, text.Length));
        Assert.Equal("a", records.Conversation(0).Turns[0].Content);
        foreach (int size in (int[])[text.Length - 1, text.Length + 1])
        {
            EngineException refused = Assert.Throws<EngineException>(() => Open("y", ZstdFrames.Sized(text, size)));
            Assert.Matches(@"^y\.jsonl\.zst: offset \d+: error ZSTD: ", refused.Message);
        }
    }

    [ZstdFact]
    public void A_window_up_to_the_limit_is_given_and_no_larger_one()
    {
        using Records records = Open("x", ZstdFrames.Raw("{\"text\":\"a\"}"u8, windowLog: 27));
        Assert.Equal("a", records.Conversation(0).Turns[0].Content);
        EngineException refused = Assert.Throws<EngineException>(() => Open("y", ZstdFrames.Raw("{\"text\":\"a\"}"u8, windowLog: 28)));
        Assert.Matches(@"^y\.jsonl\.zst: offset \d+: error ZSTD: .*134217728 bytes.*--long=27", refused.Message);
    }

    [ZstdFact]
    public void A_file_that_is_overwritten_after_the_first_pass_is_a_changed_input()
    {
        byte[] good = Pack("{\"text\":\"a\"}\n"u8);
        using Records records = Open("x", good);
        good.AsSpan(4).Fill(0xff);
        using (FileStream stream = File.OpenWrite(Folder.File("x.jsonl.zst"))) stream.Write(good);
        Assert.Equal(ExitCode.InputChanged, Assert.Throws<EngineException>(() => records.Bytes(0)).Exit);
    }

    protected override byte[] Pack(ReadOnlySpan<byte> text) => ZstdFrames.Pack(text);
}
