using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>One word that a key may hold, and the other keys an object has then.</summary>
/// <param name="Word">The word.</param>
/// <param name="Summary">One sentence for the schema.</param>
/// <param name="Parameters">The object's other keys.</param>
/// <param name="Meaning">What the word stands for.</param>
internal sealed record ObjectType<T>(string Word, string Summary, ParameterSet Parameters, T Meaning);

/// <summary>An object whose keys depend on the word that one of them holds: an input's <c>kind</c>, a step's <c>op</c>.</summary>
internal sealed class TypedObjectShape<T> : Shape<TypedObject<T>>
{
    private readonly string _key;
    private readonly string _noun;
    private readonly string _summary;
    private readonly ObjectType<T>[] _types;
    private readonly ObjectShape[] _shapes;

    /// <summary>Declares the words.</summary>
    /// <param name="noun">What the object is called; also the prefix of its schema definitions.</param>
    /// <param name="key">The key that holds the word.</param>
    /// <param name="summary">One sentence about that key.</param>
    /// <param name="types">The words.</param>
    public TypedObjectShape(string noun, string key, string summary, IEnumerable<ObjectType<T>> types)
    {
        (_noun, _key, _summary, _types) = (noun, key, summary, [.. types]);
        _shapes = [.. _types.Select(WithKey)];
    }

    public override string Expectation => "an object";

    private string Words => string.Join(", ", _types.Select(t => t.Word));

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object;

    public override TypedObject<T>? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (node[_key] is not { } given)
        {
            reading.Error(node.Place, "MISSING_KEY", $"the key \"{_key}\" is missing: {_summary} Expected one of: {Words}.{Misspelt(node)}");
            return null;
        }

        int type = given.Kind == NodeKind.Text ? Array.FindIndex(_types, t => t.Word == given.Text) : -1;
        if (type >= 0) return new TypedObject<T>(_types[type].Meaning, _shapes[type].Read(node, reading)!);
        bool text = given.Kind == NodeKind.Text;
        reading.Error(given.Place, text ? $"UNKNOWN_{_key.ToUpperInvariant()}" : "TYPE",
            $"found {given.Describe()}, expected one of: {Words}.{(text ? Suggestion.For(given.Text, _types.Select(t => t.Word)) : "")}");
        return null;
    }

    public override JsonObject Schema() => new() { ["$ref"] = $"#/$defs/{_noun}" };

    /// <summary>The object, and one definition for each word.</summary>
    public IEnumerable<KeyValuePair<string, JsonObject>> Definitions()
    {
        var branches = new JsonArray();
        foreach (ObjectType<T> type in _types)
        {
            JsonNode branch = new JsonObject
            {
                ["if"] = new JsonObject { ["properties"] = new JsonObject { [_key] = new JsonObject { ["const"] = type.Word } }, ["required"] = new JsonArray(_key) },
                ["then"] = new JsonObject { ["$ref"] = $"#/$defs/{_noun}-{type.Word}" },
            };
            branches.Add(branch);
        }

        JsonObject word = new ChoiceShape<T>([.. _types.Select(t => (t.Word, t.Meaning))]).Schema();
        word["description"] = _summary;
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { [_key] = word },
            ["required"] = new JsonArray(_key),
        };
        if (branches.Count > 0) schema["allOf"] = branches;
        yield return KeyValuePair.Create(_noun, Interpolated.Or(schema));
        for (int i = 0; i < _types.Length; i++)
        {
            JsonObject definition = _shapes[i].Schema();
            definition["description"] = _types[i].Summary;
            yield return KeyValuePair.Create($"{_noun}-{_types[i].Word}", definition);
        }
    }

    private string Misspelt(PlanNode node)
    {
        string? near = node.Members.Select(m => m.Name).FirstOrDefault(n => Suggestion.For(n, [_key]).Length > 0);
        return near is null ? "" : $" Perhaps \"{near}\" is meant to be it.";
    }

    private ObjectShape WithKey(ObjectType<T> type)
    {
        var parameters = new ParameterSet();
        parameters.Required(_key, new ChoiceShape<T>([(type.Word, type.Meaning)]), _summary);
        parameters.Include(type.Parameters);
        return new ObjectShape(parameters);
    }
}

/// <summary>What was read of an object whose keys depend on a word.</summary>
/// <param name="Type">What the word stands for.</param>
/// <param name="Arguments">The object's values.</param>
internal sealed record TypedObject<T>(T Type, Arguments Arguments);
