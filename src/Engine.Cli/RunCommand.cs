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
        Option<int?> threads = NumberWords.Whole<int>("--threads", "Worker threads, 0 for one per processor; short for --set run.threads=N.");
        Option<string?> device = new("--device") { Description = "auto, cpu, cuda or opencl, with :N for one device, a comma or :* for several; short for --set run.device=D." };
        Option<string?> dir = new("--run-dir") { Description = "The run folder, relative to the plan's folder; short for --set run.dir=DIR." };
        Option<string?> memory = MemoryLimit.Word();
        Option<string?> limit = RunStop.TimeLimit();
        Option<bool> dryRun = new("--dry-run") { Description = "Open and check every input, say what each step will need of memory, write nothing." };
        var command = new Command("run", "Runs a plan and prints the run folder.") { plan, set, threads, device, dir, memory, limit, dryRun };
        command.SetAction(words =>
        {
            TimeSpan? time = RunStop.Parse(words.GetValue(limit));
            List<string> overrides = [.. words.GetValue(set) ?? []];
            if (words.GetValue(threads) is { } n) overrides.Add(FormattableString.Invariant($"run.threads={n}"));
            if (words.GetValue(device) is { } d) overrides.Add($"run.device={PlanWords.Quote(d)}");
            if (words.GetValue(dir) is { } f) overrides.Add($"run.dir={PlanWords.Quote(f)}");
            if (MemoryLimit.Parse(words.GetValue(memory)) is { } bytes) overrides.Add(FormattableString.Invariant($"run.memory={bytes}"));
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
        MemoryLimit.Apply(plan);
        using var stop = new RunStop(limit);
        using var progress = ConsoleProgress.ForThisTerminal();
        try
        {
            using var engine = new SelectionEngine(RunDevice.Options(plan));
            progress.Open(engine.Device.ToString());
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
        PlanPreview preview = engine.DryRun(plan);
        foreach (string warning in preview.Warnings) StandardError.WriteLine(warning);
        foreach (InputSummary input in preview.Inputs)
        {
            string dim = input.Dim > 0 ? FormattableString.Invariant($" x {input.Dim}") : "";
            string detail = input.Detail.Length > 0 ? $" ({input.Detail})" : "";
            StandardOutput.WriteLine(FormattableString.Invariant($"input {input.Name}: {input.Kind}, {input.Rows} rows{dim}{detail}"));
        }

        foreach (StepForecast step in preview.Memory.Steps)
        {
            string uses = string.Join(", ", step.Uses.Where(use => use.Bytes > 0).OrderByDescending(use => use.Bytes).Take(3).Select(use => $"{use.What} {MemoryLimit.Text(use.Bytes)}"));
            StandardOutput.WriteLine($"step {step.Step}: {step.Op}, memory up to {MemoryLimit.Text(step.Peak)}{(uses.Length > 0 ? $" ({uses})" : "")}");
        }

        preview.Memory.Check();
        StandardOutput.WriteLine("The plan and its inputs fit together; nothing was written.");
        return (int)ExitCode.Ok;
    }
}
