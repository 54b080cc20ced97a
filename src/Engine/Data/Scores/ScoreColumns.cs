using System.Text;

namespace Engine.Data.Scores;

/// <summary>Gathers scores row by row, in file order or at the row that an id names.</summary>
/// <param name="input">What the plan says.</param>
/// <param name="pool">The records to match by id, or null to match by row.</param>
internal sealed class ScoreColumns(ScoresInput input, Records? pool)
{
    private readonly List<List<double>> _byRow = [];
    private readonly List<double[]> _byId = [];
    private readonly (int File, long Line)[] _places = pool is null ? [] : new (int, long)[pool.Rows];
    private readonly List<string> _files = [];
    private string[]? _names;
    private string _firstFile = "";
    private long _rows;

    /// <summary>The row that the next values belong to, for messages: counted over all files from 0.</summary>
    public long Row => _rows;

    /// <summary>Says which columns a file has; every file has the same.</summary>
    /// <param name="file">The file.</param>
    /// <param name="names">The columns in file order.</param>
    /// <exception cref="EngineException">There is none, or another file has others: exit 4.</exception>
    public void Begin(InputFile file, string[] names)
    {
        if (input.Id is not null && pool is null)
            throw EngineException.Input(file.Name, "ID", $"the scores are to be matched by id (\"{input.Id}\"), but no records are bound to them. Set \"rowsOf\", or remove \"id\" to match by row.");
        _files.Add(file.Name);
        if (names.Length == 0) throw EngineException.Input(file.Name, "COLUMN", "the file has no column of numbers. Check the path and the header.");
        if (_names is null)
        {
            (_names, _firstFile) = (names, file.Name);
            foreach (string _ in names)
            {
                if (pool is null) _byRow.Add([]);
                else _byId.Add(new double[pool.Rows]);
            }
        }
        else if (!_names.SequenceEqual(names))
        {
            throw EngineException.Input(file.Name, "COLUMN", $"the columns are {string.Join(", ", names)}, but those of {_firstFile} are {string.Join(", ", _names)}. The files of one input have the same columns.");
        }
    }

    /// <summary>Adds one row.</summary>
    /// <param name="values">One finite number per column.</param>
    /// <param name="id">The row's id, or null when rows are matched by number.</param>
    /// <param name="line">Where it stands in the file, from 1: its line, or its row where there are no lines.</param>
    /// <returns>What is wrong with the id as code and message, or null.</returns>
    public (string Code, string Message)? Add(ReadOnlySpan<double> values, string? id, long line)
    {
        if (pool is null)
        {
            for (int i = 0; i < values.Length; i++) _byRow[i].Add(values[i]);
            _rows++;
            return null;
        }

        string shown = Jsonl.LineFault.Brief(id!);
        long row = pool.RowOf(id!);
        if (row < 0) return ("UNKNOWN_ID", $"no record of {pool.Name} has the id '{shown}'. Remove the line, or check which pool the scores belong to.");
        if (_places[row].Line > 0) return ("DUPLICATE_ID", $"the id '{shown}' has a score already, at {_files[_places[row].File]}:{_places[row].Line}; a record has one. Remove one of the two.");
        _places[row] = (_files.Count - 1, line);
        for (int i = 0; i < values.Length; i++) _byId[i][row] = values[i];
        _rows++;
        return null;
    }

    /// <summary>Makes the table.</summary>
    /// <exception cref="EngineException">There is no row, or a record of the pool has no score: exit 4.</exception>
    public ScoreTable Finish()
    {
        int missing = Array.FindIndex(_places, place => place.Line == 0);
        if (missing >= 0)
            throw EngineException.Input(input.Written, "MISSING_ID", $"row {missing} of {pool!.Name}, id '{Jsonl.LineFault.Brief(pool.Id(missing))}', has no score; {_rows} of {pool.Rows} records have one. Add the missing scores.");
        if (_rows == 0) throw EngineException.Input(input.Written, "EMPTY", "the input holds no scores (0 rows). Check the path.");
        Dictionary<string, double[]> columns = new(StringComparer.Ordinal);
        for (int i = 0; i < _names!.Length; i++) columns.Add(_names[i], pool is null ? [.. _byRow[i]] : _byId[i]);
        return new ScoreTable(columns, input.Written);
    }

    /// <summary>Strict UTF-8 for names and ids.</summary>
    public static string? TryDecode(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : null;
}
