using System.Text.Json;

namespace Engine.Data.Jsonl;

/// <summary>Why text is not JSON, for people: without the position, which the place tells, and without the words that .NET's reader has for programmers.</summary>
internal static class JsonReason
{
    /// <summary>What the reader's words contain, and what is said instead.</summary>
    private static readonly (string Part, string Words)[] Own =
    [
        ("trailing comma", "a comma stands before the closing bracket with nothing in between. Remove the comma"),
        ("isFinalBlock", "the text has no value"),
        ("depth to be zero", "the text ends while an object or array is open"),
        ("maximum configured depth", "objects and arrays are nested too deep"),
        ("after a single JSON value", "more text follows the end of the value"),
    ];

    /// <summary>The reason as part of a sentence, without a full stop.</summary>
    public static string Of(JsonException broken)
    {
        string words = broken.Message;
        foreach ((string part, string own) in Own)
            if (words.Contains(part, StringComparison.Ordinal)) return own;
        int position = words.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (position < 0 ? words : words[..position]).TrimEnd('.').Replace("but instead reached end of data", "but the text ends", StringComparison.Ordinal);
    }
}
