using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Cli;

/// <summary>Says what went wrong: one line an error on stderr, or a JSON array on stdout.</summary>
/// <param name="AsJson">Errors as JSON.</param>
/// <param name="Traces">Stack traces too.</param>
internal sealed record FailureWriter(bool AsJson, bool Traces)
{
    private const int MostErrors = 20;

    /// <summary>Writes the failure.</summary>
    /// <returns>Its exit code.</returns>
    public int Write(Exception failure)
    {
        IReadOnlyList<EngineError> errors = failure switch
        {
            EngineException e => e.Errors,
            _ when IsOutOfMemory(failure) => [new EngineError(ExitCode.Memory, "MEMORY", "memory ran out. Use a smaller plan, fewer threads, a larger run.memory or a larger machine.")],
            _ => [new EngineError(ExitCode.Bug, "BUG", $"{failure.GetType().Name}: {failure.Message} This is a bug in the engine; run again with --debug and report what it prints.")],
        };
        ExitCode exit = AsJson ? WriteJson(errors) : WriteText(errors);
        if (Traces) StandardError.WriteLine(failure.ToString());
        return (int)exit;
    }

    // Work that is shared among threads wraps what they threw.
    private static bool IsOutOfMemory(Exception failure) =>
        failure is OutOfMemoryException || failure is AggregateException several && several.Flatten().InnerExceptions.Any(inner => inner is OutOfMemoryException);

    private static ExitCode WriteText(IReadOnlyList<EngineError> errors)
    {
        foreach (EngineError error in errors.Take(MostErrors)) StandardError.WriteLine(error.ToString());
        if (errors.Count > MostErrors) StandardError.WriteLine($"... and {errors.Count - MostErrors} more errors");
        return errors[0].Exit;
    }

    private static ExitCode WriteJson(IReadOnlyList<EngineError> errors)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (EngineError error in errors)
            {
                json.WriteStartObject();
                json.WriteString("file", error.File);
                json.WriteNumber("line", error.Line);
                json.WriteNumber("column", error.Column);
                if (error.Offset >= 0) json.WriteNumber("offset", error.Offset);
                json.WriteString("code", error.Code);
                json.WriteString("message", error.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        try
        {
            stream.WriteByte((byte)'\n');
            StandardOutput.Write(stream.ToArray());
            return errors[0].Exit;
        }
        catch (EngineException unwritten)
        {
            // Whoever asked for JSON gets none: the words go to stderr instead, and the exit code says so.
            WriteText(errors);
            foreach (EngineError error in unwritten.Errors.Except(errors)) StandardError.WriteLine(error.ToString());
            return unwritten.Exit;
        }
    }
}
