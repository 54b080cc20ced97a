using System.Text;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Tests.Data;

public sealed class JsonlRecordsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Lines_are_the_same_however_the_bytes_arrive()
    {
        byte[] text = Encoding.UTF8.GetBytes("\ufeff{\"text\":\"a\"}\r\n\n  \t\r\n{\"text\":\"ä\\n€😀\"}\n\r\n{ \"text\" : \"\\ud83d\\ude00\" } \n{\"text\":\"end\"}");
        string path = _folder.Write("x.jsonl", text);
        string[] expected = ["{\"text\":\"a\"}", "{\"text\":\"ä\\n€😀\"}", "{ \"text\" : \"\\ud83d\\ude00\" } ", "{\"text\":\"end\"}"];
        for (int piece = 1; piece <= text.Length + 1; piece++)
        {
            using Records records = Open(new RecordsInput("pool", [path], path) { PieceBytes = piece });
            Assert.Equal(expected, Enumerable.Range(0, (int)records.Rows).Select(row => Encoding.UTF8.GetString(records.Bytes(row))));
        }
    }

    [Fact]
    public void A_file_without_records_is_fine_beside_others_and_refused_alone()
    {
        string empty = _folder.Write("a.jsonl", "");
        string blank = _folder.Write("b.jsonl", "\ufeff\n \r\n");
        string full = _folder.Write("c.jsonl", "{\"text\":\"x\"}");
        using Records records = Open(new RecordsInput("pool", [empty, full, blank], "*.jsonl"));
        Assert.Equal(1, records.Rows);
        EngineException refused = Assert.Throws<EngineException>(() => Open(new RecordsInput("pool", [empty, blank], "[ab].jsonl")));
        Assert.Matches(@"^\[ab\]\.jsonl: error EMPTY: .*0 lines", refused.Message);
    }

    public static TheoryData<RecordLayout, string, string[]> Layouts() => new()
    {
        { RecordLayout.Messages, """{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u\n"},{"role":"tool","content":""}]}""", ["system:s", "user:u\n", "tool:"] },
        { RecordLayout.Messages, """{"messages":[{"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}],"role":"user"}]}""", ["user:ab"] },
        { RecordLayout.Alpaca, """{"instruction":"do","input":"","output":"done"}""", ["user:do", "assistant:done"] },
        { RecordLayout.Alpaca, """{"output":"done","instruction":"do","input":"it"}""", ["user:do\n\nit", "assistant:done"] },
        { RecordLayout.Alpaca, """{"output":"done","instruction":"do"}""", ["user:do", "assistant:done"] },
        { RecordLayout.ShareGpt, """{"conversations":[{"from":"system","value":"s"},{"from":"human","value":"h"},{"from":"gpt","value":"g"},{"from":"bard","value":"b"},{"from":"tool","value":"t"}]}""", ["system:s", "user:h", "assistant:g", "assistant:b", "tool:t"] },
        { RecordLayout.PromptCompletion, """{"prompt":"p","completion":"c"}""", ["user:p", "assistant:c"] },
        { RecordLayout.PromptCompletion, """{"prompt":[{"role":"user","content":"p"}],"completion":[{"role":"assistant","content":"c"}]}""", ["user:p", "assistant:c"] },
        { RecordLayout.P3, """{"inputs":[1,2],"targets":[3],"inputs_pretokenized":"i","targets_pretokenized":"t"}""", ["user:i", "assistant:t"] },
        { RecordLayout.P3, """{"inputs":"i","targets":"t"}""", ["user:i", "assistant:t"] },
        { RecordLayout.Text, """{"text":"\u00e4 \ud83d\ude00 \"q\" \\ \/ \b"}""", ["text:ä 😀 \"q\" \\ / \b"] },
        { RecordLayout.Text, """{"\u0074ext":"escaped key"}""", ["text:escaped key"] },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Layouts_are_found_and_read(RecordLayout layout, string line, string[] turns)
    {
        string path = _folder.Write("x.jsonl", line + "\n");
        foreach (RecordLayout asked in (RecordLayout[])[RecordLayout.Auto, layout])
        {
            using Records records = Open(new RecordsInput("pool", [path], path) { Layout = asked });
            Assert.Equal(turns, records.Conversation(0).Turns.Select(turn => $"{turn.Role}:{turn.Content}"));
            Assert.Equal(turns, records.Conversations(0, 1).Single().Turns.Select(turn => $"{turn.Role}:{turn.Content}"));
        }
    }

    [Fact]
    public void Files_of_one_input_may_have_different_layouts()
    {
        string a = _folder.Write("a.jsonl", "{\"text\":\"x\"}\n");
        string b = _folder.Write("b.jsonl", "{\"prompt\":\"p\",\"completion\":\"c\"}\n");
        using Records records = Open(new RecordsInput("pool", [a, b], "*.jsonl"));
        Assert.Equal([1, 2], records.Conversations(0, 2).Select(c => c.Turns.Count));
    }

    [Fact]
    public void Ids_are_kept_exactly_and_found_again()
    {
        string longId = new('x', 1 << 20);
        string[] ids = ["9007199254740993", "-0", "1.50", "1e400", "a\"b\\ä", "", longId, "007"];
        string[] written = ["9007199254740993", "-0", "1.50", "1e400", "\"a\\\"b\\\\\\u00e4\"", "\"\"", $"\"{longId}\"", "\"007\""];
        string path = _folder.Write("x.jsonl", string.Join('\n', written.Select(id => $"{{\"text\":\"t\",\"meta\":{{\"key\":{id}}}}}")));
        using Records records = Open(new RecordsInput("pool", [path], path) { Id = "meta.key" });
        Assert.Equal(ids, Enumerable.Range(0, ids.Length).Select(row => records.Id(row)));
        Assert.Equal(Enumerable.Range(0, ids.Length).Select(row => (long)row), ids.Select(records.RowOf));
        Assert.Equal(-1, records.RowOf("7"));
        Assert.Equal(ids.Reverse(), records.Ids([7, 6, 5, 4, 3, 2, 1, 0]));
    }

    [Fact]
    public void Without_an_id_field_the_row_is_the_id()
    {
        string path = _folder.Write("x.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
        using Records records = Open(new RecordsInput("pool", [path], path));
        Assert.Equal(("1", 1L, -1L, -1L, -1L), (records.Id(1), records.RowOf("1"), records.RowOf("01"), records.RowOf("2"), records.RowOf("x")));
    }

    [Fact]
    public void Sources_are_numbered_by_first_appearance()
    {
        string path = _folder.Write("x.jsonl", """
            {"text":"1","meta":{"source":"flan"}}
            {"text":"2","meta":{"source":"cot"}}
            {"text":"3"}
            {"text":"4","meta":{"source":"fl\u0061n"}}
            {"text":"5","meta":{"source":null}}
            {"text":"6","meta.source":"dotted","meta":{"source":"cot"}}
            {"text":"7","meta":{"source":12}}
            """);
        using Records records = Open(new RecordsInput("pool", [path], path) { Source = "meta.source" });
        Assert.Equal(["flan", "cot", "dotted", "12"], records.Sources);
        Assert.Equal([0, 1, -1, 0, -1, 2, 3], Enumerable.Range(0, 7).Select(row => records.SourceOf(row)));
    }

    [Fact]
    public void Many_rows_are_streamed_and_fetched_over_shards()
    {
        const int Shards = 3, PerShard = 20_000;
        string[] paths = [.. Enumerable.Range(0, Shards).Select(s => _folder.Write($"p{s}.jsonl",
            string.Concat(Enumerable.Range(0, PerShard).Select(i => $"{{\"text\":\"{s}-{i}-{new string('z', i % 97)}\",\"id\":{s * PerShard + i}}}\n"))))];
        using Records records = Open(new RecordsInput("pool", paths, "p*.jsonl") { Id = "id", PieceBytes = 4096 });
        Assert.Equal(Shards * PerShard, records.Rows);
        int row = 100;
        foreach (Conversation conversation in records.Conversations(100, Shards * PerShard - 200))
        {
            Assert.StartsWith($"{row / PerShard}-{row % PerShard}-", conversation.Turns[0].Content, StringComparison.Ordinal);
            row++;
        }

        Assert.Equal(Shards * PerShard - 100, row);
        int[] wanted = [59_999, 0, 20_000, 19_999, 20_000, 40_000];
        Assert.Equal(wanted.Select(w => w.ToString(System.Globalization.CultureInfo.InvariantCulture)), records.Ids(wanted));
        Assert.Equal(wanted.Select(w => records.Bytes(w)), records.Texts(wanted));
        Assert.Equal(45_678, records.RowOf("45678"));
    }

    [Fact]
    public void Cancelling_stops_the_pass_and_progress_reaches_the_end()
    {
        string path = _folder.Write("x.jsonl", string.Concat(Enumerable.Repeat("{\"text\":\"a\"}\n", 10_000)));
        using CancellationTokenSource cancel = new();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => RecordsFile.Open(new RecordsInput("pool", [path], path), _files, new Pass(null, cancel.Token)));
        List<WorkDone> seen = [];
        using Records records = RecordsFile.Open(new RecordsInput("pool", [path], path), _files, new Pass(new Watcher(seen)));
        Assert.Equal(new WorkDone("bytes", 130_000, 130_000), seen[^1]);
    }

    private Records Open(RecordsInput input) => RecordsFile.Open(input, _files, Pass.Unwatched);

    private sealed class Watcher(List<WorkDone> seen) : IProgress<WorkDone>
    {
        public void Report(WorkDone value) => seen.Add(value);
    }
}
