using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>One of several shapes, told apart by the kind of value and, for objects, by the key.</summary>
internal sealed class OneOfShape<T>(Shape<T>[] alternatives) : Shape<T>
{
    public override string Expectation => string.Join(", or ", alternatives.Select(a => a.Expectation));

    internal override IEnumerable<ObjectForm> Forms => alternatives.SelectMany(a => a.Forms);

    public override bool Accepts(PlanNode node) => alternatives.Any(a => a.Accepts(node));

    public override T? Read(PlanNode node, PlanReading reading)
    {
        if (node.Kind == NodeKind.Object && !StandTogether(node, reading)) return default;
        if (alternatives.FirstOrDefault(a => a.Accepts(node)) is { } fitting) return fitting.Read(node, reading);
        return node.Kind == NodeKind.Object ? ReadUntold(node, reading) : Refuse(node, reading);
    }

    /// <summary>The alternatives side by side; text that is replaced is named once, at the end.</summary>
    public override JsonObject Schema()
    {
        List<JsonNode?> either = [];
        foreach (Shape<T> alternative in alternatives)
        {
            JsonObject schema = alternative.Schema();
            if (schema.Count == 1 && schema["anyOf"] is JsonArray several) either.AddRange(several.Select(s => s!.DeepClone()));
            else either.Add(schema);
        }

        int all = either.RemoveAll(s => JsonNode.DeepEquals(s, Interpolated.Reference()));
        if (all > 0) either.Add(Interpolated.Reference());
        return new JsonObject { ["anyOf"] = new JsonArray([.. either]) };
    }

    /// <summary>False, and told, when an object has the keys of two forms that exclude each other.</summary>
    private bool StandTogether(PlanNode node, PlanReading reading)
    {
        PlanMember[] telling = [.. node.Members.Where(m => Forms.Any(f => f.Key == m.Name))];
        if (telling.Length < 2 || Forms.Any(f => telling.All(m => f.Keys.Contains(m.Name)))) return true;
        string found = string.Join(" and ", telling.Select(m => $"\"{m.Name}\""));
        reading.Error(telling[1].Place, "CHOICE", $"found the keys {found} in one object, expected only one of them: {Expectation}. Remove the others.");
        return false;
    }

    /// <summary>An object without a key that tells its form: another key may, and otherwise the keys are unknown.</summary>
    private T? ReadUntold(PlanNode node, PlanReading reading)
    {
        PlanMember[] members = [.. node.Members.Where(m => !FreeKeys.Has(m.Name))];
        string[] near = [.. Forms.Where(f => members.Any(m => f.Keys.Contains(m.Name))).Select(f => f.Key).Distinct()];
        if (near.Length == 1) return alternatives.First(a => a.Forms.Any(f => f.Key == near[0])).Read(node, reading);

        string[] known = [.. Forms.SelectMany(f => f.Keys).Distinct()];
        PlanMember[] unknown = [.. members.Where(m => !known.Contains(m.Name))];
        if (unknown.Length == 0 || known.Length == 0) return Refuse(node, reading);
        foreach (PlanMember member in unknown)
            reading.Error(member.Place, "UNKNOWN_KEY", $"found the key \"{member.Name}\", expected {Expectation}.{Suggestion.For(member.Name, known)}");
        return default;
    }
}
