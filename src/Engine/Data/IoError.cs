using System.Globalization;

namespace Engine.Data;

/// <summary>Turns what the operating system says about a file into errors with exit codes.</summary>
internal static class IoError
{
    private const int PermissionDenied = 13;
    private const int TooManyOpenFiles = 24;
    private const int FileTooLarge = 27;
    private const int NoSpace = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int NameTooLong = 36;
    private const int TooManyLinks = 40;
    private const int QuotaExceeded = 122;
    private const int LargestNumber = 4_096;

    /// <summary>Whether an exception is one of those that file calls throw.</summary>
    public static bool IsFrom(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>A file that cannot be read: exit 7.</summary>
    /// <param name="file">The file as the user wrote it.</param>
    /// <param name="exception">What the call threw.</param>
    public static EngineException Reading(string file, Exception exception) => Of(file, "read", exception);

    /// <summary>A file that cannot be written: exit 7.</summary>
    /// <inheritdoc cref="Reading"/>
    public static EngineException Writing(string file, Exception exception) => Of(file, "written", exception);

    private static EngineException Of(string file, string verb, Exception exception)
    {
        (string code, string remedy) = Number(exception) switch
        {
            FileTooLarge => ("FILE_SIZE", "Raise the limit of file sizes (ulimit -f) or choose another file system."),
            NoSpace => ("DISK_FULL", "Free some space and run again."),
            QuotaExceeded => ("DISK_FULL", "Free some of the quota and run again."),
            ReadOnlyFileSystem => ("READ_ONLY", "Choose a place on a file system that can be written."),
            PermissionDenied => ("PERMISSION", "Change its permissions or choose another file."),
            NameTooLong => ("NAME_TOO_LONG", "Choose a shorter path."),
            TooManyLinks => ("LINK_LOOP", "Mend the symbolic links on the way to it."),
            TooManyOpenFiles => ("OPEN_FILES", "Raise the limit of open files (ulimit -n) or use fewer, larger files."),
            _ => ("IO", "Check the disk and the path, then run again."),
        };
        return new EngineException(new EngineError(ExitCode.Io, code, $"the file cannot be {verb}: {exception.Message.TrimEnd('.')}{NumberIn(exception)}. {remedy}", file), exception);
    }

    // The number is what one searches for; messages made from it by this engine name it already.
    private static string NumberIn(Exception exception)
    {
        int number = Number(exception);
        return number is > 0 and < LargestNumber && !exception.Message.Contains("(errno ", StringComparison.Ordinal) ? string.Create(CultureInfo.InvariantCulture, $" (errno {number})") : "";
    }

    // .NET keeps the system's error number in HResult, but not for permissions and long paths.
    private static int Number(Exception exception) => exception switch
    {
        UnauthorizedAccessException => PermissionDenied,
        PathTooLongException => NameTooLong,
        _ => exception.HResult,
    };
}
