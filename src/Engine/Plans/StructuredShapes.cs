using System.Text.Json.Nodes;

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

internal sealed class ListShape<T>(Shape<T> item, int least) : Shape<IReadOnlyList<T>>
{
    public override string Expectation => $"an array{(least > 0 ? $" with at least {least}" : "")} of: {item.Expectation}";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Array;

    public override IReadOnlyList<T>? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (node.Items.Count < least)
        {
            reading.Error(node.Place, "RANGE", $"found an array of {node.Items.Count}, expected {Expectation}.");
            return null;
        }

        return [.. node.Items.Select(i => item.Read(i, reading)!)];
    }

    public override JsonObject Schema() =>
        Interpolated.Or(new JsonObject { ["type"] = "array", ["items"] = item.Schema(), ["minItems"] = least });
}

internal sealed class MapShape<T>(Shape<T> value, int least) : Shape<IReadOnlyList<KeyValuePair<string, T>>>
{
    private static readonly TextShape Key = new("a key");

    public override string Expectation => $"an object whose values are: {value.Expectation}";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object;

    public override IReadOnlyList<KeyValuePair<string, T>>? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        List<KeyValuePair<string, T>> map = [];
        foreach (PlanMember member in node.Members)
        {
            if (FreeKeys.Has(member.Name)) continue;
            Key.Read(new PlanNode(NodeKind.Text, member.Place, member.Name), reading);
            map.Add(new KeyValuePair<string, T>(member.Name, value.Read(member.Value, reading)!));
        }

        if (map.Count < least) reading.Error(node.Place, "RANGE", $"found {map.Count} entries, expected at least {least}.");
        return map;
    }

    public override JsonObject Schema()
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = new JsonObject { ["pattern"] = TextShape.Pattern },
            ["patternProperties"] = FreeKeys.Schema(),
            ["additionalProperties"] = value.Schema(),
            ["minProperties"] = least,
        };
        if (least > 0) FreeKeys.RequireAnother(schema);
        return Interpolated.Or(schema);
    }
}

internal sealed class TaggedShape<T>(string key, Shape<T> value) : Shape<T>
{
    public override string Expectation => $"{{ \"{key}\": {value.Expectation} }}";

    internal override IEnumerable<ObjectForm> Forms => [new ObjectForm(key, [key])];

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object && node[key] is not null;

    public override T? Read(PlanNode node, PlanReading reading)
    {
        if (node.Kind != NodeKind.Object) return Refuse(node, reading);
        foreach (PlanMember member in node.Members)
        {
            if (member.Name != key && !FreeKeys.Has(member.Name))
                reading.Error(member.Place, "UNKNOWN_KEY", $"found the key \"{member.Name}\", expected {Expectation}.{Suggestion.For(member.Name, [key])}");
        }

        return node[key] is { } inner ? value.Read(inner, reading) : Refuse(node, reading, "MISSING_KEY");
    }

    public override JsonObject Schema() => Interpolated.Or(new JsonObject
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { [key] = value.Schema() },
        ["required"] = new JsonArray(key),
        ["patternProperties"] = FreeKeys.Schema(),
        ["additionalProperties"] = false,
    });
}
