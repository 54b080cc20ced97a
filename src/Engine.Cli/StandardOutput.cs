using System.Text;
using Engine.Data;

namespace Engine.Cli;

/// <summary>Results go to standard output through here, everything else to standard error.</summary>
internal static class StandardOutput
{
    /// <summary>Writes text as UTF-8, at once.</summary>
    /// <exception cref="EngineException">It cannot be written. Exit 7.</exception>
    public static void Write(string text) => ResultOutput.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a line.</summary>
    /// <exception cref="EngineException">It cannot be written. Exit 7.</exception>
    public static void WriteLine(string text) => Write(text + "\n");

    /// <summary>Writes bytes.</summary>
    /// <exception cref="EngineException">They cannot be written. Exit 7.</exception>
    public static void Write(ReadOnlySpan<byte> bytes) => ResultOutput.Write(bytes);
}
