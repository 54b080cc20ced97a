using System.Globalization;
using System.Text;
using Engine.Data.Matrices;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>Writes the files of a round: its rows, a reason for each, the records for the trainer, and the weights it was drawn with.</summary>
internal static class RoundFiles
{
    /// <summary>The folder of a round in the run folder.</summary>
    public static string FolderOf(string step, int round) => RunFiles.OfStep(step, string.Create(CultureInfo.InvariantCulture, $"round-{round}"));

    /// <summary>Makes the files.</summary>
    /// <returns>Each with its place in the run folder.</returns>
    public static IReadOnlyList<StagedFile> Write(string step, SelectionRound round, RunOutputs outputs, CancellationToken cancel)
    {
        string folder = FolderOf(step, round.Number);
        Selection chosen = round.Chosen;
        List<StagedFile> files = [];
        Make(RunFiles.Indices, stream => NpyWriter.WriteIndices(stream, chosen.Indices));
        Make(RunFiles.SelectionTable, stream => SelectionFiles.WriteTable(chosen, stream));
        Make("weights.csv", stream => WriteWeights(round, stream));
        if (chosen.Pool is not null) Make(RunFiles.Selected, stream => SelectionFiles.WriteRecords(chosen, stream, cancel));
        return files;

        void Make(string name, Action<Stream> write)
        {
            string path = $"{folder}/{name}";
            WrittenFile written = outputs.Write(path, write);
            files.Add(new StagedFile(path, written.Bytes, written.Sha256, Modified: 0));
        }
    }

    /// <summary>Writes <c>cluster,weight,rows,gain</c>: the gain of the round before, empty where no row of the cluster was scored; no such column in the first round.</summary>
    private static void WriteWeights(SelectionRound round, Stream stream)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(round.Gains is null ? "cluster,weight,rows" : "cluster,weight,rows,gain");
        for (int j = 0; j < round.Weights.Length; j++)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{j},{round.Weights[j]:R},{round.Allocation[j]}"));
            if (round.Gains is { } gains) writer.Write(double.IsNaN(gains[j]) ? "," : string.Create(CultureInfo.InvariantCulture, $",{gains[j]:R}"));
            writer.WriteLine();
        }
    }
}
