using System.CommandLine;
using System.Text.Json;

namespace Engine.Cli;

/// <summary>Words that every command about a plan shares.</summary>
internal static class PlanWords
{
    /// <summary><c>--set path=value</c>, as often as wanted.</summary>
    public static Option<string[]> Set() => new("--set") { Description = "Overrides one value of the plan: --set steps.pick.budget=500.", HelpName = "path=value" };

    /// <summary>A word as the JSON string it means, so that it is never read as a number.</summary>
    public static string Quote(string word) => $"\"{JsonEncodedText.Encode(word)}\"";
}
