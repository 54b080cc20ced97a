using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Engine.Data;

namespace Engine.Tokenizers;

/// <summary>From a path to a tokenizer's definition.</summary>
internal static class TokenizerFile
{
    /// <summary>The file's name in a model's folder.</summary>
    public const string Name = "tokenizer.json";

    private const int MostDepth = 64;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">A file, or a folder that holds <see cref="Name"/>.</param>
    /// <param name="name">How messages call the path.</param>
    /// <exception cref="EngineException">Exit 4, 7 or 9.</exception>
    public static TokenizerDefinition Read(string path, string name)
    {
        if (Directory.Exists(path)) (path, name) = (Path.Combine(path, Name), Path.Combine(name, Name));
        string full = Path.GetFullPath(path);
        using InputFile file = InputFile.Open(full, name);
        if (file.Length > Array.MaxLength) throw EngineException.Input(name, "RANGE", $"found {file.Length} bytes, expected a tokenizer.json of at most {Array.MaxLength}.");
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return Parse(bytes, full, name);
    }

    /// <summary>Reads a tokenizer from its JSON.</summary>
    public static TokenizerDefinition Parse(ReadOnlyMemory<byte> json, string path, string name)
    {
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        if (!Utf8.IsValid(json.Span)) throw EngineException.Input(name, "UTF8", "found bytes that are not UTF-8, expected the tokenizer.json of a Hugging Face model. The file is damaged.");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MostDepth });
            return new TokenizerDefinition(new TokenizerJson(document.RootElement, "", name), path);
        }
        catch (JsonException malformed)
        {
            throw new EngineException(new EngineError(ExitCode.Input, "JSON",
                string.Create(CultureInfo.InvariantCulture, $"this is no JSON of at most {MostDepth} levels: {Data.Jsonl.JsonReason.Of(malformed)}. Expected the tokenizer.json of a Hugging Face model."), name, (int)(malformed.LineNumber ?? 0) + 1, (int)(malformed.BytePositionInLine ?? 0) + 1), malformed);
        }
    }
}
