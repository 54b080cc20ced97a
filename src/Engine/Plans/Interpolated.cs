using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>What variables mean for shapes: a value may be written as <c>${...}</c>, and text from the environment may be a number.</summary>
internal static class Interpolated
{
    /// <summary>The schema's definition of text that is replaced before it is read.</summary>
    public const string Definition = "variable";

    /// <summary>Text that is replaced before it is read; the schema must let it through wherever a value stands.</summary>
    public static JsonObject Variable() => new()
    {
        ["type"] = "string",
        ["pattern"] = @"\$\{.*\}",
        ["description"] = "Text with ${vars.x}, ${env:NAME} or ${env:NAME:-default}, which is replaced before it is read.",
    };

    /// <summary>The schema, or text that is replaced.</summary>
    public static JsonObject Or(JsonObject schema) => new() { ["anyOf"] = new JsonArray(schema, Reference()) };

    public static JsonObject Reference() => new() { ["$ref"] = $"#/$defs/{Definition}" };

    public static bool IsNumber(PlanNode node) => node.Kind == NodeKind.Number || (node.FromEnvironment && node.Kind == NodeKind.Text);
}
