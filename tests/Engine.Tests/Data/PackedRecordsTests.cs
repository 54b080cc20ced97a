using System.Text;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Tests.Data;

/// <summary>Records packed one way or the other: whole text, in any order, and nothing less than what was packed.</summary>
public abstract class PackedRecordsTests : IDisposable
{
    private const int Rows = 3000;

    private readonly InputFiles _files = new();

    /// <summary>Where the files lie.</summary>
    private protected TemporaryFolder Folder { get; } = new();

    /// <summary>What the packing adds to a name.</summary>
    protected abstract string Extension { get; }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _files.Dispose();
        Folder.Dispose();
    }

    /// <summary>One packed piece; concatenated pieces make one text.</summary>
    protected abstract byte[] Pack(ReadOnlySpan<byte> text);

    /// <summary>The packing's first bytes that a changed bit would turn into another format.</summary>
    protected abstract int MagicBytes { get; }

    protected void PiecesMakeOneTextThatIsReadInAnyOrder(int pieces, Func<byte[], byte[]> pack)
    {
        Random random = new(7);
        string[] lines = [.. Enumerable.Range(0, Rows).Select(i => $"{{\"id\":\"r{i}\",\"text\":\"{random.NextInt64()}{new string('q', i % 300)}\"}}")];
        byte[] text = Encoding.UTF8.GetBytes(string.Join("\r\n", lines));
        byte[] packed = [.. text.Chunk(text.Length / pieces + 1).SelectMany(pack)];
        using Records records = Open($"x{pieces}", packed, id: "id");
        Assert.Equal(Rows, records.Rows);
        int[] some = [2999, 0, 1500, 1499, 7, 2999];
        Assert.Equal(some.Select(i => lines[i]), some.Select(i => Encoding.UTF8.GetString(records.Bytes(i))));
        Assert.Equal(some.Select(i => lines[i]), records.Texts(some).Select(Encoding.UTF8.GetString));
        Assert.Equal(some.Select(i => $"r{i}"), records.Ids(some));
        Assert.Equal(1234, records.RowOf("r1234"));
        Assert.Equal(Rows, records.Conversations(0, Rows).Count());
    }

    protected void EveryCutIsNoticedAndNoFlippedBitChangesARecord(string cutMessage)
    {
        byte[] first = Pack("{\"text\":\"a\"}\n"u8), good = [.. first, .. Pack("{\"text\":\"b\"}\n"u8)];
        for (int length = MagicBytes; length < good.Length; length++)
        {
            if (length == first.Length) continue;
            EngineException cut = Assert.Throws<EngineException>(() => Open("x", good[..length]));
            Assert.Equal(ExitCode.Input, cut.Exit);
            Assert.Matches(cutMessage, cut.Message);
        }

        // Some bits mean nothing (time, system, the rest of the last byte): then the records are those of the good file.
        for (int bit = MagicBytes * 8; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                using Records records = Open("x", bad);
                Assert.Equal(["a", "b"], records.Conversations(0, records.Rows).Select(c => c.Turns[0].Content));
            }
            catch (EngineException refused)
            {
                Assert.Equal(ExitCode.Input, refused.Exit);
            }
        }
    }

    protected void WhatFollowsTheLastPieceIsRefused(Func<byte[], string> message)
    {
        byte[] good = Pack("{\"text\":\"a\"}\n"u8);
        foreach (byte[] garbage in (byte[][])[[0], new byte[600], [1, 2, 3], "garbage that is long enough to look like a piece"u8.ToArray()])
        {
            EngineException refused = Assert.Throws<EngineException>(() => Open("x", [.. good, .. garbage]));
            Assert.Equal(ExitCode.Input, refused.Exit);
            Assert.Matches($@"^x\.jsonl{Extension}: offset \d+: error [A-Z]+: {message(garbage)}", refused.Message);
        }
    }

    protected void NameAndContentMustAgree(byte[] packed)
    {
        EngineException hidden = Assert.Throws<EngineException>(() => OpenFile("x.jsonl", packed));
        EngineException plain = Assert.Throws<EngineException>(() => Open("y", "{\"text\":\"a\"}"u8.ToArray()));
        Assert.Matches($@"^x\.jsonl: error [A-Z]+: .*does not end in {Extension}\. Rename", hidden.Message);
        Assert.Matches($@"^y\.jsonl{Extension}: error [A-Z]+: .*Rename", plain.Message);
        Assert.All([hidden, plain], e => Assert.Equal(ExitCode.Input, e.Exit));
    }

    /// <summary>Opens a pool whose file's name ends as the packing says.</summary>
    private protected Records Open(string name, byte[] content, string? id = null) => OpenFile($"{name}.jsonl{Extension}", content, id);

    private protected Records OpenFile(string name, byte[] content, string? id = null) =>
        RecordsFile.Open(new RecordsInput("pool", [Folder.Write(name, content)], name) { Id = id }, _files, Pass.Unwatched);
}
