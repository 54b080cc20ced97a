using System.Buffers;
using System.Text;
using Engine.Kernels;

namespace Engine.Bench;

/// <summary>What a file of chat records holds, counted while it was made.</summary>
/// <param name="Bytes">The file's length.</param>
/// <param name="Records">Its lines.</param>
/// <param name="Turns">Messages in all records.</param>
/// <param name="Utf8">Bytes of UTF-8 in all contents, escapes resolved.</param>
/// <param name="Utf16">UTF-16 code units in all contents.</param>
/// <param name="Hash"><see cref="TextHash"/> of all roles and contents in order.</param>
internal sealed record RecordTotals(long Bytes, long Records, long Turns, long Utf8, long Utf16, ulong Hash);

/// <summary>Reproducible chat records: ids, sources, one to three exchanges, log-normal lengths, line breaks, quotes and tabs as escapes, some words that are not ASCII.</summary>
internal sealed class MadeRecords(long seed)
{
    private const int Vocabulary = 4096;
    private static readonly string[] Sources = ["flan", "cot", "dolly", "oasst1", "code_alpaca", "sharegpt", "self_instruct", "wizardlm"];
    private static readonly string[] Foreign = ["café", "naïve", "Straße", "Größe", "señor", "日本語", "数据", "данные", "мир", "😀", "→", "“so”"];

    private readonly RandomStream _random = new(seed, "chat-records");
    private readonly ArrayBufferWriter<byte> _line = new(1 << 16);
    private readonly byte[][] _words = new byte[Vocabulary][];
    private readonly ArrayBufferWriter<byte> _content = new(1 << 16);
    private ulong _hash = TextHash.Start;
    private long _turns;
    private long _utf8;
    private long _utf16;

    /// <summary>Writes records until the file has at least so many bytes.</summary>
    public static RecordTotals Write(string path, long bytes, long seed = 1)
    {
        var records = new MadeRecords(seed);
        records.MakeWords();
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        long rows = 0;
        for (; stream.Position < bytes; rows++)
        {
            records._line.ResetWrittenCount();
            records.AddRecord(rows);
            stream.Write(records._line.WrittenSpan);
        }

        return new RecordTotals(stream.Position, rows, records._turns, records._utf8, records._utf16, records._hash);
    }

    private void MakeWords()
    {
        for (int i = 0; i < Vocabulary; i++)
        {
            byte[] word = new byte[2 + _random.NextBelow(4) + _random.NextBelow(6)];
            for (int j = 0; j < word.Length; j++) word[j] = (byte)('a' + _random.NextBelow(26));
            _words[i] = word;
        }
    }

    private void AddRecord(long row)
    {
        string source = Sources[_random.NextBelow(Sources.Length)];
        bool foreign = _random.NextBelow(10) == 0, escapesOnly = _random.NextBelow(4) == 0;
        Add($"{{\"id\": \"{source}-{row}\", \"source\": \"{source}\", \"messages\": [");
        if (_random.NextBelow(5) == 0) AddTurn("system", 120, foreign: false, escapesOnly, first: true);
        else AddTurn("user", 250, foreign, escapesOnly, first: true);
        for (long exchanges = 1 + _random.NextBelow(3); exchanges > 0; exchanges--)
        {
            AddTurn("assistant", 800, foreign, escapesOnly, first: false);
            if (exchanges > 1) AddTurn("user", 150, foreign, escapesOnly, first: false);
        }

        Add($"], \"score\": {_random.NextDouble():F6}, \"turns\": {_turns % 7}, \"keep\": {(row % 3 == 0 ? "true" : "null")}}}\n");
    }

    private void AddTurn(string role, double median, bool foreign, bool escapesOnly, bool first)
    {
        _turns++;
        _content.ResetWrittenCount();
        Add($"{(first ? "" : ", ")}{{\"role\": \"{role}\", \"content\": \"");
        double gaussian = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        long wanted = (long)Math.Clamp(median * Math.Exp(0.9 * gaussian), 8, 30_000), end = _utf16 + wanted;
        while (_utf16 < end)
        {
            int kind = (int)_random.NextBelow(100);
            if (foreign && kind < 12) AddForeign(Foreign[_random.NextBelow(Foreign.Length)], escapesOnly);
            else AddPlain(_words[_random.NextBelow(Vocabulary)]);
            if (kind == 97) AddEscape("\\\"", '"');
            else if (kind == 98) AddEscape("\\t", '\t');
            AddEscapeOrSpace(kind);
        }

        Add("\"}");
        _hash = TextHash.Add(TextHash.Add(_hash, Encoding.UTF8.GetBytes(role)), _content.WrittenSpan);
    }

    private void AddEscapeOrSpace(int kind)
    {
        if (kind < 94) AddPlain(" "u8);
        else AddEscape("\\n", '\n');
    }

    private void AddPlain(ReadOnlySpan<byte> text)
    {
        _line.Write(text);
        _content.Write(text);
        _utf8 += text.Length;
        _utf16 += text.Length;
    }

    private void AddEscape(string escape, char character)
    {
        Add(escape);
        _content.Write([(byte)character]);
        _utf8++;
        _utf16++;
    }

    // Python's json.dumps writes escapes unless told otherwise.
    private void AddForeign(string text, bool escaped)
    {
        Add(escaped ? string.Concat(text.Select(c => c < 0x80 ? $"{c}" : $"\\u{(int)c:x4}")) : text);
        _utf8 += Encoding.UTF8.GetBytes(text, _content);
        _utf16 += text.Length;
    }

    private void Add(string text) => Encoding.UTF8.GetBytes(text, _line);
}
