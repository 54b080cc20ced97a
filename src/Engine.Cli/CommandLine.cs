using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Engine.Data;

namespace Engine.Cli;

/// <summary>The verbs, their words, and the one place where an error becomes an exit code.</summary>
internal static class CommandLine
{
    private const string Help = """
        Chooses the training records that matter, out of millions.

        Examples:
          engine run plan.json                                run a plan
          engine run plan.json --set steps.pick.budget=500    with one value changed
          engine run plan.json --dry-run                      open and check every input, write nothing
          engine resume runs/demo                             go on with a run that was stopped or killed
          engine status runs/demo                             where a run stands, step by step
          engine reselect runs/demo --budget 500              another budget of a finished run, without its vectors
          engine why runs/demo --id record-17                 why a record was chosen, or what kept it out
          engine diff runs/demo runs/other                    two runs side by side
          engine validate plan.json                           check the plan alone
          engine schema --out plan.schema.json                JSON Schema for editors
          engine inspect pool.jsonl.zst vectors.npy           what data files hold
          engine doctor                                       what this machine offers: libraries, devices, kernels
          engine convert 'part-*.npy' all.safetensors         embeddings of any format as one file
          engine index build pool.npy pool.index              an index for approximate searches of plans, or index search

        Exit codes: 0 ok, 2 command line, 3 plan, 4 input content, 5 input changed, 6 output exists or locked,
        7 I/O, 8 memory, 9 native library, 10 checkpoint, 11 a program the plan calls failed, 12 quality gate, 75 stopped or waiting
        for feedback (resume), 129, 130, 143 stopped by a signal, 1 a bug.
        """;

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code.</returns>
    public static int Invoke(string[] args)
    {
        Option<bool> json = new("--json") { Description = "Print errors on stdout as a JSON array of {file, line, column, code, message}, and the results of why, diff and doctor as a JSON object.", Recursive = true };
        Option<bool> debug = new("--debug") { Description = "Show stack traces.", Recursive = true };
        var root = new RootCommand(Help)
        {
            json, debug, RunCommand.Create(), ResumeCommand.Create(), StatusCommand.Create(), ReselectCommand.Create(), WhyCommand.Create(), DiffCommand.Create(), ValidateCommand.Create(), SchemaCommand.Create(), InspectCommand.Create(), ConvertCommand.Create(), IndexCommand.Create(), DoctorCommand.Create(),
        };
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var failures = new FailureWriter(AsJson: args.Contains("--json"), Traces: args.Contains("--debug"));
        try
        {
            if (parsed.Errors.Count > 0)
                return failures.Write(new EngineException([.. parsed.Errors.Select(e => new EngineError(ExitCode.CommandLine, "USAGE", $"{e.Message} See engine --help."))]));
            if (EmptyPath(parsed) is { } empty)
                return failures.Write(new EngineException(new EngineError(ExitCode.CommandLine, "USAGE", $"found an empty word for <{empty}>, expected a path. See engine --help.")));
            OpenFileLimit.Check();
            using var text = new StringWriter(CultureInfo.InvariantCulture);
            int code = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = text, ProcessTerminationTimeout = null });
            StandardOutput.Write(text.ToString());
            return code;
        }
        catch (Exception e)
        {
            return failures.Write(e);
        }
    }

    // Words without an option's name are paths. A plan that is not there is the plan's error, whatever its name.
    private static string? EmptyPath(ParseResult parsed) => parsed.CommandResult.Children.OfType<ArgumentResult>()
        .FirstOrDefault(words => words.Argument.Name != "plan" && words.Tokens.Any(word => word.Value.Length == 0))?.Argument.Name;
}
