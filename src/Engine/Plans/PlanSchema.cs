using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Data;

namespace Engine.Plans;

/// <summary>The plan language as JSON Schema, from the declarations that the reader follows.</summary>
internal static class PlanSchema
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, IndentCharacter = ' ', IndentSize = 2, NewLine = "\n" };

    /// <summary>Writes the schema (draft 2020-12), indented, ending with a line end.</summary>
    /// <param name="language">The ops it has.</param>
    /// <param name="stream">Where it goes; it stays open.</param>
    public static void Write(PlanLanguage language, Stream stream)
    {
        using (var writer = new Utf8JsonWriter(stream, Indented)) Build(language).WriteTo(writer);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Writes the schema to a file, which appears whole or not at all.</summary>
    /// <param name="language">The ops it has.</param>
    /// <param name="path">Where it goes; replaced when it is there.</param>
    /// <exception cref="EngineException">It cannot be written: exit 7.</exception>
    public static void WriteFile(PlanLanguage language, string path)
    {
        using var file = new AtomicFile(path);
        Write(language, file.Stream);
        file.Commit();
    }

    internal static JsonObject Build(PlanLanguage language)
    {
        var definitions = new JsonObject { [Interpolated.Definition] = Interpolated.Variable() };
        foreach ((string name, JsonObject definition) in language.InputShape.Definitions().Concat(language.StepShape.Definitions())) definitions[name] = definition;

        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = "plan.schema.json",
            ["title"] = "engine plan, version 1",
            ["description"] = "Pools, query sets and steps that choose training records. Names stand for inputs and steps; keys that begin with x- are free.",
        };
        foreach ((string key, JsonNode? value) in new ObjectShape(language.Keys).Keys()) schema[key] = value?.DeepClone();
        schema["$defs"] = definitions;
        return schema;
    }
}
