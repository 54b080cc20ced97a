using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Data.Jsonl;
using Engine.Data.Scores;

namespace Engine.Data;

/// <summary>Reads the feedback on a round: .csv with a header, or .jsonl, with <c>row</c> or <c>id</c>, <c>gold</c> and <c>generated</c>; more columns are ignored.</summary>
internal static class FeedbackFile
{
    private const string Row = "row", Id = "id", Gold = "gold", Generated = "generated";
    private const int PieceBytes = 1 << 20;

    /// <summary>Whether a file of this name is in a format that is read.</summary>
    public static bool IsRead(string path) => Path.GetExtension(path).ToLowerInvariant() is ".csv" or ".jsonl" or ".ndjson";

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="round">The round, for messages.</param>
    /// <param name="rows">The rows that feedback is needed on, in the order of the result.</param>
    /// <param name="pool">The records of the pool, or null; then ids are row numbers.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="EngineException">A column is missing, a score is no finite number, or a row is unknown, not asked for, twice there or missing. Exit 4.</exception>
    public static RoundFeedback Read(InputFile file, int round, int[] rows, Records? pool, CancellationToken cancel)
    {
        var table = new FeedbackTable(file.Name, round, rows, pool);
        switch (Path.GetExtension(file.Path).ToLowerInvariant())
        {
            case ".csv": ReadCsv(file, table, cancel); break;
            case ".jsonl" or ".ndjson": ReadJsonl(file, table, cancel); break;
            case string extension: throw EngineException.Input(file.Name, "FORMAT", $"found feedback in the format '{extension}', expected .csv or .jsonl. Name the feedback so.");
        }

        return table.Finish();
    }

    private static void ReadCsv(InputFile file, FeedbackTable table, CancellationToken cancel)
    {
        CsvReader reader = new(file);
        if (!reader.Read()) throw EngineException.Input(file.Name, "EMPTY", $"found an empty file, expected a header with {Row} or {Id}, {Gold} and {Generated}.");
        string[] header = [.. Enumerable.Range(0, reader.Count).Select(i => Encoding.UTF8.GetString(reader[i]))];
        int row = At(Row), id = At(Id), gold = At(Gold), generated = At(Generated);
        if ((row < 0 && id < 0) || gold < 0 || generated < 0)
            throw reader.Error(0, "COLUMN", $"found the columns {string.Join(", ", header)}, expected {Row} or {Id}, {Gold} and {Generated}. Write the missing column.");

        while (reader.Read())
        {
            cancel.ThrowIfCancellationRequested();
            if (reader.Count != header.Length)
                throw reader.Error(reader.Count - 1, "COLUMN", $"found {reader.Count} cells, expected {header.Length} as in the header. Quote cells that hold commas.");
            (double Gold, double Generated) scores = (Number(gold, Gold), Number(generated, Generated));
            string? place = row < 0 ? null : Encoding.UTF8.GetString(reader[row]), name = id < 0 ? null : Encoding.UTF8.GetString(reader[id]);
            if (table.Add(place, name, scores, reader.Line) is (string code, string message)) throw reader.Error(row < 0 ? id : row, code, message);
        }

        int At(string name)
        {
            int at = Array.IndexOf(header, name);
            if (at >= 0 && Array.LastIndexOf(header, name) != at) throw reader.Error(Array.LastIndexOf(header, name), "COLUMN", $"found the column '{name}' twice, expected it once. Rename one.");
            return at;
        }

        double Number(int cell, string column)
        {
            if (ScoresFile.TryParse(reader[cell], out double value) && double.IsFinite(value)) return value;
            throw reader.Error(cell, "SCORE", $"found {column} '{LineFault.Brief(Encoding.UTF8.GetString(reader[cell]))}', expected a finite number. Correct it.");
        }
    }

    private static void ReadJsonl(InputFile file, FeedbackTable table, CancellationToken cancel)
    {
        JsonLine json = new();
        LineSplitter splitter = new(RecordsInput.DefaultMaxLineBytes, Take, (_, line) =>
            Error(line, new LineFault(RecordsInput.DefaultMaxLineBytes, "LINE_LENGTH", $"found more than {RecordsInput.DefaultMaxLineBytes} bytes on a line, expected one record on each. Write line ends (LF).")));
        byte[] piece = new byte[(int)Math.Clamp(file.Length, 1, PieceBytes)];
        for (long done = 0; done < file.Length;)
        {
            cancel.ThrowIfCancellationRequested();
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, file.Length - done));
            file.Read(done, part);
            splitter.Feed(part);
            done += part.Length;
        }

        splitter.Finish();

        void Take(ReadOnlySpan<byte> line, long offset, long lineNumber)
        {
            if (line.IndexOfAnyExcept(" \t\r"u8) < 0) return;
            if (json.Parse(line) is LineFault fault) throw Error(lineNumber, fault);
            int row = json.Find(line, 0, "row"u8), id = json.Find(line, 0, "id"u8);
            if (row < 0 && id < 0) throw Error(lineNumber, new LineFault(0, "COLUMN", $"found neither {Row} nor {Id}, expected one of them, {Gold} and {Generated}. Write the missing key."));
            (double Gold, double Generated) scores = (Number(line, lineNumber, json.Find(line, 0, "gold"u8), Gold), Number(line, lineNumber, json.Find(line, 0, "generated"u8), Generated));
            int at = row < 0 ? id : row;
            if (table.Add(row < 0 ? null : json.Text(line, row), id < 0 ? null : json.Text(line, id), scores, (int)lineNumber) is (string code, string message))
                throw Error(lineNumber, new LineFault(json.Nodes[at].Start, code, message));
        }

        double Number(ReadOnlySpan<byte> line, long lineNumber, int at, string key)
        {
            if (at < 0) throw Error(lineNumber, new LineFault(0, "COLUMN", $"found no {key}, expected {Row} or {Id}, {Gold} and {Generated}. Write the missing key."));
            JsonNode node = json.Nodes[at];
            if (node.Type == JsonTokenType.Number && ScoresFile.TryParse(line.Slice(node.Start, node.Length), out double value) && double.IsFinite(value)) return value;
            throw Error(lineNumber, new LineFault(node.Start, "SCORE", $"found {key} '{LineFault.Brief(json.Text(line, at))}', expected a finite number. Correct it."));
        }

        EngineException Error(long lineNumber, LineFault fault) =>
            new(new EngineError(ExitCode.Input, fault.Code, fault.Message, file.Name, (int)Math.Min(lineNumber, int.MaxValue), fault.Offset + 1));
    }
}

/// <summary>The feedback on a round as it is read: every row that is asked for, once.</summary>
internal sealed class FeedbackTable(string file, int round, int[] rows, Records? pool)
{
    private readonly Dictionary<long, int> _places = Places(rows);
    private readonly double[] _gold = new double[rows.Length];
    private readonly double[] _generated = new double[rows.Length];
    private readonly int[] _lines = new int[rows.Length];
    private int _found;

    /// <summary>Adds a row.</summary>
    /// <param name="row">Its number, or null when only the id is given.</param>
    /// <param name="id">Its id, or null.</param>
    /// <param name="scores">What was found.</param>
    /// <param name="line">Where, from 1.</param>
    /// <returns>What is wrong, or null.</returns>
    public (string Code, string Message)? Add(string? row, string? id, (double Gold, double Generated) scores, int line)
    {
        string shown = row is null ? $"id '{LineFault.Brief(id!)}'" : $"row {LineFault.Brief(row)}";
        long at = row is null ? RowOf(id!) : Parse(row);
        if (at < 0) return ("UNKNOWN_ROW", $"found {shown}, which the pool does not have, expected a row of round {round}. Use the rows and ids of its selection.csv.");
        if (row is not null && id is not null && RowOf(id) != at)
            return ("MISMATCH", $"found {shown} with id '{LineFault.Brief(id)}', expected the id of that row. Check that the feedback belongs to this pool.");
        if (!_places.TryGetValue(at, out int place))
            return ("OTHER_ROUND", $"found {shown}, expected one of the {rows.Length} rows that feedback is needed on after round {round}. Use the rows of its selection.csv.");
        if (_lines[place] > 0) return ("DUPLICATE_ROW", $"found {shown} again, expected it once; it first stands on line {_lines[place]}. Remove one of the two.");
        (_gold[place], _generated[place], _lines[place]) = (scores.Gold, scores.Generated, line);
        _found++;
        return null;
    }

    /// <summary>The feedback, in the order of the rows.</summary>
    /// <exception cref="EngineException">A row has none. Exit 4.</exception>
    public RoundFeedback Finish()
    {
        int missing = Array.IndexOf(_lines, 0);
        if (missing < 0) return new RoundFeedback(_gold, _generated);
        string id = pool is null ? "" : $" (id '{LineFault.Brief(pool.Id(rows[missing]))}')";
        throw EngineException.Input(file, "MISSING_ROW", $"found feedback on {_found} rows, expected it on all {rows.Length} that need it after round {round}; row {rows[missing]}{id} is the first without. Add what is missing.");
    }

    private long RowOf(string id) => pool?.RowOf(id) ?? Parse(id);

    private static long Parse(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long row) ? row : -1;

    private static Dictionary<long, int> Places(int[] rows)
    {
        Dictionary<long, int> places = new(rows.Length);
        for (int i = 0; i < rows.Length; i++) places.Add(rows[i], i);
        return places;
    }
}
