using System.IO.Compression;
using System.Text;
using Engine.Tests.Runs;
using static Engine.Tests.Hostile.HostileCase;

namespace Engine.Tests.Hostile;

/// <summary>Cases 24 to 44: JSON Lines, plain and packed. Case 44, a file that grows, is in <see cref="ChangingInputTests"/>.</summary>
internal static class RecordCases
{
    private const int MaxLine = 64 << 20;
    private static readonly byte[] One = Utf8("{\"text\":\"a\"}\n");

    public static IEnumerable<HostileCase> All =>
    [
        Records(24, "empty file", 4, "pool.jsonl: error EMPTY: ", []),
        Records(24, "only blank lines", 4, "pool.jsonl: error EMPTY: ", Utf8("\n \n\r\n")),
        Records(25, "last line without its end", 0, "", One[..^1]),
        Records(26, "CRLF and a byte order mark", 0, "", Utf8("\ufeff{\"text\":\"a\"}\r\n{\"text\":\"b\"}\r\n"), budget: "2"),
        Records(27, "blank lines are skipped", 0, "", Utf8("\n{\"text\":\"a\"}\n\n\n{\"text\":\"b\"}\n\n"), budget: "2"),
        Records(28, "one broken line among 200,000", 4, "pool.jsonl:123457:9: error JSON: ", work => WriteLines(work, 200_000, broken: 123_457)),
        Records(29, "2 GB of zeros without a line end", 4, "pool.jsonl:1:1: error NUL: ", work => SetLength(work.At("pool.jsonl"), 2L << 30)),
        Records(29, "a line that does not end", 4, $"pool.jsonl:2:{MaxLine + 1}: error LINE_LENGTH: .*{MaxLine}", work => WriteLongLine(work, MaxLine + (1 << 20))),
        Records(30, "a line of exactly the limit", 0, "", work => WriteLongLine(work, MaxLine), budget: "2"),
        Records(30, "a line one over the limit", 4, $"pool.jsonl:2:{MaxLine + 1}: error LINE_LENGTH: ", work => WriteLongLine(work, MaxLine + 1)),
        Records(31, "invalid UTF-8", 4, "pool.jsonl:2:10: error UTF8: byte 0xFF", [.. One, .. Utf8("{\"text\":\""), 0xff, .. Utf8("\"}\n")]),
        Records(31, "overlong UTF-8", 4, "pool.jsonl:1:10: error UTF8: byte 0xC0", [.. Utf8("{\"text\":\""), 0xc0, 0xaf, .. Utf8("\"}\n")]),
        Records(31, "lone surrogate", 4, "pool.jsonl:1:10: error SURROGATE: ", Utf8("{\"text\":\"\\ud800\"}\n")),
        Records(32, "depth 10,000", 4, "pool.jsonl:1:69: error DEPTH: ", Utf8("{\"x\":" + new string('[', 9_999))),
        Records(33, "duplicate key", 4, "pool.jsonl:1:13: error DUPLICATE_KEY: .*column 2", Utf8("{\"text\":\"a\",\"text\":\"b\"}\n")),
        Records(34, "no id", 4, "pool.jsonl:2:1: error MISSING_ID: ", [.. Utf8("{\"text\":\"a\",\"id\":1}\n"), .. One], id: "id"),
        Records(35, "an id twice in a file", 4, "pool.jsonl:2:18: error DUPLICATE_ID: .*pool.jsonl:1:18", Utf8("{\"text\":\"a\",\"id\":\"x\"}\n{\"text\":\"b\",\"id\":\"x\"}\n"), id: "id"),
        Records(35, "an id twice across shards", 4, "p-10.jsonl:1:18: error DUPLICATE_ID: .*p-2.jsonl:1:18", work =>
        {
            work.Write("p-2.jsonl", "{\"text\":\"a\",\"id\":\"x\"}\n");
            work.Write("p-10.jsonl", "{\"text\":\"b\",\"id\":\"x\"}\n");
        }, path: "p-*.jsonl", id: "id"),
        Records(36, "ids beyond 2^53 are kept apart", 0, "", Utf8("{\"text\":\"a\",\"id\":9007199254740993}\n{\"text\":\"b\",\"id\":9007199254740992}\n"), id: "id", budget: "2"),
        Records(36, "\"1\" and 1 are one id", 4, "pool.jsonl:2:18: error DUPLICATE_ID: ", Utf8("{\"text\":\"a\",\"id\":\"1\"}\n{\"text\":\"b\",\"id\":1}\n"), id: "id"),
        Records(36, "empty id", 0, "", Utf8("{\"text\":\"a\",\"id\":\"\"}\n"), id: "id"),
        Records(36, "an id of 1 MB", 0, "", Utf8($"{{\"text\":\"a\",\"id\":\"{new string('i', 1 << 20)}\"}}\n"), id: "id"),
        Records(37, "numbers that no double holds", 0, "", Utf8("{\"text\":\"a\",\"n\":[1e400,-0,0.1,123456789012345678901234567890]}\n")),
        Records(38, "a NUL byte", 4, "pool.jsonl:2:5: error NUL: ", [.. One, .. Utf8("{\"te\0xt\":1}\n")]),
        Records(38, "a file of zeros", 4, "pool.jsonl:1:1: error NUL: .*crashed", new byte[5_000]),
        Records(39, "cut inside a character", 4, "pool.jsonl:2:12: error UTF8: ", [.. One, .. Utf8("{\"text\":\"ab"), 0xe2, 0x82]),
        Rows(),
        Records(41, "gzip named .jsonl", 4, "pool.jsonl: error GZIP: .*packed with gzip", Gzip(One)),
        Records(41, "text named .gz", 4, "pool.jsonl.gz: error GZIP: .*does not begin like gzip", One, "pool.jsonl.gz"),
        Records(42, "80 MB of one line in a small .gz", 4, $"pool.jsonl.gz:1:{MaxLine + 1}: error LINE_LENGTH: ", work => WriteBomb(work.At("pool.jsonl.gz"), (byte)'x'), "pool.jsonl.gz"),
        Records(42, "80 MB of zeros in a small .gz", 4, "pool.jsonl.gz:1:1: error NUL: ", work => WriteBomb(work.At("pool.jsonl.gz"), 0), "pool.jsonl.gz"),
        Records(43, "a damaged member", 4, @"pool.jsonl.gz: (offset \d+: )?error GZIP: ", Damaged(), "pool.jsonl.gz"),
        Records(43, "a cut member", 4, @"pool.jsonl.gz: (offset \d+: )?error GZIP: ", Gzip(One)[..^5], "pool.jsonl.gz"),
        Records(43, "rubbish behind a member", 4, @"pool.jsonl.gz: (offset \d+: )?error GZIP: ", [.. Gzip(One), 1, 2, 3], "pool.jsonl.gz"),
        Records(43, "several members", 0, "", [.. Gzip(One), .. Gzip(One)], "pool.jsonl.gz", budget: "2"),
    ];

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static HostileCase Rows() => new(40, "records and matrix disagree", 4, "vec.npy: error ROWS: .*9 rows.*10", work =>
    {
        work.WriteRecords("pool.jsonl", 10);
        work.WriteMatrix("vec.npy", 9, 4, seed: 1);
        work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
              "steps": { "pick": { "op": "kcenter", "in": "vec", "budget": 1 } }, "run": { "dir": "out" } }
            """);
    });

    private static void WriteLines(Workspace work, int count, int broken)
    {
        using FileStream file = File.Create(work.At("pool.jsonl"));
        using var buffered = new BufferedStream(file, 1 << 16);
        for (int line = 1; line <= count; line++) buffered.Write(line == broken ? "{\"text\":}\n"u8 : "{\"text\":\"a\"}\n"u8);
    }

    private static void WriteLongLine(Workspace work, int length)
    {
        byte[] line = new byte[length];
        line.AsSpan().Fill((byte)'x');
        "{\"text\":\""u8.CopyTo(line);
        "\"}"u8.CopyTo(line.AsSpan(length - 2));
        using FileStream file = File.Create(work.At("pool.jsonl"));
        file.Write(One);
        file.Write(line);
        file.Write("\n"u8);
    }

    private static void WriteBomb(string path, byte value)
    {
        byte[] part = new byte[1 << 20];
        part.AsSpan().Fill(value);
        using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        for (int i = 0; i < 80; i++) packed.Write(part);
    }

    private static void SetLength(string path, long length)
    {
        using FileStream file = File.Create(path);
        file.SetLength(length);
    }

    private static byte[] Damaged()
    {
        byte[] packed = Gzip(Utf8(string.Concat(Enumerable.Range(0, 100).Select(i => $"{{\"text\":\"{i}\"}}\n"))));
        packed[packed.Length / 2] ^= 0x10;
        return packed;
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(content);
        return packed.ToArray();
    }
}
