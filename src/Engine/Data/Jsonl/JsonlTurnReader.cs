namespace Engine.Data.Jsonl;

/// <summary>Reads the turns of records that lie in files: rows in order from a window that moves over the text, others each by itself.</summary>
/// <param name="name">How messages call the records.</param>
/// <param name="files">The files.</param>
/// <param name="entries">Where the records are.</param>
/// <param name="readAhead">The row behind the last one that is read in order; nothing behind it is read ahead.</param>
internal sealed class JsonlTurnReader(string name, IReadOnlyList<TextFile> files, ChunkedList<RecordEntry> entries, int readAhead) : TurnReader
{
    private const int WindowBytes = 1 << 20;

    private readonly JsonLine _json = new();
    private readonly Utf8Turns _turns = new();
    private byte[] _window = [];
    private int _windowLength;
    private long _windowStart;
    private TextFile? _windowFile;

    /// <inheritdoc/>
    public override Utf8Turns Read(long row)
    {
        RecordEntry entry = entries[checked((int)row)];
        TextFile file = files[RecordScan.FileOf(files, (int)row)];
        if (file != _windowFile || entry.Offset < _windowStart || entry.Offset + entry.Length > _windowStart + _windowLength) Move(file, entry, (int)row);

        _turns.Begin(_window, (int)(entry.Offset - _windowStart), entry.Length);
        LineFault? fault = _json.Parse(_turns.Line) ?? ConversationReader.Read(file.Layout, _turns.Line, _json, _turns);
        if (fault is null) return _turns;
        throw new EngineException(new EngineError(ExitCode.InputChanged, "CHANGED", $"row {row} is no longer the record it was when the file was checked: {fault.Message}", name));
    }

    // As much as one window holds, but never past the last record wanted or the file's end.
    private void Move(TextFile file, in RecordEntry entry, int row)
    {
        long end = entry.Offset + entry.Length;
        if (row < readAhead)
        {
            RecordEntry last = entries[readAhead - 1];
            end = files[RecordScan.FileOf(files, readAhead - 1)] == file ? last.Offset + last.Length : file.TextLength;
        }

        int length = (int)Math.Max(entry.Length, Math.Min(WindowBytes, end - entry.Offset));
        if (_window.Length < length || _window.Length > WindowBytes && length <= WindowBytes) _window = new byte[length];

        // Nothing is in the window while it is being filled.
        _windowFile = null;
        file.Read(entry.Offset, _window.AsSpan(0, length));
        (_windowFile, _windowStart, _windowLength) = (file, entry.Offset, length);
    }
}
