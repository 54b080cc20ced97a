using System.CommandLine;
using Engine.Plans;

namespace Engine.Cli;

/// <summary><c>engine validate plan.json</c>.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var plan = new Argument<string>("plan") { Description = "The plan, a JSON file." };
        var set = PlanWords.Set();
        var command = new Command("validate", "Checks a plan without opening its data.") { plan, set };
        command.SetAction(words =>
        {
            Plan read = SelectionEngine.ReadPlan(words.GetValue(plan)!, words.GetValue(set) ?? []);
            StandardOutput.WriteLine(FormattableString.Invariant($"{read.File}: ok, {Count(read.Inputs.Count, "input")}, {Count(read.Steps.Count, "step")}, {Count(read.Outputs.Count, "output")}"));
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static string Count(int count, string noun) => FormattableString.Invariant($"{count} {noun}{(count == 1 ? "" : "s")}");
}
