using System.Text;
using System.Text.Json;
using Engine.Kernels;

namespace Engine.Data.Jsonl;

/// <summary>The first pass over record files: checks every record completely and notes where it is.</summary>
/// <remarks>Packed files are unpacked by a thread of their own. Memory: 24 bytes a record, 16 more with ids, a few MiB of pieces, and the longest line.</remarks>
internal sealed class RecordScan
{
    /// <summary>Entries whose memory is asked for at a time: 24 bytes each, and 24 more for ids at the hash table's largest.</summary>
    private const int EntriesCharged = 1 << 14;

    private readonly RecordsInput _input;
    private readonly IReadOnlyList<TextFile> _files;
    private readonly Pass _pass;
    private readonly MemoryReservation _memory;
    private readonly JsonLine _json = new();
    private readonly FieldPath? _id;
    private readonly FieldPath? _source;
    private readonly Dictionary<string, int> _sourceNumbers = new(StringComparer.Ordinal);
    private readonly List<string> _sources = [];
    private readonly long _totalBytes;
    private TextFile _file;
    private byte[] _lastSource = [];
    private int _lastSourceNumber = -1;
    private long _bytesBefore;

    /// <summary>Prepares a pass.</summary>
    /// <param name="input">What the plan says.</param>
    /// <param name="files">The opened files in order.</param>
    /// <param name="pass">Cancellation, and progress in bytes.</param>
    /// <param name="memory">What the tables are charged to.</param>
    public RecordScan(RecordsInput input, IReadOnlyList<TextFile> files, MemoryReservation memory, Pass pass)
    {
        _memory = memory;
        (_input, _files, _pass, _file) = (input, files, pass, files[0]);
        _id = input.Id is null ? null : new FieldPath(input.Id);
        _source = input.Source is null ? null : new FieldPath(input.Source);
        _totalBytes = files.Sum(f => f.File.Length);
        if (_id is not null) Ids = new IdTable(HasId);
    }

    /// <summary>The records found.</summary>
    public ChunkedList<RecordEntry> Entries { get; } = new();

    /// <summary>The ids, or null when records have none.</summary>
    public IdTable? Ids { get; }

    /// <summary>The distinct sources in order of first appearance.</summary>
    public IReadOnlyList<string> Sources => _sources;

    /// <summary>Reads all files.</summary>
    /// <exception cref="EngineException">A record is wrong: exit 4, with line and column.</exception>
    public void Run()
    {
        foreach (TextFile file in _files)
        {
            _file = file;
            file.FirstRow = Entries.Count;
            file.Layout = _input.Layout;
            LineSplitter splitter = new(_input.MaxLineBytes, Take, TooLong);
            file.ReadLines(splitter, _input.PieceBytes, _pass, done => _pass.Report("bytes", _bytesBefore + done, _totalBytes));
            _bytesBefore += file.File.Length;
        }
    }

    private void Take(ReadOnlySpan<byte> line, long offset, long lineNumber)
    {
        if (line.IndexOfAnyExcept(" \t\r"u8) < 0) return;
        LineFault? fault = _json.Parse(line) ?? CheckLayout(line);
        if (fault is not null) throw Error(lineNumber, fault);
        if (Entries.Count == Array.MaxLength)
            throw Error(lineNumber, new LineFault(0, "ROWS", $"the input has more than {Array.MaxLength} records. Split the pool."));
        if (Entries.Count % EntriesCharged == 0) _memory.Grow(EntriesCharged * (_id is null ? 24 : 48));
        (int idStart, int idLength) = TakeId(line, lineNumber);
        Entries.Add(new RecordEntry(offset, line.Length, TakeSource(line, lineNumber), idStart, idLength));
    }

    private LineFault? CheckLayout(ReadOnlySpan<byte> line)
    {
        if (_file.Layout == RecordLayout.Auto)
        {
            _file.Layout = ConversationReader.Detect(line, _json);
            if (_file.Layout == RecordLayout.Auto) return ConversationReader.NoLayout(line, _json);
        }

        return ConversationReader.Read(_file.Layout, line, _json, turns: null);
    }

    private (int Start, int Length) TakeId(ReadOnlySpan<byte> line, long lineNumber)
    {
        if (_id is null) return (0, 0);
        int value = _id.Find(line, _json);
        if (value < 0) throw Error(lineNumber, new LineFault(0, "MISSING_ID", $"the record lacks its id field \"{_id.Written}\". Add it, or leave \"id\" out of the input to use row numbers."));
        JsonNode node = _json.Nodes[value];
        bool text = node.Type == JsonTokenType.String;
        if (!text && node.Type != JsonTokenType.Number)
            throw Error(lineNumber, new LineFault(node.Start, "ID", $"the id field \"{_id.Written}\" is neither a string nor a number. Correct the record."));
        (int start, int length) = text ? (node.Start - 1, node.Length + 2) : (node.Start, node.Length);
        ReadOnlySpan<byte> raw = line.Slice(node.Start, node.Length);
        int first = Ids!.Add(node.Escaped ? JsonText.Unescape(raw) : raw);
        if (first < 0) return (start, length);
        throw Error(lineNumber, new LineFault(start, "DUPLICATE_ID", $"the id {LineFault.Brief(Encoding.UTF8.GetString(line.Slice(start, length)))} is already that of the record at {PlaceOfId(first)}. Ids are unique over all files of an input; change or remove one."));
    }

    private int TakeSource(ReadOnlySpan<byte> line, long lineNumber)
    {
        int value = _source?.Find(line, _json) ?? -1;
        if (value < 0 || _json.Nodes[value].Type == JsonTokenType.Null) return -1;
        JsonNode node = _json.Nodes[value];
        if (node.Type is not (JsonTokenType.String or JsonTokenType.Number))
            throw Error(lineNumber, new LineFault(node.Start, "SOURCE", $"the source field \"{_source!.Written}\" is neither a string nor a number. Correct the record."));

        // Records of one source mostly stand together.
        ReadOnlySpan<byte> raw = line.Slice(node.Start, node.Length);
        if (_lastSourceNumber >= 0 && raw.SequenceEqual(_lastSource)) return _lastSourceNumber;
        string name = _json.Text(line, value);
        if (!_sourceNumbers.TryGetValue(name, out int number))
        {
            number = _sources.Count;
            _sources.Add(name);
            _sourceNumbers.Add(name, number);
        }

        (_lastSource, _lastSourceNumber) = (raw.ToArray(), number);
        return number;
    }

    private bool HasId(int row, ReadOnlySpan<byte> id)
    {
        byte[] other = ReadId(_files, Entries, row);
        return other.AsSpan().SequenceEqual(id);
    }

    /// <summary>Reads one record's id as UTF-8 text.</summary>
    public static byte[] ReadId(IReadOnlyList<TextFile> files, ChunkedList<RecordEntry> entries, int row)
    {
        RecordEntry entry = entries[row];
        byte[] raw = new byte[entry.IdLength];
        files[FileOf(files, row)].Read(entry.Offset + entry.IdStart, raw);
        if (raw[0] != '"') return raw;
        ReadOnlySpan<byte> inner = raw.AsSpan(1, raw.Length - 2);
        return inner.Contains((byte)'\\') ? JsonText.Unescape(inner) : inner.ToArray();
    }

    /// <summary>The file that holds a row: the last one that begins at or before it (an empty file begins where the next one does).</summary>
    public static int FileOf(IReadOnlyList<TextFile> files, int row)
    {
        int low = 0, high = files.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (files[middle].FirstRow <= row) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    // Lines are not kept: on the way to an error there is time to count them.
    private string PlaceOfId(int row)
    {
        TextFile file = _files[FileOf(_files, row)];
        byte[] buffer = new byte[1 << 16];
        long line = 1;
        for (long done = 0; done < Entries[row].Offset;)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Entries[row].Offset - done));
            file.Read(done, part);
            line += part.Count((byte)'\n');
            done += part.Length;
        }

        return file.Place(line, Entries[row].IdStart + 1);
    }

    private EngineException TooLong(ReadOnlySpan<byte> start, long lineNumber)
    {
        LineFault fault = start[0] == 0
            ? new LineFault(0, "NUL", "a NUL byte stands in the text; a writer that crashed leaves such zeros behind. Write the file again.")
            : new LineFault(_input.MaxLineBytes, "LINE_LENGTH", $"the line has more than {_input.MaxLineBytes} bytes, the most a record may have. Check that the file has line ends (LF); split larger records.");
        return Error(lineNumber, fault);
    }

    private EngineException Error(long lineNumber, LineFault fault) => new(_file.Fault(lineNumber, fault));
}
