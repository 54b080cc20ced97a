using System.Globalization;
using System.Text;
using Engine.Data.Jsonl;

namespace Engine.Data;

/// <summary>Records in JSON Lines files that were checked completely: positions in memory, text in the files.</summary>
internal sealed class JsonlRecords : Records
{
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
    public override Conversation Conversation(long row) => OpenTurns(readAhead: 0).Read(Checked(row)).ToConversation();

    /// <inheritdoc/>
    public override IEnumerable<Conversation> Conversations(long firstRow, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows - firstRow);
        return Stream((int)firstRow, (int)count);
    }

    /// <inheritdoc/>
    internal override TurnReader OpenTurns(long readAhead) => new JsonlTurnReader(Name, _files, _entries, checked((int)Math.Min(readAhead, Rows)));

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
        TurnReader reader = OpenTurns(firstRow + count);
        for (int row = firstRow; row < firstRow + count; row++) yield return reader.Read(row).ToConversation();
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
