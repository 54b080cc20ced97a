using System.Text.Json;
using Engine.Data;

namespace Engine.Tests.Data;

/// <summary>A record's turns by the document model of System.Text.Json, layout by layout as the documentation has them.</summary>
internal static class TurnsOracle
{
    /// <summary>The turns of a record that is right.</summary>
    public static IReadOnlyList<Turn> Read(RecordLayout layout, byte[] line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        return layout switch
        {
            RecordLayout.Messages => Messages(root.GetProperty("messages")),
            RecordLayout.Alpaca => [new Turn("user", Asked(root)), new Turn("assistant", Text(root, "output"))],
            RecordLayout.ShareGpt => [.. root.GetProperty("conversations").EnumerateArray().Select(turn => new Turn(ShareGptRole(Text(turn, "from")), Text(turn, "value")))],
            RecordLayout.PromptCompletion => [.. Side(root.GetProperty("prompt"), "user"), .. Side(root.GetProperty("completion"), "assistant")],
            RecordLayout.P3 => root.TryGetProperty("inputs_pretokenized", out _) && root.TryGetProperty("targets_pretokenized", out _)
                ? [new Turn("user", Text(root, "inputs_pretokenized")), new Turn("assistant", Text(root, "targets_pretokenized"))]
                : [new Turn("user", Text(root, "inputs")), new Turn("assistant", Text(root, "targets"))],
            _ => [new Turn(Turn.TextRole, Text(root, "text"))],
        };
    }

    private static Turn[] Messages(JsonElement list) => [.. list.EnumerateArray().Select(message => new Turn(Text(message, "role"), Content(message.GetProperty("content"))))];

    private static string Content(JsonElement content) => content.ValueKind == JsonValueKind.String
        ? content.GetString()!
        : string.Concat(content.EnumerateArray().Select(part => part.TryGetProperty("text", out JsonElement text) ? text.GetString() : ""));

    private static string Asked(JsonElement root)
    {
        string input = root.TryGetProperty("input", out JsonElement given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "";
        return input.Length == 0 ? Text(root, "instruction") : $"{Text(root, "instruction")}\n\n{input}";
    }

    private static string ShareGptRole(string from) => from == "human" ? "user" : from is "gpt" or "chatgpt" or "bing" or "bard" ? "assistant" : from;

    private static Turn[] Side(JsonElement side, string role) => side.ValueKind == JsonValueKind.Array ? Messages(side) : [new Turn(role, side.GetString()!)];

    private static string Text(JsonElement parent, string key) => parent.GetProperty(key).GetString()!;
}
