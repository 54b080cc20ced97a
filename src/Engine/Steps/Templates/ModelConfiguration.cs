using System.Text.Json;
using Engine.Data;

namespace Engine.Steps.Templates;

/// <summary>The file beside a tokenizer that names its special tokens and its chat template.</summary>
internal static class ModelConfiguration
{
    /// <summary>Its name.</summary>
    public const string FileName = "tokenizer_config.json";

    private const long MostBytes = 64 << 20;

    /// <summary>Reads the file.</summary>
    /// <exception cref="EngineException">It is missing or no JSON: exit 4.</exception>
    public static JsonDocument Read(string path, string name)
    {
        byte[] bytes = ReadBytes(path, name);
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException malformed)
        {
            throw new EngineException(new EngineError(ExitCode.Input, "JSON", $"this is no JSON: {Data.Jsonl.JsonReason.Of(malformed)}. Expected the {FileName} of a Hugging Face model.", name, (int)(malformed.LineNumber ?? 0) + 1, (int)(malformed.BytePositionInLine ?? 0) + 1), malformed);
        }
    }

    /// <summary>Reads a small file whole.</summary>
    public static byte[] ReadBytes(string path, string name)
    {
        using InputFile file = InputFile.Open(path, name);
        if (file.Length > MostBytes) throw EngineException.Input(name, "RANGE", $"found {file.Length} bytes, expected at most {MostBytes}.");
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    /// <summary>The text of a special token.</summary>
    /// <returns>Null when the file names none.</returns>
    public static string? Token(JsonDocument configuration, string key, string name)
    {
        if (configuration.RootElement.ValueKind != JsonValueKind.Object || !configuration.RootElement.TryGetProperty(key, out JsonElement token)) return null;

        // An added token may stand there whole.
        if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out JsonElement content)) token = content;
        return token.ValueKind switch
        {
            JsonValueKind.String => token.GetString(),
            JsonValueKind.Null => null,
            _ => throw EngineException.Input(name, "TYPE", $"found a value of {key} that is no text, expected a special token."),
        };
    }
}
