using System.Globalization;
using System.Text.Json;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>What chance a row had that <c>kmq</c> did not draw: its cluster, the cluster's share of the budget, and the row's weight within it.</summary>
internal static class RefusedByKmq
{
    public static void Explain(StepInquiry inquiry)
    {
        int[] assignments;
        using (InputFile file = inquiry.Run.OpenFile(RunFiles.OfStep(inquiry.Text("clusters"), "assignments.npy")))
            assignments = Array.ConvertAll(NpyFile.ReadIntegers(file), cluster => checked((int)cluster));
        int cluster = assignments[inquiry.Row], size = assignments.Count(other => other == cluster);
        string text = cluster.ToString(CultureInfo.InvariantCulture);
        int given = inquiry.CountLines(table => table.Text(table.Find("cluster")) == text);
        inquiry.Fact("cluster", cluster);
        inquiry.Fact("clusterRows", size);
        inquiry.Fact("clusterGave", given);
        inquiry.Say($"It lies in cluster {cluster} of {size} rows, which gave {given} of the {inquiry.Chosen.Length} drawn; rows are drawn by chance.");
        inquiry.Try("its weight", () => Weight(inquiry, assignments, cluster));
    }

    private static void Weight(StepInquiry inquiry, int[] assignments, int cluster)
    {
        string? column = inquiry.Arguments.TryGetProperty("column", out JsonElement named) ? named.GetString() : null;
        (_, double[] quality) = ScoreColumn.Of((ScoreTable)inquiry.Values.Get(inquiry.Text("quality")), column, assignments.Length);
        double temperature = inquiry.Arguments.TryGetProperty("temperature", out JsonElement given) && given.ValueKind == JsonValueKind.Number ? given.GetDouble() : 1;
        bool softmax = inquiry.Text("weighting", "linear") == "softmax";
        double highest = quality.Where((_, row) => assignments[row] == cluster).Max();
        double WeightOf(double q) => softmax ? Math.Exp((q - highest) / temperature) : q;
        double sum = quality.Where((_, row) => assignments[row] == cluster).Sum(WeightOf);
        double share = sum > 0 ? WeightOf(quality[inquiry.Row]) / sum : 0;
        inquiry.Fact("quality", quality[inquiry.Row]);
        inquiry.Fact("weight", share);
        inquiry.Say($"Its quality {quality[inquiry.Row]:R} gave it {100 * share:G4} % of its cluster's weight in a draw.");
    }
}
