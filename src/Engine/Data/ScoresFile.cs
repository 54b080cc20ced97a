using System.Globalization;
using System.Text;
using Engine.Data.Scores;
using Engine.Kernels;

namespace Engine.Data;

/// <summary>Opens scores: .csv (RFC 4180 with a header), .jsonl, .npy or .parquet, matched to records by row or by id.</summary>
public static class ScoresFile
{
    /// <summary>Reads the scores into memory.</summary>
    /// <param name="input">The files and what the plan says about them.</param>
    /// <param name="pool">The records the scores belong to, or null; needed for matching by id.</param>
    /// <param name="files">Keeps the opened files.</param>
    /// <param name="pass">Cancellation.</param>
    /// <returns>One finite number per column and row; with ids, in the pool's order.</returns>
    /// <remarks>
    /// From .csv every column is taken except the id's, from .jsonl every key whose value is a number in the first record, from a two-dimensional .npy every column, named 0, 1, ..., from Parquet every column of numbers except the id's.
    /// </remarks>
    /// <exception cref="EngineException">A value is no finite number, a column is missing, rows do not agree, or an id is unknown, missing or twice: exit 4. Parquet needs libduckdb and it is not there: exit 9.</exception>
    public static ScoreTable Open(ScoresInput input, Records? pool, InputFiles files, Pass pass)
    {
        if (input.Paths.Count == 0) throw EngineException.Input(input.Written, "NO_MATCH", "the input names no file. Give at least one.");
        ScoreColumns columns = new(input, input.Id is null ? null : pool);
        foreach (string path in input.Paths)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            InputFile file = files.Open(path, InputPaths.Shown(path, input.Written, input.Paths.Count));
            if (Path.GetExtension(path) == ".npy") files.Memory.Reserve($"the table of {input.Written}", file.Length);
            switch (Path.GetExtension(path).ToLowerInvariant())
            {
                case ".csv": CsvScores.Read(file, input, columns, pass); break;
                case ".jsonl" or ".ndjson": JsonlScores.Read(file, input, columns, pass); break;
                case ".npy": NpyScores.Read(file, input, columns); break;
                case ".parquet": ParquetScores.Read(file, input, columns, pass); break;
                case string extension: throw PickleRefusal.Of(file) ?? EngineException.Input(file.Name, "FORMAT", $"the format of '{extension}' is not known. Scores are .csv, .jsonl, .npy or .parquet.");
            }
        }

        ScoreTable table = columns.Finish();
        if (pool is not null && table.Rows != pool.Rows)
            throw EngineException.Input(input.Written, "ROWS", $"there are scores for {table.Rows} rows, but {pool.Name} has {pool.Rows}. Give one score per record, or match by \"id\".");
        return table;
    }

    /// <summary>Reads one number.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="value">The number, finite or not.</param>
    internal static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        text = text.Trim((byte)' ');
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)) return true;

        // Other programs write infinities and NaN in several ways; they are told apart from text so that the message can say what they are.
        string word = Encoding.UTF8.GetString(text[..Math.Min(text.Length, 12)]).TrimStart('+', '-').ToUpperInvariant();
        value = double.NaN;
        return word is "NAN" or "INF" or "INFINITY" or "1.#INF" or "1.#QNAN";
    }
}
