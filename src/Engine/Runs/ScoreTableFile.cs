using System.Globalization;
using System.Text;
using Engine.Data;

namespace Engine.Runs;

/// <summary>Writes scores as CSV: a header with the columns' names, then one line per row.</summary>
internal static class ScoreTableFile
{
    public static void Write(ScoreTable scores, Stream stream)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(string.Join(',', scores.Columns.Keys.Select(SelectionFiles.Quoted)));
        double[][] columns = [.. scores.Columns.Values];
        for (long row = 0; row < scores.Rows; row++)
            writer.WriteLine(string.Join(',', columns.Select(c => c[row].ToString("R", CultureInfo.InvariantCulture))));
    }
}
