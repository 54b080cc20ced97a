using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>The tokenizers of golden/models.json and golden/components.json; golden/make.mjs gives the same to the reference.</summary>
internal static class GoldenModels
{
    private static readonly string[] _packageFolders =
    [
        Environment.GetEnvironmentVariable("ENGINE_TOKENIZERS") ?? "",
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "engine", "node_modules"),
    ];

    public static JsonElement[] Models { get; } = Read("models.json");

    public static JsonElement[] Components { get; } = Read("components.json");

    public static JsonElement Golden { get; } = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenTexts.Folder, "golden.json"))).RootElement;

    /// <summary>A model's JSON, or null when its package is not installed.</summary>
    public static byte[]? Model(string name)
    {
        JsonElement entry = Models.Single(model => Text(model, "name") == name);
        if (Text(entry, "fixture") is { } fixture)
        {
            using var packed = new GZipStream(File.OpenRead(Path.Combine(GoldenTexts.Folder, fixture)), CompressionMode.Decompress);
            using var whole = new MemoryStream();
            packed.CopyTo(whole);
            return whole.ToArray();
        }

        if (Package(Text(entry, "package")!) is not { } folder) return null;
        if (Text(entry, "file") is { } file) return File.ReadAllBytes(Path.Combine(folder, file));
        JsonObject json = JsonObject.Create(entry.GetProperty("json"))!;
        if (Text(entry, "vocab") is { } vocab)
        {
            json["model"]!["vocab"] = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, vocab)));
            json["model"]!["merges"] = new JsonArray([.. File.ReadLines(Path.Combine(folder, Text(entry, "merges")!)).Skip(1).Where(line => line.Length > 0).Select(line => JsonValue.Create(line))]);
        }
        else
        {
            var pieces = new JsonObject();
            foreach (JsonNode? piece in JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, Text(entry, "wordPieces")!)))!.AsArray())
                pieces[Bert(piece!.GetValue<string>())] = pieces.Count;
            json["model"]!["vocab"] = pieces;
        }

        return JsonSerializer.SerializeToUtf8Bytes(json);
    }

    /// <summary>The folder of an npm package, or null when it is not installed.</summary>
    public static string? Package(string name) => _packageFolders.Where(packages => packages.Length > 0).Select(packages => Path.Combine(packages, name)).FirstOrDefault(Directory.Exists);

    /// <summary>A tokenizer that shows what a component does: its vocabulary has every byte, and every byte as the last of a piece.</summary>
    public static byte[] Component(string name)
    {
        JsonElement entry = Components.Single(component => Text(component, "name") == name);
        bool hasModel = entry.TryGetProperty("model", out JsonElement given);
        JsonNode model = hasModel ? JsonObject.Create(given)! : ByteModel();
        JsonNode? cut = Text(entry, "split") is { } expression
            ? new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = expression }, ["behavior"] = "Isolated", ["invert"] = false }
            : Part(entry, "pre_tokenizer");
        if (!hasModel && cut?["type"]!.GetValue<string>() != "ByteLevel")
        {
            JsonNode bytes = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = false };
            cut = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = cut is null ? new JsonArray(bytes) : new JsonArray(cut, bytes) };
        }

        var added = new JsonArray();
        foreach (JsonNode? token in (Part(entry, "added") as JsonArray) ?? [])
        {
            var whole = new JsonObject { ["id"] = 512 + added.Count, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["special"] = false };
            foreach ((string key, JsonNode? value) in token!.AsObject()) whole[key] = value?.DeepClone();
            added.Add(whole);
        }

        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = Part(entry, "normalizer"),
            ["pre_tokenizer"] = cut,
            ["post_processor"] = Part(entry, "post_processor"),
            ["decoder"] = null,
            ["model"] = model,
        });
    }

    /// <summary>GPT-2's alphabet: printable Latin-1 first, then the other bytes from U+0100 on.</summary>
    public static string[] Alphabet()
    {
        List<string> printable = [], others = [];
        for (int value = 0; value < 256; value++)
        {
            if (value is >= 33 and <= 126 or >= 161 and <= 172 or >= 174) printable.Add(((char)value).ToString());
            else others.Add(((char)(256 + others.Count)).ToString());
        }

        return [.. printable, .. others];
    }

    /// <summary>The hashes of what a tokenizer gives, as golden/make.mjs computes them.</summary>
    public static (long Tokens, byte[] Hashes) Encode(Tokenizer tokenizer, int together, string[] texts)
    {
        byte[] hashes = new byte[4 * ((texts.Length + together - 1) / together)];
        long tokens = 0;
        uint value = 0;
        List<int> ids = [];
        for (int i = 0; i < texts.Length; i++)
        {
            ids.Clear();
            tokenizer.Encode(Encoding.UTF8.GetBytes(texts[i]), addSpecialTokens: true, ids);
            if (i % together == 0) value = 2166136261;
            foreach (int id in ids)
                for (int shift = 0; shift < 32; shift += 8) value = (value ^ (uint)(id >> shift & 255)) * 16777619;
            BitConverter.TryWriteBytes(hashes.AsSpan(4 * (i / together)), value);
            tokens += ids.Count;
        }

        return (tokens, hashes);
    }

    /// <summary>Which texts came out differently.</summary>
    public static string Differences(byte[] expected, byte[] actual, int together, string[] texts) => string.Join("\n", Enumerable.Range(0, actual.Length / 4)
        .Where(i => !expected.AsSpan(4 * i, 4).SequenceEqual(actual.AsSpan(4 * i, 4))).Take(20)
        .Select(i => string.Create(CultureInfo.InvariantCulture, $"{i * together}: {JsonSerializer.Serialize(texts[i * together])}")));

    public static string? Text(JsonElement entry, string name) => entry.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static JsonNode? Part(JsonElement entry, string name) => !entry.TryGetProperty(name, out JsonElement value) ? null : value.ValueKind == JsonValueKind.Array ? JsonArray.Create(value) : JsonObject.Create(value);

    private static JsonObject ByteModel()
    {
        var vocab = new JsonObject();
        foreach (string letter in Alphabet()) vocab[letter] = vocab.Count;
        foreach (string letter in Alphabet()) vocab[$"{letter}</w>"] = vocab.Count;
        return new JsonObject { ["type"] = "BPE", ["unk_token"] = null, ["end_of_word_suffix"] = "</w>", ["vocab"] = vocab, ["merges"] = new JsonArray() };
    }

    private static string Bert(string piece)
    {
        if (piece == "\u2581") return "[unused0]";
        if (piece.StartsWith('\u2581')) return piece[1..];
        return piece is "[PAD]" or "[UNK]" or "[CLS]" or "[SEP]" or "[MASK]" || piece.StartsWith("[unused", StringComparison.Ordinal) ? piece : $"##{piece}";
    }

    private static JsonElement[] Read(string name) => [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenTexts.Folder, name))).RootElement.EnumerateArray()];
}
