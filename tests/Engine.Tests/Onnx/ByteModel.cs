using System.Text.Json;
using Engine.Steps;
using Engine.Tests.Runs;

namespace Engine.Tests.Onnx;

/// <summary>A model with a tokenizer of bytes in a folder: byte b is token b, Yes is 257, No is 258, <c>&lt;s&gt;</c> is 259 and stands before every text, <c>&lt;/s&gt;</c> is 260.</summary>
internal sealed class ByteModel : IDisposable
{
    public const int PartOfYes = 256, Yes = 257, No = 258, Begin = 259, End = 260;

    public ByteModel(byte[]? model = null)
    {
        File.WriteAllBytes(Work.At("model.onnx"), model ?? TinyTransformer.Write());
        Work.Write("tokenizer.json", Tokenizer());
    }

    public Workspace Work { get; } = new();

    public OnnxModel Model => new() { Onnx = Work.At("model.onnx"), Tokenizer = Work.At("tokenizer.json") };

    public void Dispose() => Work.Dispose();

    /// <summary>The tokens of a text, special tokens apart: a byte each, but for the end mark and the two words.</summary>
    public static List<int> Encode(string text)
    {
        List<int> ids = [];
        for (int i = 0; i < text.Length;)
        {
            (int id, int length) = text.AsSpan(i) switch
            {
                ['<', '/', 's', '>', ..] => (End, 4),
                ['Y', 'e', 's', ..] => (Yes, 3),
                ['N', 'o', ..] => (No, 2),
                ['Y', 'e', ..] => (PartOfYes, 2),
                _ => (text[i], 1),
            };
            Assert.InRange(id, 0, End);
            ids.Add(id);
            i += length;
        }

        return ids;
    }

    private static string Tokenizer()
    {
        // GPT-2's alphabet: bytes that print stand for themselves, the others for characters from U+0100 on.
        int other = 0;
        Dictionary<string, int> vocabulary = [];
        for (int b = 0; b < 256; b++)
        {
            bool prints = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            vocabulary.Add(((char)(prints ? b : 256 + other++)).ToString(), b);
        }

        (vocabulary["Ye"], vocabulary["Yes"], vocabulary["No"]) = (PartOfYes, Yes, No);
        return $$$"""
            { "version": "1.0", "truncation": null, "padding": null,
              "added_tokens": [
                { "id": {{{Begin}}}, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true },
                { "id": {{{End}}}, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true }],
              "normalizer": null,
              "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false },
              "post_processor": { "type": "TemplateProcessing",
                "single": [{ "SpecialToken": { "id": "<s>", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }],
                "pair": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 0 } }],
                "special_tokens": { "<s>": { "id": "<s>", "ids": [{{{Begin}}}], "tokens": ["<s>"] } } },
              "decoder": null,
              "model": { "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                "vocab": {{{JsonSerializer.Serialize(vocabulary)}}}, "merges": ["Y e", "Ye s", "N o"] } }
            """;
    }
}
