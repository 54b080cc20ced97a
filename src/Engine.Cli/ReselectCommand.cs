using System.CommandLine;
using Engine.Runs;

namespace Engine.Cli;

/// <summary><c>engine reselect DIR --budget N</c>.</summary>
internal static class ReselectCommand
{
    public static Command Create()
    {
        var dir = new Argument<string>("dir") { Description = "The folder of a finished run whose rds step had \"keepRankings\"." };
        Option<string> budget = new("--budget") { Description = "How many rows, or a share such as 0.5%.", Required = true };
        Option<string?> step = new("--step") { Description = "The step, when several kept their rankings." };
        Option<string?> duplicates = new("--duplicates") { Description = "consume or skip; the step's own without." };
        Option<string?> caps = new("--caps") { Description = "Most rows of a source, as a JSON object; the step's own without.", HelpName = "json" };
        Option<string?> folder = new("--out") { Description = "The new run folder; without, one beside the run's that ends in the number of rows." };
        Option<bool> replace = new("--replace") { Description = "Replace an earlier run in the new folder." };
        duplicates.AcceptOnlyFromAmong("consume", "skip");
        var command = new Command("reselect", "Serves another budget of a finished run without reading its vectors, and prints the new run folder.") { dir, budget, step, duplicates, caps, folder, replace };
        command.SetAction(words =>
        {
            using var stop = new RunStop(limit: null);
            try
            {
                RunResult result = SelectionEngine.Reselect(words.GetValue(dir)!, new ReselectOptions
                {
                    Budget = words.GetValue(budget)!,
                    Step = words.GetValue(step),
                    Duplicates = words.GetValue(duplicates),
                    Caps = words.GetValue(caps),
                    Folder = words.GetValue(folder),
                    Replace = words.GetValue(replace),
                }, stop.Token);
                StandardError.WriteLine(FormattableString.Invariant($"chose {result.Chosen:N0} rows"));
                StandardOutput.WriteLine(result.Folder);
                return (int)ExitCode.Ok;
            }
            catch (OperationCanceledException stopped) when (stop.Token.IsCancellationRequested)
            {
                throw stop.Explain(stopped, "nothing was left behind. Select again.");
            }
        });
        return command;
    }
}
