using Engine.Data;

namespace Engine.Cli;

/// <summary>Words for people go to standard error through here. When it is closed or full they are lost, and nothing else is: a run never fails for want of a listener.</summary>
internal static class StandardError
{
    private static bool _takes = ResultOutput.TakesMessages;

    /// <summary>Writes text at once.</summary>
    public static void Write(string text)
    {
        if (!_takes) return;
        try
        {
            Console.Error.Write(text);
        }
        catch (IOException)
        {
            // A log that is full stays full: the exit code has to do.
            _takes = false;
        }
    }

    /// <summary>Writes a line at once.</summary>
    public static void WriteLine(string text) => Write(text + "\n");
}
