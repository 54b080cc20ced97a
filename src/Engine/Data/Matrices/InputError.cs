namespace Engine.Data.Matrices;

/// <summary>Errors in the content of binary inputs: exit 4, with the byte offset.</summary>
internal static class InputError
{
    /// <summary>An error at a byte of the file.</summary>
    public static EngineException At(InputFile file, long offset, string code, string message) =>
        new(new EngineError(ExitCode.Input, code, message, file.Name, Offset: offset));

    /// <summary>The file's size is not what its header or the plan makes it: states both numbers.</summary>
    /// <param name="file">The file.</param>
    /// <param name="expected">Bytes it should have.</param>
    /// <param name="why">How the expected number came about.</param>
    public static EngineException Size(InputFile file, long expected, string why)
    {
        string verdict = file.Length < expected
            ? $"{expected - file.Length} bytes are missing. The file was cut short; copy or write it again."
            : $"{file.Length - expected} bytes are too many. Check that the header fits the data, or write the file again.";
        return EngineException.Input(file.Name, "SIZE", $"{why}, so the file must have {expected} bytes, but it has {file.Length}: {verdict}");
    }
}
