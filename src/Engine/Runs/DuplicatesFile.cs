using System.Globalization;
using System.Text;
using Engine.Data;
using Engine.Data.Scores;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>Writes which row was removed for which: <c>row,id,keeper,keeperId,like,cosine</c>, ids only where there are records; a cosine only where vectors were compared.</summary>
internal static class DuplicatesFile
{
    public const string Name = "duplicates.csv";

    /// <summary>Reads the lines back.</summary>
    /// <param name="table">The file, at its start.</param>
    /// <exception cref="FormatException">A line is not one of these.</exception>
    public static Duplicate[] Read(CsvReader table)
    {
        if (!table.Read()) throw new FormatException("The duplicates have no header.");
        int keeper = table.Count == 6 ? 2 : 1;
        List<Duplicate> duplicates = [];
        while (table.Read())
        {
            double? cosine = table[table.Count - 1].IsEmpty ? null : double.Parse(table[table.Count - 1], NumberStyles.Float, CultureInfo.InvariantCulture);
            duplicates.Add(new Duplicate(Row(table[0]), Row(table[keeper]), Row(table[table.Count - 2]), cosine));
        }

        return [.. duplicates];

        static int Row(ReadOnlySpan<byte> text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    public static void Write(IReadOnlyList<Duplicate> duplicates, Records? pool, Stream stream)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine((pool is null ? "row,keeper" : "row,id,keeper,keeperId") + ",like,cosine");
        using IEnumerator<string>? ids = pool?.Ids([.. duplicates.Select(d => d.Row)]).GetEnumerator();
        using IEnumerator<string>? keepers = pool?.Ids([.. duplicates.Select(d => d.Keeper)]).GetEnumerator();
        foreach (Duplicate duplicate in duplicates)
        {
            writer.Write(duplicate.Row.ToString(CultureInfo.InvariantCulture));
            if (ids?.MoveNext() == true) writer.Write($",{SelectionFiles.Quoted(ids.Current)}");
            writer.Write(string.Create(CultureInfo.InvariantCulture, $",{duplicate.Keeper}"));
            if (keepers?.MoveNext() == true) writer.Write($",{SelectionFiles.Quoted(keepers.Current)}");
            writer.Write(string.Create(CultureInfo.InvariantCulture, $",{duplicate.Like},{duplicate.Cosine:R}"));
            writer.Write('\n');
        }
    }
}
