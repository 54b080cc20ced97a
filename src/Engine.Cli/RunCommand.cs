using System.CommandLine;
using Engine.Plans;
using Engine.Runs;

namespace Engine.Cli;

/// <summary><c>engine run plan.json</c>.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var plan = new Argument<string>("plan") { Description = "The plan, a JSON file." };
        var set = PlanWords.Set();
        Option<int?> threads = new("--threads") { Description = "Worker threads, 0 for one per processor; short for --set run.threads=N." };
        Option<string?> device = new("--device") { Description = "auto, cpu, cuda or opencl; short for --set run.device=D." };
        Option<string?> dir = new("--run-dir") { Description = "The run folder, relative to the plan's folder; short for --set run.dir=DIR." };
        Option<string?> limit = RunStop.TimeLimit();
        Option<bool> dryRun = new("--dry-run") { Description = "Open and check every input, write nothing." };
        var command = new Command("run", "Runs a plan and prints the run folder.") { plan, set, threads, device, dir, limit, dryRun };
        command.SetAction(words =>
        {
            TimeSpan? time = RunStop.Parse(words.GetValue(limit));
            List<string> overrides = [.. words.GetValue(set) ?? []];
            if (words.GetValue(threads) is { } n) overrides.Add(FormattableString.Invariant($"run.threads={n}"));
            if (words.GetValue(device) is { } d) overrides.Add($"run.device={PlanWords.Quote(d)}");
            if (words.GetValue(dir) is { } f) overrides.Add($"run.dir={PlanWords.Quote(f)}");
            Plan read = SelectionEngine.ReadPlan(words.GetValue(plan)!, overrides);
            return words.GetValue(dryRun) ? DryRun(read) : Run(read, time);
        });
        return command;
    }

    /// <summary>Runs a plan until it ends or something stops it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="limit">The time limit, or null.</param>
    public static int Run(Plan plan, TimeSpan? limit)
    {
        using var stop = new RunStop(limit);
        using var progress = ConsoleProgress.ForThisTerminal();
        try
        {
            using var engine = new SelectionEngine(RunDevice.Options(plan));
            RunResult result = engine.Run(plan, progress, stop.Token);
            progress.End(result);
            StandardOutput.WriteLine(result.Folder);
            return (int)ExitCode.Ok;
        }
        catch (OperationCanceledException stopped) when (stop.Token.IsCancellationRequested)
        {
            throw stop.Explain(stopped);
        }
    }

    private static int DryRun(Plan plan)
    {
        using var engine = new SelectionEngine(RunDevice.Options(plan));
        foreach (InputSummary input in engine.DryRun(plan))
        {
            string dim = input.Dim > 0 ? FormattableString.Invariant($" x {input.Dim}") : "";
            string detail = input.Detail.Length > 0 ? $" ({input.Detail})" : "";
            StandardOutput.WriteLine(FormattableString.Invariant($"input {input.Name}: {input.Kind}, {input.Rows} rows{dim}{detail}"));
        }

        foreach (PlanStep step in plan.Steps) StandardOutput.WriteLine($"step {step.Name}: {step.Definition.Op}");
        StandardOutput.WriteLine("The plan and its inputs fit together; nothing was written.");
        return (int)ExitCode.Ok;
    }
}
