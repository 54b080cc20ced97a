using System.Text.Json.Nodes;
using Engine.Data;

namespace Engine.Plans;

internal sealed class ReferenceShape(ValueKind[] allowed) : Shape<Reference>
{
    public override string Expectation => $"the name of an input or step that gives {KindNames.Of(allowed)}";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Text;

    public override Reference? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        var reference = new Reference(node.Text, allowed, node.Place);
        reading.Refer(reference);
        return reference;
    }

    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1, ["description"] = $"Expected: {Expectation}." };
}

/// <summary>How messages call kinds of value.</summary>
internal static class KindNames
{
    public static string Of(ValueKind kind) => kind switch
    {
        ValueKind.Records => "records",
        ValueKind.Embeddings => "embeddings",
        ValueKind.States => "states",
        ValueKind.Scores => "scores",
        ValueKind.Clustering => "a clustering",
        ValueKind.Selection => "a selection",
        ValueKind.TaskCentre => "a task's centre",
        _ => "a fit",
    };

    public static string Of(IEnumerable<ValueKind> kinds) => string.Join(" or ", kinds.Select(Of));
}
