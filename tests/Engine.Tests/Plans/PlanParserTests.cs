using System.Text;
using Engine.Plans;

namespace Engine.Tests.Plans;

/// <summary>Text that is no plan, or not quite JSON: what is told, and where.</summary>
public sealed class PlanParserTests
{
    private const string Steps = """ "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } }, "steps": { "s": { "op": "kmeans", "in": "vec", "k": 1 } } """;

    public static TheoryData<string, string> Broken => new()
    {
        { "", "1:1: error SYNTAX: found an empty file" },
        { " \n\n ", "3:2: error SYNTAX: found an empty file" },
        { "// nothing\n", "2:1: error SYNTAX: found text that is not JSON: the text has no value. Mend the text at this place." },
        { "nil", "1:2: error SYNTAX: " },
        { "{ \"a\": NaN }", "1:8: error SYNTAX: " },
        { "{ \"a\": 01 }", "1:9: error SYNTAX: " },
        { "{ \"a\": +1 }", "1:8: error SYNTAX: " },
        { "{ \"a\": 1 \"b\": 2 }", "1:10: error SYNTAX: " },
        { "{\n  \"a\": 1,\n  'b': 2\n}", "3:3: error SYNTAX: " },
        { "{ \"ä\": \"日本\", b }", "1:14: error SYNTAX: " },
        { "{ \"a\": \"😀\" b }", "1:12: error SYNTAX: " },
        { "{ \"a\": \"x\ny\" }", "1:10: error SYNTAX: " },
        { "{ \"a\": 1", "1:9: error SYNTAX: " },
        { "{ \"a\": true", "1:12: error SYNTAX: found text that is not JSON: the text ends while an object or array is open. Mend" },
        { "{ \"a\": [1, 2 }", "1:14: error SYNTAX: " },
        { "{ } { }", "1:5: error SYNTAX: " },
        { "{ }\r\nrest", "2:1: error SYNTAX: " },
        { "{ } /* open", "1:" },
        { "{ \"a\": \"\\x\" }", "1:10: error SYNTAX: " },
        { "{ \"a\":\0 1 }", "1:7: error SYNTAX: found a NUL byte at offset 6" },
        { "[ 1 ]", "1:1: error TYPE: found an array, expected a plan" },
        { "\"plan\"", "1:1: error TYPE: found the string \"plan\", expected a plan" },
        { "null", "1:1: error TYPE: found null, expected a plan" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void BrokenTextIsToldWhereItBreaks(string json, string expected) =>
        Assert.StartsWith("plan.json:" + expected, Assert.Single(SampleLanguage.Errors(json)), StringComparison.Ordinal);

    public static TheoryData<byte[], string> Encodings => new()
    {
        { [0xFF, 0xFE, (byte)'{', 0, (byte)'}', 0], "1:1: error ENCODING: found UTF-16 text, expected UTF-8." },
        { Encoding.BigEndianUnicode.GetPreamble().Concat(Encoding.BigEndianUnicode.GetBytes("{ }")).ToArray(), "1:1: error ENCODING: found UTF-16 text" },
        { Encoding.Unicode.GetBytes("{ }"), "1:1: error ENCODING: found UTF-16 text" },
        { Encoding.BigEndianUnicode.GetBytes("{ }"), "1:1: error ENCODING: found UTF-16 text" },
        { Encoding.UTF32.GetPreamble().Concat(Encoding.UTF32.GetBytes("{ }")).ToArray(), "1:1: error ENCODING: found UTF-32 text" },
        { Encoding.UTF32.GetBytes("{ }"), "1:1: error ENCODING: found UTF-32 text" },
        { [.. "{\n \"é"u8, 0xFF, .. "\": 1 }"u8], "2:4: error ENCODING: found the byte 0xff at offset 6, which is not UTF-8." },
        { [0xEF, 0xBB, 0xBF, .. "{ \""u8, 0xC3, .. "\" }"u8], "1:4: error ENCODING: found the byte 0xc3 at offset 6" },
        { [.. "{ \"a\": \""u8, 0xED, 0xA0, 0x80, .. "\" }"u8], "1:9: error ENCODING: found the byte 0xed at offset 8" },
        { [.. "{ // "u8, 0xC0, 0x80, .. "\n }"u8], "1:6: error ENCODING: found the byte 0xc0 at offset 5" },
        { "{ // \0\n }"u8.ToArray(), "1:6: error SYNTAX: found a NUL byte at offset 5" },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void OnlyUtf8IsRead(byte[] json, string expected) =>
        Assert.StartsWith("plan.json:" + expected, Assert.Single(SampleLanguage.Errors(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("\uFEFF{ \"version\": 1, ", "a byte order mark")]
    [InlineData("{ \"version\": 1, // comment\n /* another\n one */ \"x-a\": [1, 2, ],", "comments and commas")]
    [InlineData("{ \"version\": 1.0, ", "a whole number with a point")]
    [InlineData("{\r\n\"version\"\t: 1, \"x-😀\": \"\\ud83d\\ude00\", ", "an escaped pair")]
    public void TheseAreRead(string start, string why)
    {
        Plan plan = SampleLanguage.Read(start + Steps + ", }");
        Assert.True(plan.Steps.Count == 1, why);
    }

    [Fact]
    public void AByteOrderMarkTakesNoColumn() =>
        Assert.StartsWith("plan.json:1:14: error VERSION", Assert.Single(SampleLanguage.Errors("\uFEFF{ \"version\": 3, " + Steps + "}")), StringComparison.Ordinal);

    [Fact]
    public void ColumnsCountCharacters() =>
        Assert.StartsWith("plan.json:1:30: error VERSION", Assert.Single(SampleLanguage.Errors("{ \"x-é日😀\": \"é日😀\", \"version\": 3, " + Steps + "}")), StringComparison.Ordinal);

    [Fact]
    public void EveryDuplicateIsToldWhereverItIs()
    {
        string[] errors = SampleLanguage.Errors("""
            { "version": 1, "version": 1,
              "x-a": [{ "b": 1, "\u0062": 2 }],
              "inputs": { "vec": { "kind": "embeddings", "path": "v.npy" } },
              "steps": { "s": { "op": "kmeans", "in": "vec", "k": 1 }, "s": 5 } }
            """);
        Assert.Equal(
        [
            "plan.json:1:17: error DUPLICATE_KEY: found the key \"version\" again, expected it once; it first stands at 1:3. Remove one of the two.",
            "plan.json:2:21: error DUPLICATE_KEY: found the key \"b\" again, expected it once; it first stands at 2:13. Remove one of the two.",
            "plan.json:4:60: error DUPLICATE_KEY: found the key \"s\" again, expected it once; it first stands at 4:14. Remove one of the two.",
        ], errors);
    }

    [Fact]
    public void DuplicatesBeforeASyntaxErrorAreToldToo()
    {
        string[] errors = SampleLanguage.Errors("{ \"a\": 1, \"a\": 2, ] }");
        Assert.Equal(2, errors.Length);
        Assert.StartsWith("plan.json:1:11: error DUPLICATE_KEY", errors[0], StringComparison.Ordinal);
        Assert.StartsWith("plan.json:1:19: error SYNTAX", errors[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"\\ud800\"", "error ENCODING: found a lone surrogate")]
    [InlineData("\"a\\udc00b\"", "error ENCODING: found a lone surrogate")]
    [InlineData("\"a\\u0000b\"", "error VALUE: found NUL")]
    public void NoStringHoldsHalfACharacterOrNul(string text, string expected)
    {
        string step = $$"""{ "op": "iterate", "clusters": "vec", "feedback": {{text}} }""";
        string[] errors = SampleLanguage.Errors(SampleLanguage.WithStep(step));
        Assert.Equal(2, errors.Length);
        Assert.Contains(expected, errors[1], StringComparison.Ordinal);

        string key = Assert.Single(SampleLanguage.Errors("{ \"version\": 1, \"x-a\": { " + text + ": 1 }, " + Steps + "}"));
        Assert.StartsWith("plan.json:1:26: " + expected, key, StringComparison.Ordinal);
    }

    [Fact]
    public void NestingIsLimitedTo64()
    {
        string Nested(int depth) => "{ \"version\": 1, " + Steps + ", \"x-a\": " + new string('[', depth) + new string(']', depth) + " }";
        Assert.Single(SampleLanguage.Read(Nested(63)).Steps);
        string error = Assert.Single(SampleLanguage.Errors(Nested(64)));
        Assert.Contains("error DEPTH: found objects and arrays nested deeper than 64", error, StringComparison.Ordinal);
        Assert.Contains("error DEPTH", Assert.Single(SampleLanguage.Errors(Nested(100_000))), StringComparison.Ordinal);
        Assert.Contains("error DEPTH", Assert.Single(SampleLanguage.Errors(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)))), StringComparison.Ordinal);
    }

    [Fact]
    public void SizeIsLimited()
    {
        byte[] json = new byte[(16 << 20) + 1];
        Array.Fill(json, (byte)' ');
        Assert.StartsWith("plan.json:1:1: error SIZE: found 16777217 bytes or more, expected a plan of at most 16777216", Assert.Single(SampleLanguage.Errors(json)), StringComparison.Ordinal);
        Assert.Contains("error SYNTAX: found an empty file", Assert.Single(SampleLanguage.Errors(json[1..])), StringComparison.Ordinal);

        string many = "{ \"x-a\": [" + string.Join(',', Enumerable.Repeat("0", 200_000)) + "] }";
        Assert.Contains("error SIZE: found more than 200000 values", Assert.Single(SampleLanguage.Errors(many)), StringComparison.Ordinal);
    }

    [Fact]
    public void ErrorsBeyondAThousandAreCounted()
    {
        string keys = string.Join(',', Enumerable.Range(0, 1500).Select(i => $"\"key{i}\": 1"));
        string[] errors = SampleLanguage.Errors("{ \"version\": 1, " + Steps + "," + keys + " }");
        Assert.Equal(1001, errors.Length);
        Assert.Equal("plan.json: error MORE: found 500 more errors. Mend those above first.", errors[^1]);
    }

    [Fact]
    public void ControlCharactersNeverReachATerminal()
    {
        string error = Assert.Single(SampleLanguage.Errors("{ \"version\": 1, \"\\u001b[2Jx\": 1, " + Steps + "}"));
        Assert.Contains("\\u001b[2Jx", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', error);
    }
}
