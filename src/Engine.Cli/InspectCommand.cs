using System.CommandLine;
using System.Text;
using Engine.Data;

namespace Engine.Cli;

/// <summary><c>engine inspect FILE...</c>.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("file") { Description = "Data files or patterns.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("inspect", "Says what data files hold: format, rows, dim, dtype, tensors, columns, layout, fields.") { files };
        command.SetAction(words =>
        {
            List<EngineError> refused = [];
            foreach (string written in words.GetValue(files)!)
            {
                string[] paths = Try(() => InputPaths.Resolve(Environment.CurrentDirectory, written).ToArray(), refused) ?? [];
                foreach (string path in paths)
                {
                    FileFacts? facts = Try(() => FileInspection.Inspect(path, InputPaths.Shown(path, written, paths.Length), CancellationToken.None), refused);
                    if (facts is not null) Print(facts);
                }
            }

            return refused.Count == 0 ? (int)ExitCode.Ok : throw new EngineException(refused);
        });
        return command;
    }

    // One bad file does not hide what the others hold.
    private static T? Try<T>(Func<T> look, List<EngineError> refused)
        where T : class
    {
        try
        {
            return look();
        }
        catch (EngineException e)
        {
            refused.AddRange(e.Errors);
            return null;
        }
    }

    private static void Print(FileFacts facts)
    {
        var text = new StringBuilder();
        int width = facts.Facts.Max(f => f.Name.Length);
        text.Append(EngineError.Printable(facts.File)).Append('\n');
        foreach (Fact fact in facts.Facts) text.Append("  ").Append(fact.Name.PadRight(width)).Append("  ").Append(EngineError.Printable(fact.Value)).Append('\n');
        StandardOutput.Write(text.ToString());
    }
}
