using System.Globalization;
using System.Text;
using Engine.Data;
using Engine.Data.Scores;

namespace Engine.Runs;

/// <summary>A selection.csv of a finished run, read line by line: a selection of millions is never held as text.</summary>
internal sealed class SelectionTable : IDisposable
{
    private readonly InputFile _file;
    private readonly CsvReader _reader;

    private SelectionTable(InputFile file)
    {
        _file = file;
        _reader = new CsvReader(file);
        Columns = _reader.Read() ? [.. Enumerable.Range(0, _reader.Count).Select(Text)] : [];
    }

    /// <summary>The header.</summary>
    public string[] Columns { get; }

    /// <summary>Opens a step's table, or the run's own.</summary>
    /// <param name="run">The run.</param>
    /// <param name="step">The step, or null for the run's own selection.</param>
    public static SelectionTable Open(FinishedRun run, string? step) =>
        new(run.OpenFile(step is null ? RunFiles.SelectionTable : RunFiles.OfStep(step, RunFiles.SelectionTable)));

    /// <summary>Goes on to the next chosen row.</summary>
    /// <returns>False at the end.</returns>
    public bool Read() => _reader.Read();

    /// <summary>The place of a column, or -1.</summary>
    public int Find(string column) => Array.IndexOf(Columns, column);

    /// <summary>A field of this line.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(_reader[column]);

    /// <summary>A whole number of this line.</summary>
    public int Integer(int column) => int.Parse(_reader[column], NumberStyles.Integer, CultureInfo.InvariantCulture);

    /// <summary>Whether a field of this line is a text, byte for byte.</summary>
    public bool Is(int column, ReadOnlySpan<byte> text) => _reader[column].SequenceEqual(text);

    /// <summary>The fields of this line by column.</summary>
    public IReadOnlyDictionary<string, string> Fields() => Columns.Select((name, i) => (name, Text(i))).ToDictionary(f => f.name, f => f.Item2);

    public void Dispose() => _file.Dispose();
}
