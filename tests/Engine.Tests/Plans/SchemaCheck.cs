using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Engine.Tests.Plans;

/// <summary>A validator for the keywords of JSON Schema 2020-12 that the plan's schema uses; another keyword fails the test.</summary>
internal sealed class SchemaCheck(JsonElement root)
{
    private static readonly HashSet<string> Silent = ["$schema", "$id", "title", "description", "default", "$defs", "then", "else"];

    private readonly Dictionary<string, Regex> _patterns = [];

    public bool Accepts(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return Accepts(root, document.RootElement);
    }

    private bool Accepts(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False) return schema.ValueKind == JsonValueKind.True;
        return schema.EnumerateObject().All(k => Silent.Contains(k.Name) || Accepts(schema, k.Name, k.Value, value));
    }

    private bool Accepts(JsonElement schema, string keyword, JsonElement needs, JsonElement value)
    {
        bool isObject = value.ValueKind == JsonValueKind.Object;
        bool isArray = value.ValueKind == JsonValueKind.Array;
        bool isText = value.ValueKind == JsonValueKind.String;
        bool isNumber = value.ValueKind == JsonValueKind.Number;
        return keyword switch
        {
            "$ref" => Accepts(Find(needs.GetString()!), value),
            "type" => IsOf(needs.GetString()!, value),
            "const" => Same(needs, value),
            "enum" => needs.EnumerateArray().Any(word => Same(word, value)),
            "anyOf" => needs.EnumerateArray().Any(one => Accepts(one, value)),
            "oneOf" => needs.EnumerateArray().Count(one => Accepts(one, value)) == 1,
            "allOf" => needs.EnumerateArray().All(one => Accepts(one, value)),
            "not" => !Accepts(needs, value),
            "if" => Accepts(needs, value)
                ? !schema.TryGetProperty("then", out JsonElement then) || Accepts(then, value)
                : !schema.TryGetProperty("else", out JsonElement otherwise) || Accepts(otherwise, value),
            "required" => !isObject || needs.EnumerateArray().All(key => value.TryGetProperty(key.GetString()!, out _)),
            "properties" => !isObject || needs.EnumerateObject().All(p => !value.TryGetProperty(p.Name, out JsonElement inner) || Accepts(p.Value, inner)),
            "patternProperties" => !isObject || value.EnumerateObject().All(m => needs.EnumerateObject().All(p => !Matches(p.Name, m.Name) || Accepts(p.Value, m.Value))),
            "additionalProperties" => !isObject || value.EnumerateObject().All(m => IsNamed(schema, m.Name) || Accepts(needs, m.Value)),
            "propertyNames" => !isObject || value.EnumerateObject().All(m => Accepts(needs, JsonSerializer.SerializeToElement(m.Name))),
            "minProperties" => !isObject || value.EnumerateObject().Count() >= needs.GetInt32(),
            "items" => !isArray || value.EnumerateArray().All(item => Accepts(needs, item)),
            "minItems" => !isArray || value.GetArrayLength() >= needs.GetInt32(),
            "minimum" => !isNumber || Compare(value, needs) >= 0,
            "maximum" => !isNumber || Compare(value, needs) <= 0,
            "exclusiveMinimum" => !isNumber || Compare(value, needs) > 0,
            "pattern" => !isText || Matches(needs.GetString()!, value.GetString()!),
            "minLength" => !isText || value.GetString()!.Length >= needs.GetInt32(),
            _ => throw new InvalidOperationException($"The schema uses \"{keyword}\", which this validator does not know."),
        };
    }

    private JsonElement Find(string reference)
    {
        JsonElement at = root;
        foreach (string part in reference.TrimStart('#', '/').Split('/')) at = at.GetProperty(part);
        return at;
    }

    private bool IsNamed(JsonElement schema, string key) =>
        (schema.TryGetProperty("properties", out JsonElement properties) && properties.TryGetProperty(key, out _))
        || (schema.TryGetProperty("patternProperties", out JsonElement patterns) && patterns.EnumerateObject().Any(p => Matches(p.Name, key)));

    private bool Matches(string pattern, string text)
    {
        // ECMAScript's "$" is the very end; that of .NET also stands before a last line break.
        if (!_patterns.TryGetValue(pattern, out Regex? regex))
            _patterns[pattern] = regex = new Regex(pattern.EndsWith('$') ? pattern[..^1] + @"\z" : pattern, RegexOptions.CultureInvariant);
        return regex.IsMatch(text);
    }

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && Scaled(value).Exponent >= 0,
        _ => throw new InvalidOperationException($"There is no type \"{type}\"."),
    };

    private static bool Same(JsonElement one, JsonElement other) =>
        one.ValueKind == other.ValueKind && (one.ValueKind == JsonValueKind.Number ? Compare(one, other) == 0 : one.ToString() == other.ToString());

    private static int Compare(JsonElement one, JsonElement other)
    {
        (BigInteger a, int e) = Scaled(one);
        (BigInteger b, int f) = Scaled(other);
        int least = Math.Min(e, f);
        return BigInteger.Compare(a * BigInteger.Pow(10, e - least), b * BigInteger.Pow(10, f - least));
    }

    private static (BigInteger Digits, int Exponent) Scaled(JsonElement number)
    {
        string text = number.GetRawText().ToLowerInvariant();
        int e = text.IndexOf('e', StringComparison.Ordinal);
        int exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? text : text[..e];
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0) exponent -= mantissa.Length - point - 1;
        var digits = BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        if (digits.IsZero) return (digits, 0);
        for (; (digits % 10).IsZero; exponent++) digits /= 10;
        return (digits, exponent);
    }
}
