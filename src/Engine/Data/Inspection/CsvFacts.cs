using System.Text;
using Engine.Data.Scores;
using Engine.Kernels;

namespace Engine.Data.Inspection;

/// <summary>What a table of comma-separated values holds: its columns, and which of them are scores.</summary>
internal static class CsvFacts
{
    /// <summary>Reads the whole table.</summary>
    /// <exception cref="EngineException">It is empty, a row has other cells than the header, or quotes are wrong: exit 4.</exception>
    public static void Add(InputFile file, List<Fact> facts, Pass pass)
    {
        CsvReader reader = new(file);
        if (!reader.Read()) throw EngineException.Input(file.Name, "EMPTY", "the file is empty, but a header with the names of the columns comes first.");
        string[] header = [.. Enumerable.Range(0, reader.Count).Select(i => Encoding.UTF8.GetString(reader[i]))];
        bool[] numbers = new bool[header.Length];
        Array.Fill(numbers, true);
        long rows = 0;
        for (; reader.Read(); rows++)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            if (reader.Count != header.Length)
                throw reader.Error(reader.Count - 1, "COLUMN", $"the row has {reader.Count} cells, but the header has {header.Length}. Quote cells that hold commas.");
            for (int i = 0; i < numbers.Length; i++) numbers[i] &= ScoresFile.TryParse(reader[i], out double value) && double.IsFinite(value);
        }

        facts.Add(new Fact("format", ".csv"));
        MatrixFacts.AddSize(file, facts);
        facts.Add(new Fact("rows", MatrixFacts.Number(rows)));
        facts.Add(new Fact("columns", MatrixFacts.Number(header.Length)));
        int width = header.Max(h => h.Length);
        for (int i = 0; i < header.Length; i++)
            facts.Add(new Fact("column", $"{header[i].PadRight(width)}  {(rows == 0 ? "no rows" : numbers[i] ? "finite numbers" : "text")}"));
    }
}
