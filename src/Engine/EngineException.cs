namespace Engine;

/// <summary>Why a run ended: the exit codes of the command, shared by the library.</summary>
public enum ExitCode
{
    /// <summary>Finished.</summary>
    Ok = 0,

    /// <summary>A bug in the engine.</summary>
    Bug = 1,

    /// <summary>The command line cannot be understood.</summary>
    CommandLine = 2,

    /// <summary>The plan is wrong.</summary>
    Plan = 3,

    /// <summary>An input's content is wrong, or does not fit the plan.</summary>
    Input = 4,

    /// <summary>An input changed while it was read.</summary>
    InputChanged = 5,

    /// <summary>The output exists or another run holds it.</summary>
    OutputExists = 6,

    /// <summary>Reading or writing failed.</summary>
    Io = 7,

    /// <summary>The memory budget does not suffice.</summary>
    Memory = 8,

    /// <summary>A native library or device is missing or fails.</summary>
    Native = 9,

    /// <summary>A checkpoint cannot be used.</summary>
    Checkpoint = 10,

    /// <summary>A peer process, such as a program that a plan calls, or MPI failed.</summary>
    Peer = 11,

    /// <summary>A quality gate failed.</summary>
    QualityGate = 12,

    /// <summary>Stopped cleanly; resume to go on.</summary>
    Stopped = 75,

    /// <summary>Stopped by SIGHUP after a checkpoint.</summary>
    Hangup = 129,

    /// <summary>Stopped by SIGINT after a checkpoint.</summary>
    Interrupted = 130,

    /// <summary>Stopped by SIGTERM after a checkpoint.</summary>
    Terminated = 143,
}

/// <summary>Where an error is and what it says.</summary>
/// <param name="Exit">The class of the error.</param>
/// <param name="Code">One upper-case word, such as <c>UNKNOWN_KEY</c>.</param>
/// <param name="Message">What was found, what was expected, what to do.</param>
/// <param name="File">The file it is about, as the user wrote it, or null.</param>
/// <param name="Line">1-based line in a text file, or 0.</param>
/// <param name="Column">1-based column in a text file, or 0.</param>
/// <param name="Offset">0-based byte offset in a binary file, or -1.</param>
public sealed record EngineError(ExitCode Exit, string Code, string Message, string? File = null, int Line = 0, int Column = 0, long Offset = -1)
{
    /// <summary><c>file:line:col: error CODE: message</c>, with <c>offset N</c> for binary data; control characters are escaped.</summary>
    public override string ToString()
    {
        string place = File switch
        {
            null => "",
            _ when Line > 0 => $"{File}:{Line}:{Column}: ",
            _ when Offset >= 0 => $"{File}: offset {Offset}: ",
            _ => $"{File}: ",
        };
        return Printable($"{place}error {Code}: {Message}");
    }

    /// <summary>The text with control characters written as <c>\u0007</c> and the like, so that input can never steer a terminal.</summary>
    public static string Printable(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        return string.Concat(text.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
    }
}

/// <summary>The one exception the engine throws for anything a user can mend; it may carry several errors.</summary>
public sealed class EngineException : Exception
{
    /// <summary>Throws one error.</summary>
    public EngineException(EngineError error, Exception? inner = null)
        : this([error], inner)
    {
    }

    /// <summary>Throws several errors of one class, found in one pass.</summary>
    /// <param name="errors">At least one.</param>
    /// <param name="inner">What caused it, shown with <c>--debug</c>.</param>
    public EngineException(IReadOnlyList<EngineError> errors, Exception? inner = null)
        : base(string.Join(Environment.NewLine, errors), inner) => Errors = errors;

    /// <summary>What is wrong, at least one error.</summary>
    public IReadOnlyList<EngineError> Errors { get; }

    /// <summary>The exit code of the first error.</summary>
    public ExitCode Exit => Errors[0].Exit;

    /// <summary>An error in an input's content: exit 4.</summary>
    /// <param name="file">The file as the user wrote it.</param>
    /// <param name="code">One upper-case word.</param>
    /// <param name="message">What was found, what was expected, what to do.</param>
    public static EngineException Input(string? file, string code, string message) => new(new EngineError(ExitCode.Input, code, message, file));
}
