using System.Text.Json.Nodes;

namespace Engine.Plans;

internal sealed class ObjectShape(ParameterSet parameters) : Shape<Arguments>
{
    public override string Expectation => "an object";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object;

    public override Arguments? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        int before = reading.Failures;
        foreach (PlanMember member in node.Members)
        {
            if (FreeKeys.Has(member.Name) || parameters.All.Any(p => p.Name == member.Name)) continue;
            string known = string.Join(", ", parameters.All.Select(p => p.Name));
            string why = parameters.WhoLacks(member.Name) is { } owner ? $", but {owner} have no {member.Name}" : "";
            reading.Error(member.Place, "UNKNOWN_KEY", $"found the key \"{member.Name}\"{why}, expected one of: {known}.{Suggestion.For(member.Name, parameters.All.Select(p => p.Name))}");
        }

        var arguments = new Arguments(node);
        foreach (Parameter parameter in parameters.All)
        {
            if (node[parameter.Name] is { } given)
            {
                arguments.Set(parameter, parameter.ReadValue(given, reading), given: true);
                continue;
            }

            if (parameter.Required) reading.Error(node.Place, "MISSING_KEY", $"the key \"{parameter.Name}\" is missing: {parameter.Summary}");
            arguments.Set(parameter, parameter.Absent, given: false);
        }

        // Keys that are wrong alone say nothing about each other.
        if (reading.Failures > before) return arguments;
        foreach (KeyRule rule in parameters.Rules)
            if (rule.Check(arguments) is { } fault) reading.Error(PlaceOf(rule.At, node), fault.Code, fault.Message);
        return arguments;
    }

    public override JsonObject Schema() => Interpolated.Or(Keys());

    private static PlanPlace PlaceOf(Parameter parameter, PlanNode node) =>
        node.Members.FirstOrDefault(member => member.Name == parameter.Name) is { } given ? given.Place : node.Place;

    /// <summary>The schema of the object itself, where nothing may stand in for it.</summary>
    public JsonObject Keys()
    {
        var properties = new JsonObject();
        foreach (Parameter parameter in parameters.All) properties[parameter.Name] = parameter.Schema();
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        JsonNode?[] required = [.. parameters.All.Where(p => p.Required).Select(p => JsonValue.Create(p.Name))];
        if (required.Length > 0) schema["required"] = new JsonArray(required);
        schema["patternProperties"] = FreeKeys.Schema();
        schema["additionalProperties"] = false;
        return schema;
    }
}

/// <summary>Keys that begin with <c>x-</c> belong to the user, in every object.</summary>
internal static class FreeKeys
{
    public static bool Has(string key) => key.StartsWith("x-", StringComparison.Ordinal);

    public static JsonObject Schema() => new() { ["^x-"] = true };

    /// <summary>Says that an object needs at least one key that is not free.</summary>
    public static void RequireAnother(JsonObject schema) =>
        schema["not"] = new JsonObject { ["propertyNames"] = new JsonObject { ["pattern"] = "^x-" } };
}
