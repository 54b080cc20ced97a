using System.Text.Json;
using Engine.Data;
using Engine.Tokenizers;

namespace Engine.Steps.Templates;

/// <summary>What ends a response, as the model's own files say it.</summary>
internal static class EndMark
{
    /// <summary>The file beside a tokenizer that names its special tokens.</summary>
    public const string ConfigurationName = "tokenizer_config.json";

    private const long MostBytes = 64 << 20;

    /// <summary>The text of a model's end-of-sequence token: <paramref name="given"/>, else <c>eos_token</c> of the <c>tokenizer_config.json</c> beside the tokenizer, else <c>&lt;/s&gt;</c>.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="given">What the plan says, or null.</param>
    /// <exception cref="EngineException">The mark is no token of the tokenizer, or the file is malformed: exit 4.</exception>
    public static string Of(Tokenizer tokenizer, string? given = null)
    {
        string file = Path.Combine(Path.GetDirectoryName(tokenizer.Path) ?? "", ConfigurationName);
        string mark = given ?? (File.Exists(file) ? Read(file) : null) ?? ConversationTemplate.DefaultEndMark;
        if (tokenizer.Find(mark) is not null) return mark;
        throw EngineException.Input(tokenizer.Path, "END_MARK",
            $"found no token \"{mark}\", which {(given is not null ? "the plan gives" : mark == ConversationTemplate.DefaultEndMark ? "is the default" : $"{ConfigurationName} names")} as the end of a response, expected one token for it. Name the model's end-of-sequence token with \"eos\".");
    }

    private static string? Read(string path)
    {
        using JsonDocument configuration = ReadConfiguration(path);
        if (configuration.RootElement.ValueKind != JsonValueKind.Object || !configuration.RootElement.TryGetProperty("eos_token", out JsonElement token)) return null;

        // An added token may stand there whole.
        if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out JsonElement content)) token = content;
        return token.ValueKind switch
        {
            JsonValueKind.String => token.GetString(),
            JsonValueKind.Null => null,
            _ => throw EngineException.Input(path, "TYPE", "found an eos_token that is no text, expected the end-of-sequence token."),
        };
    }

    private static JsonDocument ReadConfiguration(string path)
    {
        using InputFile file = InputFile.Open(path, path);
        if (file.Length > MostBytes) throw EngineException.Input(path, "RANGE", $"found {file.Length} bytes, expected a {ConfigurationName} of at most {MostBytes}.");
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException malformed)
        {
            throw new EngineException(new EngineError(ExitCode.Input, "JSON", $"this is no JSON: {malformed.Message} Expected the {ConfigurationName} of a Hugging Face model.", path, (int)(malformed.LineNumber ?? 0) + 1, (int)(malformed.BytePositionInLine ?? 0) + 1), malformed);
        }
    }
}
