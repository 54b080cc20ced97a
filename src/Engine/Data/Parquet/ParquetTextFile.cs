using System.Buffers;
using Engine.Data.Jsonl;
using Engine.Kernels;

namespace Engine.Data.Parquet;

/// <summary>The rows of a Parquet file as JSON Lines: one object per row, in file order.</summary>
/// <remarks>
/// The text exists only on its way. Spilling it to disk would make going back cheaper, but takes several times the file's size there; instead, every few MiB of text
/// the first pass notes a row to start from, and going back unpacks from the last such row. The library skips whole row groups by number, so this costs at most one row group's unpacking.
/// Memory: one chunk of rows per open place, and a row's text.
/// </remarks>
/// <param name="file">The file.</param>
/// <param name="pass">Cancellation of the checks before the first pass.</param>
internal sealed class ParquetTextFile(InputFile file, Pass pass) : PackedTextFile(file, mostCursors: 4)
{
    private const long RestartBytes = 4 << 20;

    private readonly Restarts _restarts = new();
    private ParquetJson? _json;
    private ParquetFile? _parquet;

    /// <inheritdoc/>
    public override EngineError Fault(long line, LineFault fault) => new(ExitCode.Input, fault.Code, $"row {line - 1}: {fault.Message}", File.Name);

    /// <inheritdoc/>
    public override string Place(long line, int column) => $"row {line - 1} of {File.Name}";

    /// <inheritdoc/>
    protected override PackedReader OpenChecked()
    {
        _parquet = ParquetFile.Open(File, pass);
        _json = new ParquetJson(_parquet);
        return new Reader(_parquet, _json, 0, _restarts);
    }

    /// <inheritdoc/>
    protected override long RestartBefore(long offset) => _restarts.Before(offset).Text;

    /// <inheritdoc/>
    protected override PackedReader OpenAgain(long restart) => new Reader(_parquet!, _json!, _restarts.Before(restart).Row, restarts: null);

    // Text offsets and rows at which reading can begin, ascending. Ids are read back while the first pass is still under way.
    private sealed class Restarts
    {
        private readonly Lock _gate = new();
        private readonly List<(long Text, long Row)> _places = [(0, 0)];

        public (long Text, long Row) Before(long offset)
        {
            lock (_gate) return _places[~_places.BinarySearch((offset, long.MaxValue)) - 1];
        }

        public void Note(long text, long row)
        {
            lock (_gate)
            {
                if (text - _places[^1].Text >= RestartBytes) _places.Add((text, row));
            }
        }
    }

    private sealed class Reader : PackedReader
    {
        private const int PieceBytes = 1 << 16;

        private readonly ParquetFile _file;
        private readonly ParquetJson _json;
        private readonly Restarts? _restarts;
        private readonly ParquetRows _rows;
        private readonly long _firstRow;
        private readonly ArrayBufferWriter<byte> _text = new(PieceBytes);
        private long _textStart;
        private int _given;
        private int _at;

        public Reader(ParquetFile file, ParquetJson json, long firstRow, Restarts? restarts)
        {
            (_file, _json, _firstRow) = (file, json, firstRow);
            _restarts = file.CanStartAnywhere ? restarts : null;
            _rows = file.Read(json.Expressions, firstRow);
        }

        // Rows stand for bytes: how far the library has read in the file it does not say.
        public override long Consumed => (long)((Int128)_file.File.Length * (_firstRow + _rows.Done + _at) / Math.Max(1, _file.Footer.Rows));

        public override int Read(Span<byte> buffer)
        {
            if (_given == _text.WrittenCount && !Refill()) return 0;
            ReadOnlySpan<byte> part = _text.WrittenSpan[_given..];
            part = part[..Math.Min(part.Length, buffer.Length)];
            part.CopyTo(buffer);
            _given += part.Length;
            return part.Length;
        }

        public override void Dispose() => _rows.Dispose();

        private bool Refill()
        {
            _textStart += _text.WrittenCount;
            _given = 0;
            _text.ResetWrittenCount();
            while (_text.WrittenCount < PieceBytes)
            {
                if (_at == _rows.Count)
                {
                    bool more = _rows.Next();
                    _at = 0;
                    if (!more) break;
                }

                long row = _firstRow + _rows.Done + _at;
                _restarts?.Note(_textStart + _text.WrittenCount, row);
                _json.WriteRow(_rows.Columns, _at++, row, _text);
            }

            if (_text.WrittenCount > 0) return true;
            if (_firstRow + _rows.Done == _file.Footer.Rows) return false;
            throw EngineException.Input(_file.File.Name, "ROWS", $"the footer says {_file.Footer.Rows} rows, but {_firstRow + _rows.Done} can be read. The file is damaged; copy or write it again.");
        }
    }
}
