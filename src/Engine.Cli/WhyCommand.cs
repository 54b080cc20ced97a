using System.CommandLine;
using System.Text;
using System.Text.Json;
using Engine.Runs;

namespace Engine.Cli;

/// <summary><c>engine why DIR --id X</c>.</summary>
internal static class WhyCommand
{
    public static Command Create()
    {
        var dir = new Argument<string>("dir") { Description = "The folder of a finished run." };
        Option<string?> id = new("--id") { Description = "The record's id." };
        Option<long?> row = NumberWords.Whole<long>("--row", "The record's row in the pool, from 0.");
        var command = new Command("why", "Says why a record was chosen or not, selection step by selection step.") { dir, id, row };
        command.Validators.Add(words =>
        {
            if ((words.GetResult(id) is null) == (words.GetResult(row) is null)) words.AddError("Give either --id or --row.");
        });
        command.SetAction(words =>
        {
            using var stop = new RunStop(limit: null);
            try
            {
                string folder = words.GetValue(dir)!;
                RecordExplanation why = words.GetValue(id) is { } name ? SelectionEngine.Explain(folder, name, stop.Token) : SelectionEngine.Explain(folder, words.GetValue(row)!.Value, stop.Token);
                Print(why, words.GetValue<bool>("--json"));
                return (int)ExitCode.Ok;
            }
            catch (OperationCanceledException stopped) when (stop.Token.IsCancellationRequested)
            {
                throw stop.Explain(stopped, "nothing was changed.");
            }
        });
        return command;
    }

    private static void Print(RecordExplanation why, bool json)
    {
        if (json)
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream, JsonResult.Options)) why.Write(writer);
            StandardOutput.Write([.. stream.ToArray(), (byte)'\n']);
            return;
        }

        var text = new StringBuilder();
        Line(FormattableString.Invariant($"row {why.Row}{(why.Id is null ? "" : $", id {why.Id}")}{(why.Source is null ? "" : $", source {why.Source}")}"));
        foreach (StepExplanation step in why.Steps)
        {
            Line($"{step.Step} ({step.Op}): {step.Says[0]}");
            foreach (string sentence in step.Says.Skip(1)) Line($"  {sentence}");
        }

        StandardOutput.Write(text.ToString());

        void Line(string line) => text.Append(EngineError.Printable(line)).Append('\n');
    }
}
