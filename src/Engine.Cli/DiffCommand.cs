using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Runs;

namespace Engine.Cli;

/// <summary><c>engine diff A B</c>.</summary>
internal static class DiffCommand
{
    private const int Few = 10;

    public static Command Create()
    {
        var first = new Argument<string>("a") { Description = "The folder of a finished run." };
        var second = new Argument<string>("b") { Description = "The folder of another." };
        Option<bool> list = new("--list") { Description = "Every record that moved or that only one run chose, not the first few." };
        var command = new Command("diff", "Compares the selections of two finished runs, their plans and their inputs.") { first, second, list };
        command.SetAction(words =>
        {
            RunDifference difference = SelectionEngine.Compare(words.GetValue(first)!, words.GetValue(second)!);
            int most = words.GetValue(list) ? int.MaxValue : Few;
            if (words.GetValue<bool>("--json"))
            {
                using var stream = new MemoryStream();
                using (var json = new Utf8JsonWriter(stream, JsonResult.Options)) difference.Write(json, most);
                StandardOutput.Write([.. stream.ToArray(), (byte)'\n']);
            }
            else
            {
                StandardOutput.Write(Text(difference, most));
            }

            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static string Text(RunDifference d, int most)
    {
        var text = new StringBuilder();
        Line($"a: {d.FolderA}, {d.CountA} records");
        Line($"b: {d.FolderB}, {d.CountB} records");
        Line($"in common: {d.Common}, matched by {(d.ById ? "id" : "row")}; Jaccard {d.Jaccard:F4}");
        foreach (DepthOverlap depth in d.Depths) Line($"  among the first {depth.Depth}: {depth.Common} ({100.0 * depth.Common / depth.Depth:F1} %)");
        Line($"moved: {d.Moved.Count}");
        foreach (RankChange change in d.Moved.Take(most)) Line($"  {change.Record}: rank {change.RankA} -> {change.RankB}");
        Rest(d.Moved.Count);
        Only("a", d.OnlyA);
        Only("b", d.OnlyB);
        if (d.Sources.Count > 0) Line($"sources (a, b):");
        foreach (SourceCount source in d.Sources)
            Line($"  {(source.Source.Length == 0 ? "(none)" : source.Source)}: {source.A} ({Share(source.A, d.CountA)}), {source.B} ({Share(source.B, d.CountB)})");
        Values("plan", d.Plan);
        Values("inputs", d.Inputs);
        return text.ToString();

        void Line(FormattableString line) => text.Append(EngineError.Printable(line.ToString(CultureInfo.InvariantCulture))).Append('\n');

        void Only(string run, IReadOnlyList<string> records)
        {
            Line($"only in {run}: {records.Count}");
            foreach (string record in records.Take(most)) Line($"  {record}");
            Rest(records.Count);
        }

        void Rest(int count)
        {
            if (count > most) Line($"  ... and {count - most} more (--list)");
        }

        void Values(string what, IReadOnlyList<ValueDifference> values)
        {
            Line($"{what}: {(values.Count == 0 ? "no difference" : $"{values.Count} differ")}");
            foreach (ValueDifference value in values) Line($"  {value.Name}: {value.A ?? "(none)"} -> {value.B ?? "(none)"}");
        }
    }

    private static string Share(int part, int whole) => string.Create(CultureInfo.InvariantCulture, $"{(whole == 0 ? 0 : 100.0 * part / whole):F1} %");
}
