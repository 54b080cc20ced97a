using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Engine.Data.Jsonl;
using Engine.Kernels;

namespace Engine.Data.Inspection;

/// <summary>What a file of JSON Lines holds: records in a layout, or other objects such as scores. Every line is checked.</summary>
/// <param name="file">The file; not owned.</param>
/// <param name="pass">Cancellation, and progress in bytes.</param>
internal sealed class JsonlFacts(InputFile file, Pass pass)
{
    private const int PieceBytes = 1 << 20;
    private const int MostFields = 64;

    private readonly JsonLine _json = new();
    private readonly List<IdCandidate> _ids = [];
    private readonly List<(string Key, string Type)> _fields = [];
    private RecordLayout _layout;
    private long _records;
    private int _moreFields;

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="EngineException">A line is no JSON object or does not fit the first one's layout: exit 4, with line and column.</exception>
    public void Add(List<Fact> facts)
    {
        using TextFile text = RecordsFile.Open(file, pass);
        LineSplitter lines = new(RecordsInput.DefaultMaxLineBytes, Take, (_, lineNumber) =>
            Error(lineNumber, new LineFault(RecordsInput.DefaultMaxLineBytes, "LINE_LENGTH", $"the line has more than {RecordsInput.DefaultMaxLineBytes} bytes. Check that the file has line ends (LF).")));
        text.ReadLines(lines, PieceBytes, pass, done => pass.Report("bytes", done, file.Length));
        if (_records == 0) throw EngineException.Input(file.Name, "EMPTY", "the file holds no records (0 lines with text).");

        facts.Add(new Fact("format", text switch { GzipTextFile => "JSON Lines, gzip", ZstdTextFile => "JSON Lines, zstd", _ => "JSON Lines" }));
        MatrixFacts.AddSize(file, facts);
        if (text is PackedTextFile) facts.Add(new Fact("unpacked", $"{MatrixFacts.Number(text.TextLength)} bytes"));
        facts.Add(new Fact("records", MatrixFacts.Number(_records)));
        facts.Add(new Fact("layout", LayoutName()));
        int width = _fields.Count == 0 ? 0 : _fields.Max(f => f.Key.Length);
        facts.AddRange(_fields.Select(f => new Fact("field", $"{f.Key.PadRight(width)}  {f.Type}")));
        if (_moreFields > 0) facts.Add(new Fact("field", $"and {_moreFields} more"));
        string[] ids = [.. _ids.Where(i => i.Fits).Select(i => i.Key)];
        facts.Add(new Fact("id candidates", ids.Length == 0 ? "none: no field whose name ends in id has a distinct value in every record" : string.Join(", ", ids)));
    }

    private void Take(ReadOnlySpan<byte> line, long offset, long lineNumber)
    {
        if (line.IndexOfAnyExcept(" \t\r"u8) < 0) return;
        if (_json.Parse(line) is { } fault) throw Error(lineNumber, fault);
        if (_records++ == 0) TakeFirst(line);
        if (_layout != RecordLayout.Auto && ConversationReader.Read(_layout, line, _json, turns: null) is { } misfit) throw Error(lineNumber, misfit);
        foreach (IdCandidate id in _ids) id.Take(line, _json);
    }

    private void TakeFirst(ReadOnlySpan<byte> line)
    {
        _layout = ConversationReader.Detect(line, _json);
        for (int name = 1; name < _json.Nodes[0].End; name = _json.Nodes[name + 1].End)
        {
            string key = _json.Text(line, name);
            JsonNode value = _json.Nodes[name + 1];
            if (_fields.Count < MostFields) _fields.Add((LineFault.Brief(key), TypeName(name + 1)));
            else _moreFields++;
            if (value.Type is JsonTokenType.String or JsonTokenType.Number && key.EndsWith("id", StringComparison.OrdinalIgnoreCase) && !key.Contains('.', StringComparison.Ordinal))
                _ids.Add(new IdCandidate(key));
        }
    }

    private string TypeName(int index) => _json.Nodes[index].Type switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => $"list of {Items(index)}",
        JsonTokenType.String => "text",
        JsonTokenType.Number => "number",
        JsonTokenType.Null => "null",
        _ => "truth value",
    };

    private int Items(int list)
    {
        int items = 0;
        for (int item = list + 1; item < _json.Nodes[list].End; item = _json.Nodes[item].End) items++;
        return items;
    }

    private string LayoutName() => _layout switch
    {
        RecordLayout.Auto => "none of the records' layouts; objects such as scores",
        RecordLayout.ShareGpt => "sharegpt",
        RecordLayout.PromptCompletion => "promptCompletion",
        _ => _layout.ToString().ToLowerInvariant(),
    };

    private EngineException Error(long lineNumber, LineFault fault) =>
        new(new EngineError(ExitCode.Input, fault.Code, fault.Message, file.Name, (int)Math.Min(lineNumber, int.MaxValue), fault.Offset + 1));

    // A field that may serve as id until a record lacks it or a value comes again. Memory: about 40 bytes a record, given back when it fails.
    private sealed class IdCandidate(string key)
    {
        private readonly FieldPath _path = new(key);
        private HashSet<UInt128>? _seen = [];

        public string Key => key;

        public bool Fits => _seen is not null;

        public void Take(ReadOnlySpan<byte> line, JsonLine json)
        {
            if (_seen is null) return;
            int found = _path.Find(line, json);
            if (found < 0 || json.Nodes[found].Type is not (JsonTokenType.String or JsonTokenType.Number) || !_seen.Add(Digest(line, json, found))) _seen = null;
        }

        // Half a SHA-256 stands for the value: equal by accident in less than one of 10^20 pools of a billion records.
        private static UInt128 Digest(ReadOnlySpan<byte> line, JsonLine json, int index)
        {
            JsonNode node = json.Nodes[index];
            ReadOnlySpan<byte> raw = line.Slice(node.Start, node.Length);
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(node.Escaped ? JsonText.Unescape(raw) : raw, hash);
            return MemoryMarshal.Read<UInt128>(hash);
        }
    }
}
