using System.Buffers;
using System.Globalization;
using System.Text;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>Writes a selection: rows with a reason each (CSV), and the records themselves (JSON Lines).</summary>
internal static class SelectionFiles
{
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(",\"\r\n");

    /// <summary>Writes <c>rank,row,id,source,score,task,query,cluster,round,radius</c>: rank from 1, and only the columns that mean something.</summary>
    public static void WriteTable(Selection selection, Stream stream)
    {
        bool ids = selection.Pool is not null;
        bool sources = selection.Pool is { Sources.Count: > 0 };
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("rank,row" + (ids ? ",id" : "") + (sources ? ",source" : "") + (selection.Scores is null ? "" : ",score")
            + (selection.Tasks is null ? "" : ",task") + (selection.Queries is null ? "" : ",query") + (selection.Clusters is null ? "" : ",cluster")
            + (selection.Rounds is null ? "" : ",round") + (selection.Radii is null ? "" : ",radius"));
        using IEnumerator<string>? idOf = selection.Pool?.Ids(selection.Indices).GetEnumerator();
        for (int i = 0; i < selection.Indices.Length; i++)
        {
            int row = selection.Indices[i];
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{i + 1},{row}"));
            if (idOf?.MoveNext() == true) Field(writer, idOf.Current);
            if (sources) Field(writer, selection.Pool!.SourceOf(row) is >= 0 and var source ? selection.Pool.Sources[source] : "");
            if (selection.Scores is not null) Field(writer, selection.Scores[i].ToString("R", CultureInfo.InvariantCulture));
            if (selection.Tasks is not null) Field(writer, selection.Tasks[i]);
            if (selection.Queries is not null) Field(writer, selection.Queries[i].ToString(CultureInfo.InvariantCulture));
            if (selection.Clusters is not null) Field(writer, selection.Clusters[i].ToString(CultureInfo.InvariantCulture));
            if (selection.Rounds is not null) Field(writer, selection.Rounds[i].ToString(CultureInfo.InvariantCulture));
            if (selection.Radii is not null) Field(writer, selection.Radii[i].ToString("R", CultureInfo.InvariantCulture));
            writer.Write('\n');
        }
    }

    /// <summary>Writes the chosen records in rank order, bytes unchanged, every line ended with LF.</summary>
    public static void WriteRecords(Selection selection, Stream stream, CancellationToken cancel)
    {
        foreach (byte[] text in selection.Pool!.Texts(selection.Indices))
        {
            cancel.ThrowIfCancellationRequested();
            stream.Write(text);
            stream.WriteByte((byte)'\n');
        }
    }

    private static void Field(StreamWriter writer, string text)
    {
        writer.Write(',');
        writer.Write(Quoted(text));
    }

    /// <summary>The text as a CSV field (RFC 4180).</summary>
    public static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(NeedQuotes) < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
