using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Runs;

/// <summary>How the engine writes JSON: indented, readable text, numbers in the shortest form that reads back the same.</summary>
internal static class RunJson
{
    public static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a fact of a step: text, a number, a flag, or a list or map of them.</summary>
    public static void WriteFact(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case double number: json.WriteStringValue(number.ToString(System.Globalization.CultureInfo.InvariantCulture)); break;
            case IReadOnlyDictionary<string, object> map:
                json.WriteStartObject();
                foreach ((string name, object inner) in map)
                {
                    json.WritePropertyName(name);
                    WriteFact(json, inner);
                }

                json.WriteEndObject();
                break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (object? item in list) WriteFact(json, item);
                json.WriteEndArray();
                break;
            default: throw new ArgumentException($"A step noted a {value.GetType()}, which no manifest can hold.", nameof(value));
        }
    }
}
