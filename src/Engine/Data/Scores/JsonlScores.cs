using System.Text.Json;
using Engine.Data.Jsonl;
using Engine.Kernels;

namespace Engine.Data.Scores;

/// <summary>Scores in JSON Lines: one object per record.</summary>
internal static class JsonlScores
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Adds a file's rows.</summary>
    /// <exception cref="EngineException">A line or a value is wrong: exit 4, with line and column.</exception>
    public static void Read(InputFile file, ScoresInput input, ScoreColumns columns, Pass pass)
    {
        JsonLine json = new();
        FieldPath[]? wanted = null;
        double[] values = [];
        FieldPath? idPath = input.Id is null ? null : new FieldPath(input.Id);

        void Take(ReadOnlySpan<byte> line, long offset, long lineNumber)
        {
            if (line.IndexOfAnyExcept(" \t\r"u8) < 0) return;
            if (json.Parse(line) is LineFault fault) throw Error(lineNumber, fault);
            if (wanted is null)
            {
                string[] names = input.Column is null ? NumberKeys(line, json, input.Id) : [input.Column];
                columns.Begin(file, names);
                wanted = [.. names.Select(name => new FieldPath(name))];
                values = new double[wanted.Length];
            }

            for (int i = 0; i < wanted.Length; i++) values[i] = Number(line, lineNumber, wanted[i]);
            int id = idPath?.Find(line, json) ?? -1;
            if (idPath is not null && (id < 0 || json.Nodes[id].Type is not (JsonTokenType.String or JsonTokenType.Number)))
                throw Error(lineNumber, new LineFault(0, "MISSING_ID", $"the record has no text or number in its id field \"{idPath.Written}\"."));
            if (columns.Add(values, id < 0 ? null : json.Text(line, id), lineNumber) is (string code, string message))
                throw Error(lineNumber, new LineFault(id < 0 ? 0 : json.Nodes[id].Start, code, message));
        }

        double Number(ReadOnlySpan<byte> line, long lineNumber, FieldPath path)
        {
            int found = path.Find(line, json);
            if (found < 0) throw Error(lineNumber, new LineFault(0, "COLUMN", $"row {columns.Row}: the record lacks the key \"{path.Written}\". Every record has the same keys."));
            JsonNode node = json.Nodes[found];
            double value = 0;
            if (node.Type != JsonTokenType.Number || !ScoresFile.TryParse(line.Slice(node.Start, node.Length), out value))
                throw Error(lineNumber, new LineFault(node.Start, "SCORE", $"row {columns.Row}: the key \"{path.Written}\" has no number. Correct it, or name the key to use with \"column\"."));
            return double.IsFinite(value) ? value : throw Error(lineNumber, new LineFault(node.Start, "NOT_FINITE", $"row {columns.Row}: the key \"{path.Written}\" is beyond the range of numbers, but scores are finite."));
        }

        EngineException Error(long lineNumber, LineFault fault) =>
            new(new EngineError(ExitCode.Input, fault.Code, fault.Message, file.Name, (int)Math.Min(lineNumber, int.MaxValue), fault.Offset + 1));

        LineSplitter splitter = new(RecordsInput.DefaultMaxLineBytes, Take, (_, lineNumber) =>
            Error(lineNumber, new LineFault(RecordsInput.DefaultMaxLineBytes, "LINE_LENGTH", $"the line has more than {RecordsInput.DefaultMaxLineBytes} bytes. Check that the file has line ends (LF).")));
        byte[] piece = new byte[(int)Math.Clamp(file.Length, 1, PieceBytes)];
        for (long done = 0; done < file.Length;)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, file.Length - done));
            file.Read(done, part);
            splitter.Feed(part);
            done += part.Length;
        }

        splitter.Finish();
    }

    private static string[] NumberKeys(ReadOnlySpan<byte> line, JsonLine json, string? id)
    {
        List<string> names = [];
        for (int name = 1; name < json.Nodes[0].End; name = json.Nodes[name + 1].End)
        {
            string key = json.Text(line, name);
            if (json.Nodes[name + 1].Type == JsonTokenType.Number && key != id) names.Add(key);
        }

        return [.. names];
    }
}
