using System.CommandLine;
using Engine.Runs;

namespace Engine.Cli;

/// <summary><c>engine resume DIR</c>.</summary>
internal static class ResumeCommand
{
    public static Command Create()
    {
        var dir = new Argument<string>("dir") { Description = "The run folder." };
        Option<int?> threads = NumberWords.Whole<int>("--threads", "Worker threads, 0 for one per processor; the result is the same for any number.");
        Option<string?> device = new("--device") { Description = "auto, cpu, cuda or opencl, with :N for one device, a comma or :* for several; the result is the same on all of them." };
        Option<string?> memory = MemoryLimit.Word();
        Option<string?> limit = RunStop.TimeLimit();
        var command = new Command("resume", "Goes on with a run that was stopped or killed, and prints the run folder.") { dir, threads, device, memory, limit };
        command.SetAction(words =>
        {
            TimeSpan? time = RunStop.Parse(words.GetValue(limit));
            long? bytes = MemoryLimit.Parse(words.GetValue(memory));
            string folder = words.GetValue(dir)!;
            if (words.GetValue(threads) is < 0 and { } wrong)
                throw new EngineException(new EngineError(ExitCode.CommandLine, "THREADS", FormattableString.Invariant($"found --threads {wrong}, expected 0 or more.")));
            if (words.GetValue(device) is { } named) RunDevice.Check(named);
            if (SelectionEngine.ReadUnfinishedPlan(folder) is { } plan)
                return RunCommand.Run(plan with { Run = plan.Run with { Threads = words.GetValue(threads) ?? plan.Run.Threads, Device = words.GetValue(device) ?? plan.Run.Device, Memory = bytes ?? plan.Run.Memory } }, time);
            StandardError.WriteLine("already finished; nothing was changed");
            StandardOutput.WriteLine(Path.GetFullPath(folder));
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
