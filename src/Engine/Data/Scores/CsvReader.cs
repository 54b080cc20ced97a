namespace Engine.Data.Scores;

/// <summary>Reads comma-separated values (RFC 4180) row by row: quotes may hold commas, line ends and doubled quotes. LF or CRLF ends a row; a byte order mark is skipped.</summary>
/// <param name="file">The file.</param>
internal sealed class CsvReader(InputFile file)
{
    private const int MaxRowBytes = 16 << 20;

    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly List<(int Start, int Length, int Line, int Column)> _cells = [];
    private byte[] _row = new byte[1024];
    private int _rowLength;
    private long _fileAt;
    private int _at;
    private int _end;
    private int _line = 1;
    private int _column;

    /// <summary>Cells in the current row.</summary>
    public int Count => _cells.Count;

    /// <summary>The line the current row begins on, from 1.</summary>
    public int Line => _cells[0].Line;

    /// <summary>The text of a cell of the current row, without quotes.</summary>
    public ReadOnlySpan<byte> this[int cell] => _row.AsSpan(_cells[cell].Start, _cells[cell].Length);

    /// <summary>Reads the next row that is not blank.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="EngineException">A quote stands in the wrong place or is never closed, or a row is too long: exit 4.</exception>
    public bool Read()
    {
        do
        {
            _cells.Clear();
            _rowLength = 0;
            if (_fileAt == 0 && _at == _end) SkipMark();
            if (Peek() < 0) return false;
            while (ReadCell())
            {
            }
        }
        while (_cells.Count == 1 && _cells[0].Length == 0);

        CheckZeros();
        return true;
    }

    // A number in front of them would be read as if it were whole.
    private void CheckZeros()
    {
        int zero = _row.AsSpan(0, _rowLength).IndexOf((byte)0);
        if (zero < 0) return;
        int cell = _cells.FindLastIndex(c => c.Start <= zero);
        throw Error(cell, "NUL", "the cell holds a zero byte, which no text has; a writer that crashed leaves such zeros behind. Write the file again.");
    }

    /// <summary>An error at a cell of the current row.</summary>
    public EngineException Error(int cell, string code, string message)
    {
        (_, _, int line, int column) = cell < _cells.Count ? _cells[cell] : _cells[^1];
        return At(line, column, code, message);
    }

    // Reads one cell and what ends it; true when another cell follows in the row.
    private bool ReadCell()
    {
        (int start, int line, int column) = (_rowLength, _line, _column + 1);
        if (Peek() == '"')
        {
            Take();
            for (; ; )
            {
                int c = Peek();
                if (c < 0) throw At(line, column, "QUOTE", "a quote is opened here and never closed. Close it; a quote inside a quoted cell is written twice.");
                Take();
                if (c == '"')
                {
                    if (Peek() != '"') break;
                    Take();
                }

                Append((byte)c);
            }

            if (Peek() is not (',' or '\n' or '\r' or -1)) throw At(_line, _column + 1, "QUOTE", "something follows a closing quote. A quote inside a quoted cell is written twice.");
        }
        else
        {
            while (Peek() is not (',' or '\n' or -1) and int c)
            {
                if (c == '"') throw At(_line, _column + 1, "QUOTE", "a quote stands inside a cell that does not begin with one. Quote the whole cell and double the quotes in it.");
                Take();
                Append((byte)c);
            }

            if (_rowLength > start && _row[_rowLength - 1] == '\r' && Peek() != ',') _rowLength--;
        }

        if (Peek() == '\r')
        {
            Take();
            if (Peek() is not ('\n' or -1)) throw At(_line, _column, "QUOTE", "a CR follows a closing quote, but only LF and CRLF end a row. Quote cells that hold line ends.");
        }

        _cells.Add((start, _rowLength - start, line, column));
        return Take() == ',';
    }

    private int Peek()
    {
        if (_at < _end) return _buffer[_at];
        _end = (int)Math.Min(_buffer.Length, file.Length - _fileAt);
        file.Read(_fileAt, _buffer.AsSpan(0, _end));
        _fileAt += _end;
        _at = 0;
        return _end > 0 ? _buffer[0] : -1;
    }

    private int Take()
    {
        int c = Peek();
        if (c < 0) return c;
        _at++;
        _column++;
        if (c != '\n') return c;
        _line++;
        _column = 0;
        return c;
    }

    private void Append(byte value)
    {
        if (_rowLength == _row.Length)
        {
            if (_rowLength == MaxRowBytes) throw At(_line, 1, "LINE_LENGTH", $"the row has more than {MaxRowBytes} bytes. Check that every quote is closed.");
            Array.Resize(ref _row, 2 * _rowLength);
        }

        _row[_rowLength++] = value;
    }

    private void SkipMark()
    {
        if (Peek() == 0xef && _end >= 3 && _buffer[1] == 0xbb && _buffer[2] == 0xbf) _at = 3;
    }

    private EngineException At(int line, int column, string code, string message) =>
        new(new EngineError(ExitCode.Input, code, message, file.Name, line, column));
}
