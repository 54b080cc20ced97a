using System.Text;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Tests.Data;

/// <summary>Wrong records: exit 4, the code word, file, line and column.</summary>
public sealed class JsonlBadInputTests : IDisposable
{
    private const int MaxLine = 20_000;

    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, byte[], string> Lines()
    {
        static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
        static byte[] Around(string before, byte[] middle, string after) => [.. Utf8(before), .. middle, .. Utf8(after)];
        string manyKeys = string.Concat(Enumerable.Range(0, 40).Select(i => $"\"k{i}\":{i},"));
        return new TheoryData<string, byte[], string>
        {
            { "broken", Utf8("{\"text\":\"a\"}\n{\"text\":}\n"), "2:9: error JSON: " },
            { "cut", Utf8("{\"text\":\"a"), "1:.*: error JSON: " },
            { "trailing comma", Utf8("{\"text\":\"a\",}"), "1:13: error JSON: the line is not valid JSON: a comma stands before the closing bracket with nothing in between\\. Remove the comma\\. A record is one JSON object on one line\\.$" },
            { "trailing comma in a list", Utf8("{\"text\":[1,]}"), "1:12: error JSON: .*Remove the comma" },
            { "comment behind", Utf8("{\"text\":\"a\"} // c"), "1:14: error JSON: .*a comment begins here, and JSON has none" },
            { "slash", Utf8("{\"text\":/}"), "1:9: error JSON: .*'/' is invalid after a value" },
            { "open", Utf8("{\"text\":\"a\""), "1:12: error JSON: .*the text ends while an object or array is open" },
            { "comment", Utf8("{\"text\":\"a\"/*c*/}"), "1:12: error JSON: .*a comment begins here, and JSON has none\\. Remove it" },
            { "two values", Utf8("{\"text\":\"a\"} {\"text\":\"b\"}"), "1:14: error JSON: .*more text follows the end of the value" },
            { "tab in string", Utf8("{\"text\":\"a\tb\"}"), "1:11: error JSON: " },
            { "leading zero", Utf8("{\"text\":\"a\",\"n\":01}"), "1:18: error JSON: " },
            { "NaN", Utf8("{\"text\":\"a\",\"n\":NaN}"), "1:17: error JSON: " },
            { "array", Utf8("[{\"text\":\"a\"}]"), "1:1: error NOT_OBJECT: the line is an array" },
            { "number", Utf8(" 12"), "1:2: error NOT_OBJECT: the line is a number" },
            { "after a mark", Utf8("\ufeff[1]"), "1:1: error NOT_OBJECT: " },
            { "mark inside", Utf8("{\"text\":\"a\"}\n\ufeff{\"text\":\"a\"}"), "2:1: error JSON: " },
            { "invalid byte", Around("{\"text\":\"a\"}\n{\"text\":\"", [0xff], "\"}"), "2:10: error UTF8: byte 0xFF" },
            { "overlong", Around("{\"text\":\"", [0xc0, 0xaf], "\"}"), "1:10: error UTF8: byte 0xC0" },
            { "encoded surrogate", Around("{\"text\":\"", [0xed, 0xa0, 0x80], "\"}"), "1:10: error UTF8: byte 0xED" },
            { "over U+10FFFF", Around("{\"text\":\"", [0xf4, 0x90, 0x80, 0x80], "\"}"), "1:10: error UTF8: byte 0xF4" },
            { "cut character", Around("{\"text\":\"ab", [0xe2, 0x82], ""), "1:12: error UTF8: byte 0xE2" },
            { "UTF-16", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("{\"text\":\"a\"}")], "1:1: error UTF8: .*UTF-16" },
            { "lone high surrogate", Utf8("{\"text\":\"\\n\\ud800 \"}"), "1:12: error SURROGATE: " },
            { "lone low surrogate", Utf8("{\"text\":\"\\\\\\udc00\"}"), "1:12: error SURROGATE: " },
            { "two high surrogates", Utf8("{\"text\":\"\\uD83D\\uD83D\"}"), "1:10: error SURROGATE: " },
            { "surrogate in a key", Utf8("{\"text\":\"a\",\"\\udfff\":1}"), "1:14: error SURROGATE: " },
            { "NUL", Utf8("{\"text\":\"a\"}\n{\"te\0xt\":1}"), "2:5: error NUL: " },
            { "zeros", new byte[100], "1:1: error NUL: .*crashed" },
            { "many zeros", new byte[3 * MaxLine], "1:1: error NUL: .*crashed" },
            { "depth 65", Utf8("{\"text\":\"a\",\"x\":" + new string('[', 64) + new string(']', 64) + "}"), "1:80: error DEPTH: " },
            { "depth 10000", Utf8("{\"x\":" + new string('[', 9_999)), "1:69: error DEPTH: " },
            { "duplicate key", Utf8("{\"text\":\"a\",\"b\":1,\"text\":\"c\"}"), "1:19: error DUPLICATE_KEY: the key \"text\".* column 2, then at column 19" },
            { "duplicate key inside", Utf8("{\"text\":\"a\",\"b\":[{\"c\":{\"d\":1,\"d\":2}}]}"), "1:30: error DUPLICATE_KEY: the key \"d\".* column 24, then at column 30" },
            { "duplicate by escape", Utf8("{\"text\":\"a\",\"t\\u0065xt\":1}"), "1:13: error DUPLICATE_KEY: the key \"text\"" },
            { "duplicate of many", Utf8("{\"text\":\"a\"," + manyKeys + "\"k7\":0}"), "error DUPLICATE_KEY: the key \"k7\"" },
            { "duplicate of many by escape", Utf8("{\"text\":\"a\"," + manyKeys + "\"k\\u0037\":0}"), "error DUPLICATE_KEY: the key \"k7\"" },
            { "long line", Utf8("{\"text\":\"a\"}\n{\"text\":\"" + new string('x', MaxLine) + "\"}\n"), "2:20001: error LINE_LENGTH: .*20000" },
            { "endless line", Utf8(new string('x', 5 * MaxLine)), "1:20001: error LINE_LENGTH: .*20000" },
            { "no layout", Utf8("{\"body\":\"a\",\"title\":1}"), "1:1: error LAYOUT: .*body, title.*messages.*alpaca.*sharegpt.*promptCompletion.*p3.*text" },
            { "empty object", Utf8("{}"), "1:1: error LAYOUT: .*no keys" },
            { "another layout later", Utf8("{\"text\":\"a\"}\n{\"prompt\":\"a\",\"completion\":\"b\"}"), "2:1: error LAYOUT: .*lacks the key \"text\"" },
            { "text not text", Utf8("{\"text\":12}"), "1:9: error LAYOUT: .*a number" },
            { "messages not a list", Utf8("{\"messages\":\"a\"}"), "1:13: error LAYOUT: .*a string.*a list" },
            { "no messages", Utf8("{\"messages\":[]}"), "1:13: error LAYOUT: .*empty" },
            { "message not an object", Utf8("{\"messages\":[1]}"), "1:14: error LAYOUT: .*an object" },
            { "no role", Utf8("{\"messages\":[{\"content\":\"a\"}]}"), "1:14: error LAYOUT: .*\"role\"" },
            { "content null", Utf8("{\"messages\":[{\"role\":\"user\",\"content\":null}]}"), "1:39: error LAYOUT: .*null" },
            { "content number", Utf8("{\"messages\":[{\"role\":\"user\",\"content\":1}]}"), "1:39: error LAYOUT: .*a number" },
            { "part not an object", Utf8("{\"messages\":[{\"role\":\"user\",\"content\":[\"a\"]}]}"), "1:40: error LAYOUT: .*a string" },
            { "no value", Utf8("{\"conversations\":[{\"from\":\"human\"}]}"), "1:19: error LAYOUT: .*\"value\"" },
            { "output null", Utf8("{\"instruction\":\"a\",\"output\":null}"), "1:29: error LAYOUT: .*\"output\".*null" },
            { "input number", Utf8("{\"instruction\":\"a\",\"output\":\"b\",\"input\":3}"), "1:41: error LAYOUT: .*\"input\".*a number" },
        };
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Is_refused(string what, byte[] file, string expected)
    {
        string path = _folder.Write("bad.jsonl", file);
        foreach (int piece in (int[])[1, 7, 1 << 16])
        {
            if (piece == 1 && file.Length > 5_000) continue;
            EngineException refused = Assert.Throws<EngineException>(() => Open(new RecordsInput("pool", [path], "pool/bad.jsonl") { MaxLineBytes = MaxLine, PieceBytes = piece }));
            Assert.Equal(ExitCode.Input, refused.Exit);
            Assert.Matches($"^pool/bad.jsonl:([0-9]+:[0-9]+: )?{expected}", refused.Message);
        }

        Assert.True(what.Length > 0);
    }

    [Fact]
    public void A_line_of_exactly_the_limit_is_read_and_one_byte_more_is_not()
    {
        string Line(int length) => $"{{\"text\":\"{new string('x', length - 11)}\"}}";
        string path = _folder.Write("x.jsonl", "\ufeff" + Line(64) + "\r\n" + Line(64) + "\n" + Line(64) + "\r\n" + Line(64));
        string over = _folder.Write("y.jsonl", Line(64) + "\n" + Line(65));
        for (int piece = 1; piece < 80; piece++)
        {
            using Records records = Open(new RecordsInput("pool", [path], path) { MaxLineBytes = 64, PieceBytes = piece });
            Assert.Equal(4, records.Rows);
            EngineException refused = Assert.Throws<EngineException>(() => Open(new RecordsInput("pool", [over], "y.jsonl") { MaxLineBytes = 64, PieceBytes = piece }));
            Assert.Matches("^y.jsonl:2:65: error LINE_LENGTH: ", refused.Message);
        }
    }

    [Theory]
    [InlineData("{\"text\":\"a\"}", "1:1: error MISSING_ID: .*\"id\"")]
    [InlineData("{\"text\":\"a\",\"id\":null}", "1:18: error ID: ")]
    [InlineData("{\"text\":\"a\",\"id\":[1]}", "1:18: error ID: ")]
    [InlineData("{\"text\":\"a\",\"id\":\"x\"}\n\n{\"id\":\"y\",\"text\":\"a\"}\n{\"text\":\"b\",\"id\":\"\\u0078\"}", "4:18: error DUPLICATE_ID: .*\\\\u0078.*bad.jsonl:1:18")]
    [InlineData("{\"text\":\"a\",\"id\":1}\n{\"id\":\"1\",\"text\":\"a\"}", "2:7: error DUPLICATE_ID: .*bad.jsonl:1:18")]
    public void Wrong_ids_are_refused(string text, string expected)
    {
        string path = _folder.Write("bad.jsonl", text);
        EngineException refused = Assert.Throws<EngineException>(() => Open(new RecordsInput("pool", [path], "bad.jsonl") { Id = "id" }));
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Matches("^bad.jsonl:" + expected, refused.Message);
    }

    [Fact]
    public void An_id_that_two_shards_have_is_refused_with_both_places()
    {
        string a = _folder.Write("p-2.jsonl", "{\"text\":\"a\",\"id\":\"x\"}\n{\"text\":\"a\",\"id\":\"same\"}\n");
        string e = _folder.Write("p-3.jsonl", "\n");
        string b = _folder.Write("p-10.jsonl", "{\"text\":\"a\",\"id\":\"y\"}\n\n{\"id\":\"same\",\"text\":\"a\"}\n");
        EngineException refused = Assert.Throws<EngineException>(() => Open(new RecordsInput("pool", [a, e, b], "p-*.jsonl") { Id = "id" }));
        Assert.Matches(@"^p-10\.jsonl:3:7: error DUPLICATE_ID: .*""same"".*p-2\.jsonl:2:18", refused.Message);
    }

    [Fact]
    public void A_source_that_is_a_list_is_refused()
    {
        string path = _folder.Write("bad.jsonl", "{\"text\":\"a\",\"s\":[]}");
        EngineException refused = Assert.Throws<EngineException>(() => Open(new RecordsInput("pool", [path], "bad.jsonl") { Source = "s" }));
        Assert.Matches("^bad.jsonl:1:17: error SOURCE: ", refused.Message);
    }

    [Theory]
    [InlineData("x.parquet", "x")]
    [InlineData("x.jsonl", "PAR1")]
    public void What_claims_to_be_Parquet_must_be_Parquet(string name, string content)
    {
        string path = _folder.Write(name, content);
        EngineException refused = Assert.Throws<EngineException>(() => Open(new RecordsInput("pool", [path], name)));
        Assert.Equal((ExitCode.Input, "PARQUET"), (refused.Exit, refused.Errors[0].Code));
    }

    [Fact]
    public void Every_cut_of_a_record_is_refused()
    {
        byte[] line = Encoding.UTF8.GetBytes("{\"messages\":[{\"role\":\"user\",\"content\":\"ä\\u00e4€\"}],\"n\":[1.5e3,true,null]}");
        for (int length = 1; length < line.Length; length++)
        {
            string path = _folder.Write("cut.jsonl", line.AsSpan(0, length));
            EngineException refused = Assert.Throws<EngineException>(() => Open(new RecordsInput("pool", [path], path)));
            Assert.Equal((ExitCode.Input, 1), (refused.Exit, refused.Errors[0].Line));
        }
    }

    private Records Open(RecordsInput input) => RecordsFile.Open(input, _files, Pass.Unwatched);
}
