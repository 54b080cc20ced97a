using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Steps;
using Engine.Tests.Runs;

namespace Engine.Tests.Onnx;

/// <summary>A model with a tokenizer in a folder: the words w3, w4, ... w319 are the tokens of those numbers, &lt;unk&gt; is 0, &lt;s&gt; 1 and &lt;/s&gt; 2.</summary>
internal sealed class LanguageModel : IDisposable
{
    public LanguageModel(byte[]? model = null, bool unknown = true)
    {
        File.WriteAllBytes(Work.At("model.onnx"), model ?? TinyTransformer.Write());
        Work.Write("tokenizer.json", Tokenizer(unknown));
    }

    public Workspace Work { get; } = new();

    public OnnxModel Model => new() { Onnx = Work.At("model.onnx"), Tokenizer = Work.At("tokenizer.json"), Template = ChatTemplate.Plain, MaxTokens = 128 };

    public void Dispose() => Work.Dispose();

    /// <summary>A text of as many tokens.</summary>
    public static string Text(int tokens, int seed) => string.Join(' ', Ids(tokens, seed).Select(id => string.Create(CultureInfo.InvariantCulture, $"w{id}")));

    /// <summary>Its tokens.</summary>
    public static long[] Ids(int tokens, int seed) => [.. Enumerable.Range(0, tokens).Select(t => 3L + (seed * 7919 + t * 104729) % 317)];

    private static string Tokenizer(bool unknown)
    {
        var vocabulary = new Dictionary<string, int> { ["<unk>"] = 0, ["<s>"] = 1, ["</s>"] = 2 };
        for (int id = 3; id < TinyTransformer.Vocabulary; id++) vocabulary.Add(string.Create(CultureInfo.InvariantCulture, $"w{id}"), id);

        // A word that the model has no row for.
        vocabulary.Add("outside", 5000);
        if (!unknown) vocabulary.Remove("<unk>");
        return $$"""
            { "version": "1.0", "truncation": null, "padding": null,
              "added_tokens": [{ "id": 2, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true }],
              "normalizer": null, "pre_tokenizer": { "type": "WhitespaceSplit" }, "post_processor": null, "decoder": null,
              "model": { "type": "WordLevel", "vocab": {{JsonSerializer.Serialize(vocabulary)}}, "unk_token": "<unk>" } }
            """;
    }

    /// <summary>Writes records of as many texts, of 1 to <paramref name="longest"/> tokens.</summary>
    public void WriteTexts(string name, int count, int longest)
    {
        var lines = new StringBuilder();
        for (int i = 0; i < count; i++) lines.Append(CultureInfo.InvariantCulture, $$"""{"text": "{{Text(1 + i % longest, i)}}"}""").Append('\n');
        Work.Write(name, lines.ToString());
    }
}
