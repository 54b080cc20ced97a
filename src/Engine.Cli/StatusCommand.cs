using System.CommandLine;
using Engine.Runs;

namespace Engine.Cli;

/// <summary><c>engine status DIR</c>.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var dir = new Argument<string>("dir") { Description = "The run folder." };
        var command = new Command("status", "Says where a run stands: finished, unfinished or running, and each step.") { dir };
        command.SetAction(words =>
        {
            RunStatus status = SelectionEngine.ReadStatus(words.GetValue(dir)!);
            StandardOutput.WriteLine(Word(status.State));
            foreach (StepStatus step in status.Steps) StandardOutput.WriteLine($"{step.Name}: {(step.Awaits is { } file ? $"waiting for {file}" : Word(step.State))}");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static string Word(RunState state) => state switch
    {
        RunState.Finished => "finished",
        RunState.Running => "running",
        _ => "unfinished",
    };

    private static string Word(StepState state) => state switch
    {
        StepState.Done => "done",
        StepState.Resumable => "resumable",
        StepState.Halfway => "halfway",
        _ => "pending",
    };
}
