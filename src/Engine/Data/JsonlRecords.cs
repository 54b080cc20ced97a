using System.Globalization;
using System.Text;
using Engine.Data.Jsonl;

namespace Engine.Data;

/// <summary>Records in JSON Lines files that were checked completely: positions in memory, text in the files.</summary>
internal sealed class JsonlRecords : Records
{
    private const int WindowBytes = 1 << 20;
    private const long BatchBytes = 64 << 20;
    private const int EntryBytes = 64;

    private readonly IReadOnlyList<TextFile> _files;
    private readonly ChunkedList<RecordEntry> _entries;
    private readonly IdTable? _ids;

    /// <summary>Takes what a pass over the files found.</summary>
    /// <param name="input">What the plan says.</param>
    /// <param name="files">The files; owned from here on.</param>
    /// <param name="scan">The finished pass.</param>
    public JsonlRecords(RecordsInput input, IReadOnlyList<TextFile> files, RecordScan scan)
    {
        (_files, _entries, _ids) = (files, scan.Entries, scan.Ids);
        Name = input.Written;
        Sources = scan.Sources;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override long Rows => _entries.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Sources { get; }

    /// <inheritdoc/>
    public override int SourceOf(long row) => _entries[Checked(row)].Source;

    /// <inheritdoc/>
    public override string Id(long row)
    {
        int index = Checked(row);
        return _ids is null ? row.ToString(CultureInfo.InvariantCulture) : Encoding.UTF8.GetString(RecordScan.ReadId(_files, _entries, index));
    }

    /// <inheritdoc/>
    public override long RowOf(string id)
    {
        if (_ids is not null) return _ids.Find(Encoding.UTF8.GetBytes(id));
        bool isRow = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long row) && row < Rows;
        return isRow && row.ToString(CultureInfo.InvariantCulture) == id ? row : -1;
    }

    /// <inheritdoc/>
    public override byte[] Bytes(long row)
    {
        int index = Checked(row);
        byte[] bytes = new byte[_entries[index].Length];
        _files[RecordScan.FileOf(_files, index)].Read(_entries[index].Offset, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Ids(IReadOnlyList<int> rows) =>
        _ids is null ? base.Ids(rows) : InOrder(rows, row => _entries[row].IdLength, row => Id(row));

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Texts(IReadOnlyList<int> rows) => InOrder(rows, row => _entries[row].Length, row => Bytes(row));

    /// <inheritdoc/>
    public override Conversation Conversation(long row)
    {
        byte[] bytes = Bytes(row);
        return Read(new JsonLine(), bytes, _files[RecordScan.FileOf(_files, (int)row)].Layout, row);
    }

    /// <inheritdoc/>
    public override IEnumerable<Conversation> Conversations(long firstRow, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows - firstRow);
        return Stream((int)firstRow, (int)count);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (TextFile file in _files) file.Dispose();
        }

        base.Dispose(disposing);
    }

    private IEnumerable<Conversation> Stream(int firstRow, int count)
    {
        JsonLine json = new();
        byte[] window = [];
        long windowStart = 0;
        TextFile? windowFile = null;
        for (int row = firstRow; row < firstRow + count; row++)
        {
            RecordEntry entry = _entries[row];
            TextFile file = _files[RecordScan.FileOf(_files, row)];
            if (file != windowFile || entry.Offset + entry.Length > windowStart + window.Length)
            {
                // As much as one window holds, but never past the last record wanted or the file's end.
                (windowFile, windowStart) = (file, entry.Offset);
                long end = file.TextLength;
                if (RecordScan.FileOf(_files, firstRow + count - 1) is int last && _files[last] == file) end = _entries[firstRow + count - 1].Offset + _entries[firstRow + count - 1].Length;
                int length = (int)Math.Max(entry.Length, Math.Min(WindowBytes, end - entry.Offset));
                if (window.Length != length) window = new byte[length];
                file.Read(windowStart, window);
            }

            yield return Read(json, window.AsSpan((int)(entry.Offset - windowStart), entry.Length), file.Layout, row);
        }
    }

    private Conversation Read(JsonLine json, ReadOnlySpan<byte> line, RecordLayout layout, long row)
    {
        List<Turn> turns = [];
        LineFault? fault = json.Parse(line) ?? ConversationReader.Read(layout, line, json, turns);
        if (fault is null) return new Conversation(turns);
        throw new EngineException(new EngineError(ExitCode.InputChanged, "CHANGED", $"row {row} is no longer the record it was when the file was checked: {fault.Message}", Name));
    }

    // Every batch is read from front to back, which is what disks and packed files are good at, and handed out in the order asked for.
    private IEnumerable<T> InOrder<T>(IReadOnlyList<int> rows, Func<int, long> size, Func<int, T> read)
    {
        Dictionary<int, T> batch = [];
        for (int first = 0; first < rows.Count;)
        {
            int end = first;
            for (long bytes = 0; end < rows.Count && (end == first || bytes < BatchBytes); end++) bytes += size(Checked(rows[end])) + EntryBytes;
            foreach (int row in Enumerable.Range(first, end - first).Select(i => rows[i]).Distinct().Order()) batch[row] = read(row);
            for (; first < end; first++) yield return batch[rows[first]];
            batch.Clear();
        }
    }

    private int Checked(long row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        return (int)row;
    }
}
