using System.Globalization;
using System.Text;
using Engine.Data.Jsonl;
using Engine.Data.Parquet;
using Engine.Kernels;
using Engine.Native.DuckDb;

namespace Engine.Data.Scores;

/// <summary>Scores in Parquet: columns of numbers.</summary>
internal static class ParquetScores
{
    /// <summary>Adds a file's rows.</summary>
    /// <exception cref="EngineException">A column is missing or no number, or a value is missing or not finite: exit 4, with the 0-based row. libduckdb is missing: exit 9.</exception>
    public static void Read(InputFile file, ScoresInput input, ScoreColumns columns, Pass pass)
    {
        ParquetFile parquet = ParquetFile.Open(file, pass);
        int id = input.Id is null ? -1 : Find(parquet, input.Id, "id");
        int[] wanted = input.Column is null
            ? [.. Enumerable.Range(0, parquet.Types.Count).Where(i => i != id && IsNumber(parquet.Types[i].Id))]
            : [Find(parquet, input.Column, "column")];
        if (wanted.FirstOrDefault(i => !IsNumber(parquet.Types[i].Id), -1) is var text and >= 0)
            throw EngineException.Input(file.Name, "SCORE", $"the column '{Name(parquet, text)}' is {LineFault.Brief(parquet.Footer.Columns[text].TypeName)}, but scores are numbers. Name another \"column\".");
        if (id >= 0 && parquet.Types[id].Id is not DuckDbTypeId.Varchar && !IsWhole(parquet.Types[id].Id))
            throw EngineException.Input(file.Name, "ID", $"the id column '{Name(parquet, id)}' is {LineFault.Brief(parquet.Footer.Columns[id].TypeName)}, neither text nor a whole number. Name another \"id\".");
        columns.Begin(file, [.. wanted.Select(i => parquet.Footer.Columns[i].Name)]);

        IEnumerable<string> expressions = wanted.Select(i => $"CAST({parquet.Reference(i)} AS DOUBLE)");
        if (id >= 0) expressions = expressions.Append($"CAST({parquet.Reference(id)} AS VARCHAR)");
        double[] values = new double[wanted.Length];
        using ParquetRows rows = parquet.Read(expressions);
        while (rows.Next())
        {
            pass.Cancel.ThrowIfCancellationRequested();
            for (int at = 0; at < rows.Count; at++)
            {
                for (int i = 0; i < wanted.Length; i++) values[i] = Number(parquet, wanted[i], rows.Columns[i], at, columns.Row);
                string? key = id < 0 ? null : Key(parquet, rows.Columns[^1], at, rows.Done + at);
                if (columns.Add(values, key, rows.Done + at + 1) is (string code, string message)) throw EngineException.Input(file.Name, code, $"row {rows.Done + at}: {message}");
            }
        }
    }

    private static int Find(ParquetFile file, string name, string key)
    {
        int at = file.Find(name);
        return at >= 0 ? at
            : throw EngineException.Input(file.File.Name, "COLUMN", $"the file has no column '{LineFault.Brief(name)}', which \"{key}\" asks for; it has {string.Join(", ", file.Footer.Columns.Take(20).Select(c => LineFault.Brief(c.Name)))}.");
    }

    private static double Number(ParquetFile file, int column, DuckDbColumn values, int at, long row)
    {
        if (values.IsNull(at)) throw EngineException.Input(file.File.Name, "SCORE", $"row {row}: the column '{Name(file, column)}' has no number (null). Correct or remove the row.");
        double value = values.Value<double>(at);
        return double.IsFinite(value) ? value
            : throw EngineException.Input(file.File.Name, "NOT_FINITE", $"row {row}: the column '{Name(file, column)}' has {value.ToString(CultureInfo.InvariantCulture)}, but scores are finite. Correct or remove the row.");
    }

    private static string Key(ParquetFile file, DuckDbColumn keys, int at, long row) => keys.IsNull(at)
        ? throw EngineException.Input(file.File.Name, "MISSING_ID", $"row {row}: the id is missing (null). Correct or remove the row.")
        : Encoding.UTF8.GetString(keys.Text(at));

    private static string Name(ParquetFile file, int column) => LineFault.Brief(file.Footer.Columns[column].Name);

    private static bool IsWhole(DuckDbTypeId id) => id is >= DuckDbTypeId.TinyInt and <= DuckDbTypeId.UBigInt;

    private static bool IsNumber(DuckDbTypeId id) => IsWhole(id) || id is DuckDbTypeId.Float or DuckDbTypeId.Double or DuckDbTypeId.Decimal;
}
