using System.Text.Json.Nodes;
using Engine.Data;

namespace Engine.Plans;

internal sealed class ChoiceShape<T>((string Word, T Value)[] choices) : Shape<T>
{
    public override string Expectation => string.Join(" or ", choices.Select(c => $"\"{c.Word}\""));

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Text;

    public override T? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        foreach ((string word, T value) in choices)
            if (word == node.Text) return value;
        reading.Error(node.Place, "VALUE", $"found {node.Describe()}, expected {Expectation}.{Suggestion.For(node.Text, choices.Select(c => c.Word))}");
        return default;
    }

    public override JsonObject Schema() =>
        Interpolated.Or(new JsonObject { ["enum"] = new JsonArray([.. choices.Select(c => JsonValue.Create(c.Word))]) });
}

internal sealed class ReferenceShape(ValueKind[] allowed) : Shape<Reference>
{
    public override string Expectation => $"the name of an input or step that gives {string.Join(" or ", allowed.Select(KindNames.Of))}";

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

internal static class KindNames
{
    public static string Of(ValueKind kind) => kind switch
    {
        ValueKind.Records => "records",
        ValueKind.Embeddings => "embeddings",
        ValueKind.States => "states",
        ValueKind.Scores => "scores",
        ValueKind.Clustering => "a clustering",
        _ => "a selection",
    };
}

internal sealed class ListShape<T>(Shape<T> item, int least) : Shape<IReadOnlyList<T>>
{
    public override string Expectation => $"an array of {(least > 0 ? $"at least {least} of: " : "")}{item.Expectation}";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Array;

    public override IReadOnlyList<T>? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (node.Items.Count < least)
        {
            reading.Error(node.Place, "RANGE", $"found {node.Items.Count} items, expected {Expectation}.");
            return null;
        }

        return [.. node.Items.Select(i => item.Read(i, reading)!)];
    }

    public override JsonObject Schema() => new() { ["type"] = "array", ["items"] = item.Schema(), ["minItems"] = least };
}

internal sealed class MapShape<T>(Shape<T> value, int least) : Shape<IReadOnlyList<KeyValuePair<string, T>>>
{
    public override string Expectation => $"an object whose values are {value.Expectation}";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object;

    public override IReadOnlyList<KeyValuePair<string, T>>? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        List<KeyValuePair<string, T>> map = [];
        foreach (PlanMember member in node.Members)
        {
            if (member.Name.StartsWith("x-", StringComparison.Ordinal)) continue;
            map.Add(new KeyValuePair<string, T>(member.Name, value.Read(member.Value, reading)!));
        }

        if (map.Count < least) reading.Error(node.Place, "RANGE", $"found {map.Count} entries, expected at least {least}.");
        return map;
    }

    public override JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["patternProperties"] = new JsonObject { ["^x-"] = true },
        ["additionalProperties"] = value.Schema(),
        ["minProperties"] = least,
    };
}

internal sealed class TaggedShape<T>(string key, Shape<T> value) : Shape<T>
{
    public override string Expectation => $"{{ \"{key}\": {value.Expectation} }}";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object && node[key] is not null;

    public override T? Read(PlanNode node, PlanReading reading)
    {
        if (node.Kind != NodeKind.Object) return Refuse(node, reading);
        foreach (PlanMember member in node.Members)
        {
            if (member.Name != key && !member.Name.StartsWith("x-", StringComparison.Ordinal))
                reading.Error(member.Place, "UNKNOWN_KEY", $"found the key \"{member.Name}\", expected {Expectation}.{Suggestion.For(member.Name, [key])}");
        }

        return node[key] is { } inner ? value.Read(inner, reading) : Refuse(node, reading, "MISSING_KEY");
    }

    public override JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { [key] = value.Schema() },
        ["required"] = new JsonArray(key),
        ["patternProperties"] = new JsonObject { ["^x-"] = true },
        ["additionalProperties"] = false,
    };
}

internal sealed class OneOfShape<T>(Shape<T>[] alternatives) : Shape<T>
{
    public override string Expectation => string.Join(", or ", alternatives.Select(a => a.Expectation));

    public override bool Accepts(PlanNode node) => alternatives.Any(a => a.Accepts(node));

    public override T? Read(PlanNode node, PlanReading reading) =>
        alternatives.FirstOrDefault(a => a.Accepts(node)) is { } fitting ? fitting.Read(node, reading) : Refuse(node, reading);

    public override JsonObject Schema() => new() { ["anyOf"] = new JsonArray([.. alternatives.Select(a => a.Schema())]) };
}
