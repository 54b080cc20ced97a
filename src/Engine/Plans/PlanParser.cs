using System.Text;
using System.Text.Json;
using Engine.Data.Jsonl;

namespace Engine.Plans;

/// <summary>Reads JSON text into a tree in which every value knows where it stands. Comments and trailing commas are allowed.</summary>
internal static class PlanParser
{
    /// <summary>Bytes a plan may have.</summary>
    public const int MostBytes = 16 << 20;

    /// <summary>Objects and arrays inside one another.</summary>
    public const int MostDepth = 64;

    /// <summary>Values a plan may have; it keeps memory small for text that is all brackets and commas.</summary>
    public const int MostValues = 200_000;

    private static readonly JsonReaderOptions Tolerant = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 4 * MostDepth };
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 4 * MostDepth };

    /// <summary>Reads a plan.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    /// <param name="file">The file as the user wrote it.</param>
    /// <param name="reading">Takes every error; one of syntax ends the reading, a duplicate key does not.</param>
    /// <returns>The tree, or null when the text is no JSON.</returns>
    public static PlanNode? Parse(ReadOnlyMemory<byte> json, string file, PlanReading reading)
    {
        PlanText? text = PlanText.Check(json, file, reading);
        return text is null ? null : Parse(text, Tolerant, reading);
    }

    /// <summary>Reads the value of an override: plain JSON, or null when it is none and therefore a string.</summary>
    public static PlanNode? ParseStrict(string json, string file, PlanReading reading)
    {
        var attempt = new PlanReading();
        PlanText? text = PlanText.Check(Encoding.UTF8.GetBytes(json), file, attempt);
        PlanNode? node = text is null ? null : Parse(text, Strict, attempt);
        if (node is null) return null;
        foreach (EngineError error in attempt.Errors) reading.Add(error);
        return node;
    }

    private static PlanNode? Parse(PlanText text, JsonReaderOptions options, PlanReading reading)
    {
        var reader = new Utf8JsonReader(text.Json, options);
        try
        {
            if (!reader.Read()) return RefuseBlank(text.PlaceAt(0), reading);
            int values = 0;
            PlanNode? node = Value(ref reader, text, reading, ref values);
            if (node is null) return null;

            // Whatever follows the value is looked at too; text after it is an error.
            reader.Read();
            return node;
        }
        catch (JsonException broken)
        {
            PlanPlace place = text.PlaceAt((int)(broken.LineNumber ?? 0), (int)(broken.BytePositionInLine ?? 0));
            if (text.IsBlank) return RefuseBlank(place, reading);
            reading.Error(place, "SYNTAX", $"found text that is not JSON: {JsonReason.Of(broken)}. Mend the text at this place.");
            return null;
        }
    }

    private static PlanNode? RefuseBlank(PlanPlace place, PlanReading reading)
    {
        reading.Error(place, "SYNTAX", "found an empty file, expected a JSON object. Write a plan with \"version\", \"inputs\" and \"steps\".");
        return null;
    }

    private static PlanNode? Value(ref Utf8JsonReader reader, PlanText text, PlanReading reading, ref int values)
    {
        PlanPlace place = text.PlaceAt((int)reader.TokenStartIndex);
        if (++values > MostValues)
        {
            reading.Error(place, "SIZE", $"found more than {MostValues} values, expected a plan of at most that many. Move data out of the plan into inputs.");
            return null;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: return Inner(ref reader, text, place, reading, ref values);
            case JsonTokenType.StartArray: return Inner(ref reader, text, place, reading, ref values);
            case JsonTokenType.String: return new PlanNode(NodeKind.Text, place, Decoded(ref reader, place, reading));
            case JsonTokenType.Number: return new PlanNode(NodeKind.Number, place, Encoding.ASCII.GetString(reader.ValueSpan));
            case JsonTokenType.True: return new PlanNode(NodeKind.Boolean, place, "true");
            case JsonTokenType.False: return new PlanNode(NodeKind.Boolean, place, "false");
            default: return new PlanNode(NodeKind.Null, place);
        }
    }

    private static PlanNode? Inner(ref Utf8JsonReader reader, PlanText text, PlanPlace place, PlanReading reading, ref int values)
    {
        if (reader.CurrentDepth >= MostDepth)
        {
            reading.Error(place, "DEPTH", $"found objects and arrays nested deeper than {MostDepth}, expected at most that. Flatten the plan at this place.");
            return null;
        }

        return reader.TokenType == JsonTokenType.StartObject
            ? Object(ref reader, text, place, reading, ref values)
            : Array(ref reader, text, place, reading, ref values);
    }

    private static PlanNode? Object(ref Utf8JsonReader reader, PlanText text, PlanPlace place, PlanReading reading, ref int values)
    {
        List<PlanMember> members = [];
        Dictionary<string, PlanPlace> seen = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            PlanPlace at = text.PlaceAt((int)reader.TokenStartIndex);
            string name = Decoded(ref reader, at, reading);
            reader.Read();
            PlanNode? value = Value(ref reader, text, reading, ref values);
            if (value is null) return null;
            if (seen.TryAdd(name, at)) members.Add(new PlanMember(name, at, value));
            else reading.Error(at, "DUPLICATE_KEY", $"found the key \"{name}\" again, expected it once; it first stands at {seen[name].Line}:{seen[name].Column}. Remove one of the two.");
        }

        return new PlanNode(NodeKind.Object, place) { Members = members };
    }

    private static PlanNode? Array(ref Utf8JsonReader reader, PlanText text, PlanPlace place, PlanReading reading, ref int values)
    {
        List<PlanNode> items = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            PlanNode? item = Value(ref reader, text, reading, ref values);
            if (item is null) return null;
            items.Add(item);
        }

        return new PlanNode(NodeKind.Array, place) { Items = items };
    }

    private static string Decoded(ref Utf8JsonReader reader, PlanPlace place, PlanReading reading)
    {
        string decoded;
        try
        {
            decoded = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The bytes were found to be UTF-8, so only an escaped half of a surrogate pair is left.
            Refuse(place, reading, "ENCODING", "found a lone surrogate such as \\ud800 in a string, expected a character or a whole pair. Write the character itself.");
            return "\ufffd";
        }

        if (decoded.Contains('\0', StringComparison.Ordinal))
            Refuse(place, reading, "VALUE", "found NUL (\\u0000) in a string, expected text without it. Remove it.");
        return decoded;
    }

    /// <summary>Tells what is wrong with a string, and that no shape needs to tell it again.</summary>
    private static void Refuse(PlanPlace place, PlanReading reading, string code, string message)
    {
        reading.Error(place, code, message);
        reading.Settle(place);
    }
}
