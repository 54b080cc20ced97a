using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>One of a plan's named maps: inputs, steps or outputs.</summary>
/// <param name="noun">What one entry is called.</param>
/// <param name="value">What an entry must look like.</param>
/// <param name="least">Entries it must have.</param>
internal sealed class NamesShape<T>(string noun, Shape<T> value, int least) : Shape<IReadOnlyList<NamedEntry<T>>>
{
    private static readonly NameShape Name = new();

    public override string Expectation => $"an object that names each {noun}";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object;

    public override IReadOnlyList<NamedEntry<T>>? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        List<NamedEntry<T>> entries = [];
        foreach (PlanMember member in node.Members.Where(m => !FreeKeys.Has(m.Name)))
        {
            Name.Read(new PlanNode(NodeKind.Text, member.Place, member.Name), reading);
            int before = reading.References.Count;
            T? entry = value.Read(member.Value, reading);
            entries.Add(new NamedEntry<T>(member.Name, member.Place, member.Value.Place, entry, [.. reading.References.Skip(before)]));
        }

        if (entries.Count < least) reading.Error(node.Place, "RANGE", $"found no {noun}, expected at least {least}. Add one, with a name of your choice.");
        return entries;
    }

    public override JsonObject Schema()
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = new JsonObject { ["pattern"] = $"^x-|{NameShape.Pattern}" },
            ["patternProperties"] = FreeKeys.Schema(),
            ["additionalProperties"] = value.Schema(),
            ["minProperties"] = least,
        };
        if (least > 0) FreeKeys.RequireAnother(schema);
        return Interpolated.Or(schema);
    }
}

/// <summary>An entry of a named map.</summary>
/// <param name="Name">Its name.</param>
/// <param name="NamePlace">Where the name stands.</param>
/// <param name="Place">Where its value stands.</param>
/// <param name="Value">What was read, or null when it could not be.</param>
/// <param name="References">The inputs and steps it refers to.</param>
internal sealed record NamedEntry<T>(string Name, PlanPlace NamePlace, PlanPlace Place, T? Value, IReadOnlyList<Reference> References);
