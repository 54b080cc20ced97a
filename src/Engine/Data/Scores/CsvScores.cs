using System.Text;
using Engine.Kernels;

namespace Engine.Data.Scores;

/// <summary>Scores in comma-separated values: a header, then one row per record.</summary>
internal static class CsvScores
{
    /// <summary>Adds a file's rows.</summary>
    /// <exception cref="EngineException">The header or a value is wrong: exit 4, with line and column.</exception>
    public static void Read(InputFile file, ScoresInput input, ScoreColumns columns, Pass pass)
    {
        CsvReader reader = new(file);
        if (!reader.Read()) throw EngineException.Input(file.Name, "EMPTY", "the file is empty, but a header with the names of the columns comes first.");
        string[] header = Header(reader);
        int id = input.Id is null ? -1 : Find(reader, header, input.Id, "id");
        int[] wanted = input.Column is null ? [.. Enumerable.Range(0, header.Length).Where(i => i != id)] : [Find(reader, header, input.Column, "column")];
        columns.Begin(file, [.. wanted.Select(i => header[i])]);

        double[] values = new double[wanted.Length];
        while (reader.Read())
        {
            pass.Cancel.ThrowIfCancellationRequested();
            if (reader.Count != header.Length)
                throw reader.Error(reader.Count - 1, "COLUMN", $"the row has {reader.Count} cells, but the header has {header.Length}. Quote cells that hold commas.");
            for (int i = 0; i < wanted.Length; i++) values[i] = Number(reader, wanted[i], header[wanted[i]], columns.Row);
            string? text = id < 0 ? null : Text(reader, id);
            if (columns.Add(values, text, reader.Line) is (string code, string message)) throw reader.Error(id, code, message);
        }
    }

    private static string[] Header(CsvReader reader)
    {
        string[] header = [.. Enumerable.Range(0, reader.Count).Select(i => Text(reader, i))];
        for (int i = 0; i < header.Length; i++)
        {
            if (header[i].Length == 0) throw reader.Error(i, "COLUMN", "a column has no name. The first line of the file names every column.");
            if (Array.IndexOf(header, header[i]) < i) throw reader.Error(i, "COLUMN", $"the column '{header[i]}' stands twice. Rename one.");
        }

        if (header.Length == 1 && (header[0].Contains(';', StringComparison.Ordinal) || header[0].Contains('\t', StringComparison.Ordinal)))
            throw reader.Error(0, "COLUMN", "the cells are not divided by commas. Write the file with commas.");
        return header;
    }

    private static int Find(CsvReader reader, string[] header, string name, string key)
    {
        int at = Array.IndexOf(header, name);
        return at >= 0 ? at : throw reader.Error(0, "COLUMN", $"the file has no column '{name}', which \"{key}\" asks for; it has {string.Join(", ", header)}.");
    }

    private static double Number(CsvReader reader, int cell, string column, long row)
    {
        ReadOnlySpan<byte> text = reader[cell];
        if (!ScoresFile.TryParse(text, out double value))
            throw reader.Error(cell, "SCORE", $"row {row}: the column '{column}' has '{Jsonl.LineFault.Brief(Encoding.UTF8.GetString(text))}', which is no number. Correct it, or name the column to use with \"column\".");
        return double.IsFinite(value) ? value : throw reader.Error(cell, "NOT_FINITE", $"row {row}: the column '{column}' has '{Encoding.UTF8.GetString(text)}', but scores are finite. Correct or remove the row.");
    }

    private static string Text(CsvReader reader, int cell) =>
        ScoreColumns.TryDecode(reader[cell]) ?? throw reader.Error(cell, "UTF8", "the cell is not valid UTF-8. Write the file as UTF-8.");
}
