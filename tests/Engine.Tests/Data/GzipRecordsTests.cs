using System.IO.Compression;
using System.Text;
using Engine.Data;

namespace Engine.Tests.Data;

public sealed class GzipRecordsTests : PackedRecordsTests
{
    protected override string Extension => ".gz";

    protected override int MagicBytes => 2;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public void Members_make_one_text_that_is_read_in_any_order(int members) => PiecesMakeOneTextThatIsReadInAnyOrder(members, part => Pack(part));

    [Fact]
    public void Every_cut_is_noticed_and_no_flipped_bit_changes_a_record() => EveryCutIsNoticedAndNoFlippedBitChangesARecord("GZIP: ");

    [Fact]
    public void What_follows_the_last_member_is_refused()
    {
        WhatFollowsTheLastPieceIsRefused(garbage => garbage.Length == 1 ? "1 byte follows" : $"{garbage.Length} bytes follow");
        byte[] good = Pack("{\"text\":\"a\"}\n"u8);
        foreach (byte[] start in (byte[][])[[0x1f], [0x1f, 0x8b]])
        {
            EngineException refused = Assert.Throws<EngineException>(() => Open("x", [.. good, .. start]));
            Assert.Matches($@"^x\.jsonl\.gz: offset {good.Length}: error GZIP: {(start.Length == 1 ? "1 byte follows the packed data and is not packed itself" : "2 bytes follow the packed data and are not packed themselves")}", refused.Message);
        }
    }

    [Fact]
    public void Name_and_content_must_agree() => NameAndContentMustAgree(Pack("{\"text\":\"a\"}"u8));

    [Fact]
    public void Header_fields_are_skipped()
    {
        byte[] plain = Pack("{\"text\":\"a\"}"u8);
        byte[] header = [0x1f, 0x8b, 8, 4 | 8 | 16 | 2, .. plain[4..10], 3, 0, 1, 2, 3, .. "name\0"u8, .. "comment\0"u8];
        ushort crc = (ushort)global::Engine.Data.Jsonl.Crc32.Append(0, header);
        using Records records = Open("x", [.. header, .. BitConverter.GetBytes(crc), .. plain[10..]]);
        Assert.Equal("{\"text\":\"a\"}", Encoding.UTF8.GetString(records.Bytes(0)));
        EngineException refused = Assert.Throws<EngineException>(() => Open("y", [.. header, .. BitConverter.GetBytes((ushort)(crc ^ 1)), .. plain[10..]]));
        Assert.Matches("error GZIP: the gzip header is damaged", refused.Message);
    }

    /// <summary>Equal members in a row: the second's checksum must not stand in for the first's damaged one, or records are lost in silence.</summary>
    [Fact]
    public void A_damaged_member_before_an_equal_one_is_refused()
    {
        byte[] good = Pack("{\"text\":\"a\"}\n"u8), bad = [.. good];
        bad[^6] ^= 1;
        using Records both = Open("x", [.. good, .. good]);
        Assert.Equal(2, both.Rows);
        EngineException refused = Assert.Throws<EngineException>(() => Open("y", [.. bad, .. good]));
        Assert.Matches("error GZIP: the packed data is damaged", refused.Message);
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

        EngineException refused = Assert.Throws<EngineException>(() => Open("x", stream.ToArray()));
        Assert.Matches(@"^x\.jsonl\.gz:1:1: error NUL: ", refused.Message);
    }

    protected override byte[] Pack(ReadOnlySpan<byte> text)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(text);
        return stream.ToArray();
    }
}
