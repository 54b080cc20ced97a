namespace Engine.Data.Jsonl;

/// <summary>What is wrong with one line.</summary>
/// <param name="Offset">0-based byte in the record at which it shows.</param>
/// <param name="Code">One upper-case word.</param>
/// <param name="Message">What was found, what was expected, what to do.</param>
internal sealed record LineFault(int Offset, string Code, string Message)
{
    /// <summary>Shortens text from a file so that a message stays readable.</summary>
    public static string Brief(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 57), "...");
}
