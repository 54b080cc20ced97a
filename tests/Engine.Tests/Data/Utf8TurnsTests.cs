using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Data.Jsonl;
using Engine.Kernels;
using Engine.Tests.Hostile;

namespace Engine.Tests.Data;

/// <summary>The turns as UTF-8 against the document model, which shares no scan, no unescaping and no layout with them.</summary>
public sealed class Utf8TurnsTests : IDisposable
{
    private static readonly byte[][] Words = Mutations.Words(
        "{", "}", "[", "]", ",", ":", "null", "\\n", "\\\\", "\\\"", "\\u0000", "\\u00e4", "\\ud83d\\ude00", "\\ud800", "\\udc00", "h\\u0075man", "human", "gpt", "chatgpt", "bing", "user", "ä€😀", "\"text\":\"\"", "\"input\":\"\"",
        "\"role\":\"tool\"", "\"content\":[{\"type\":\"text\",\"text\":\"\\t\"},{}]", new string('x', 70), string.Concat(Enumerable.Repeat("0123456789abcdefghij\\n", 9)));

    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Escapes_are_resolved_as_the_document_model_does()
    {
        MadeLines lines = new(36);
        for (int round = 0; round < 5_000; round++) AssertUnescaped(lines.NextText());
    }

    [Fact]
    public void Escapes_are_resolved_at_every_place_in_a_block()
    {
        string[] pieces = ["\\n", "\\\\", "\\\"", "\\/", "\\b\\f\\r\\t", "\\\\\\\"\\\\n", "\\u00e9", "\\uFFFD\\u0000", "\\ud83d\\ude00", "\\\\u0041", "\\u005cn", "ä\\nä", new string('\\', 128), string.Concat(Enumerable.Repeat("\\u20ac", 24))];
        foreach (string piece in pieces)
        {
            for (int before = 0; before < 132; before++)
            {
                foreach (int after in (int[])[0, 1, 57, 63, 64, 140]) AssertUnescaped(Encoding.UTF8.GetBytes(new string('n', before) + piece + new string('u', after)));
            }
        }
    }

    [Theory]
    [InlineData(RecordLayout.Messages, "messages.jsonl")]
    [InlineData(RecordLayout.Alpaca, "alpaca.jsonl")]
    [InlineData(RecordLayout.ShareGpt, "sharegpt.jsonl")]
    [InlineData(RecordLayout.PromptCompletion, "prompt.jsonl")]
    [InlineData(RecordLayout.P3, "p3.jsonl")]
    [InlineData(RecordLayout.Text, "text.jsonl")]
    public void Damaged_records_that_are_accepted_have_the_turns_of_the_document_model(RecordLayout layout, string file)
    {
        byte[][] seeds = [.. Fuzzer.Corpus("records", file).SelectMany(Lines)];
        Mutations mutations = new(Words, new Random(37));
        JsonLine json = new();
        Utf8Turns turns = new();
        int accepted = 0;
        for (int round = 0; round < 4_000; round++)
        {
            // The record stands somewhere inside a buffer, as it does in a window.
            byte[] seed = seeds[round % seeds.Length], line = round < seeds.Length ? seed : mutations.Of(seed, seeds[round / 7 % seeds.Length]);
            byte[] window = [.. Enumerable.Repeat((byte)'"', round % 5), .. line, (byte)'\\'];
            turns.Begin(window, round % 5, line.Length);
            if (json.Parse(turns.Line) is not null || ConversationReader.Read(layout, turns.Line, json, turns: null) is not null) continue;
            Assert.Null(ConversationReader.Read(layout, turns.Line, json, turns));
            IReadOnlyList<Turn> expected = TurnsOracle.Read(layout, line);
            Assert.Equal(expected, turns.ToConversation().Turns);
            Assert.Equal(expected, Enumerable.Range(0, turns.Count).Select(i => new Turn(Encoding.UTF8.GetString(turns.Role(i)), Encoding.UTF8.GetString(turns.Content(i)))));
            accepted++;
        }

        Assert.InRange(accepted, 100, 3_900);
    }

    [Fact]
    public void Rows_come_in_any_order_from_any_file_and_length()
    {
        string[] texts = [.. Enumerable.Range(0, 600).Select(i => $"{i}\n{new string((char)('a' + i % 26), i % 100 == 99 ? 3 << 20 : i * 7 % 9_000)}ä")];
        string[] paths = [.. Enumerable.Range(0, 3).Select(shard => _folder.Write($"t{shard}.jsonl", string.Concat(texts[(200 * shard)..(200 * shard + 200)].Select(text => JsonSerializer.Serialize(new { text }) + "\n\n"))))];
        using Records records = RecordsFile.Open(new RecordsInput("pool", paths, "t*.jsonl"), _files, Pass.Unwatched);
        Random random = new(38);
        int[] shuffled = [.. Enumerable.Range(0, texts.Length)];
        random.Shuffle(shuffled);
        foreach ((int[] rows, int readAhead) in ((int[], int)[])[([.. shuffled.Order()], texts.Length), ([.. shuffled.Order()], 450), (shuffled, 0), (shuffled, texts.Length)])
        {
            TurnReader reader = records.OpenTurns(readAhead);
            foreach (int row in rows)
            {
                Utf8Turns turns = reader.Read(row);
                Assert.Equal(1, turns.Count);
                Assert.True(turns.IsPlainText);
                Assert.True(turns.Content(0).SequenceEqual(Encoding.UTF8.GetBytes(texts[row])), $"row {row}");
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => records.OpenTurns(0).Read(texts.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => records.OpenTurns(0).Read(0).Content(1));
    }

    [Fact]
    public void A_warm_reader_reserves_nothing()
    {
        const int Rows = 4_000;
        string path = _folder.Write("w.jsonl", string.Concat(Enumerable.Range(0, Rows).Select(i =>
            $$"""{"messages":[{"role":"user","content":"{{i}} caf\u00e9\n"},{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"{{new string('b', i % 700)}}\\"}]}]}""" + "\n")));
        using Records records = RecordsFile.Open(new RecordsInput("pool", [path], path), _files, Pass.Unwatched);
        TurnReader reader = records.OpenTurns(Rows);
        Read();
        long before = GC.GetAllocatedBytesForCurrentThread();
        long bytes = Read();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(records.Conversations(0, Rows).Sum(c => c.Turns.Sum(t => (long)Encoding.UTF8.GetByteCount(t.Content))), bytes);

        long Read()
        {
            long sum = 0;
            for (int row = 0; row < Rows; row++)
            {
                Utf8Turns turns = reader.Read(row);
                for (int turn = 0; turn < turns.Count; turn++) sum += turns.Content(turn).Length;
            }

            return sum;
        }
    }

    [Fact]
    public void Strings_of_a_program_are_read_as_UTF_8()
    {
        using Records records = Records.From([new([new("user", "ä😀"), new("assistant", "half \ud83d pair")]), new([new(Turn.TextRole, "")])]);
        TurnReader reader = records.OpenTurns(2);
        Assert.Equal([new("user", "ä😀"), new("assistant", "half \ufffd pair")], reader.Read(0).ToConversation().Turns);
        Assert.False(reader.Read(0).IsPlainText);
        Assert.True(reader.Read(1).IsPlainText);
    }

    private static void AssertUnescaped(byte[] raw)
    {
        using JsonDocument document = JsonDocument.Parse((byte[])[(byte)'"', .. raw, (byte)'"']);
        byte[] text = new byte[raw.Length];
        int length = JsonUnescape.Write(raw, text);
        string expected = document.RootElement.GetString()!;
        Assert.True(Encoding.UTF8.GetBytes(expected).AsSpan().SequenceEqual(text.AsSpan(0, length)), Encoding.UTF8.GetString(raw));
    }

    private static IEnumerable<byte[]> Lines(byte[] file) =>
        Encoding.Latin1.GetString(file).Split('\n').Select(line => Encoding.Latin1.GetBytes(line.TrimEnd('\r'))).Where(line => line.Length > 0);
}
