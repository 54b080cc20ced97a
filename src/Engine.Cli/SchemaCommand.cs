using System.CommandLine;

namespace Engine.Cli;

/// <summary><c>engine schema</c>.</summary>
internal static class SchemaCommand
{
    public static Command Create()
    {
        Option<string?> file = new("--out") { Description = "Where to write it; stdout without." };
        var command = new Command("schema", "Writes the plan language as JSON Schema, for editors and checkers.") { file };
        command.SetAction(words =>
        {
            if (words.GetValue(file) is { } path)
            {
                SelectionEngine.WriteSchema(path);
                return (int)ExitCode.Ok;
            }

            using var stream = new MemoryStream();
            SelectionEngine.WriteSchema(stream);
            StandardOutput.Write(stream.ToArray());
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
