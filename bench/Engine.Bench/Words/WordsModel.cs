using System.Text.Json;
using Engine.Tests.Onnx;

namespace Engine.Bench.Words;

/// <summary>Word vectors as a language model: an ONNX graph of one <c>Gather</c> whose states know no context, and the tokenizer that goes with it.</summary>
/// <remarks>
/// Every word's vector is centred on the mean over running text and weighted by a / (a + p), so that a plain mean of states is the smooth inverse frequency embedding of Arora et al.
/// 2017. The share p of running text comes from the word's rank by Zipf's law, since the vectors come without counts.
/// </remarks>
internal static class WordsModel
{
    private const string Unknown = "[UNK]";
    private const double A = 1e-4;

    /// <summary>What a word that is not known counts: next to nothing, but enough for a text of such words to have a direction.</summary>
    private const float UnknownElement = 1e-6f;

    /// <summary>Writes <c>words.onnx</c> and <c>tokenizer.json</c>.</summary>
    public static void Write(WordVectors vectors, string folder)
    {
        int words = vectors.Words.Count, dim = vectors.Dim;
        double harmonic = Enumerable.Range(1, words).Sum(rank => 1.0 / rank);
        double[] mean = new double[dim];
        for (int word = 0; word < words; word++)
            for (int i = 0; i < dim; i++) mean[i] += vectors.Values[word * dim + i] / (harmonic * (word + 1));

        float[] table = new float[(words + 1) * dim];
        table.AsSpan(0, dim).Fill(UnknownElement);
        for (int word = 0; word < words; word++)
        {
            double weight = A / (A + 1 / (harmonic * (word + 1)));
            for (int i = 0; i < dim; i++) table[(word + 1) * dim + i] = (float)(weight * (vectors.Values[word * dim + i] - mean[i]));
        }

        var graph = new OnnxWriter("words");
        string ids = graph.Input("input_ids", TensorElement.Int64, "records", "tokens");
        graph.Node("Gather", [graph.Constant("words", table, words + 1, dim), ids], ["last_hidden_state"]);
        graph.Output("last_hidden_state", TensorElement.Float32, "records", "tokens", dim);
        graph.Save(Path.Combine(folder, "words.onnx"));
        WriteTokenizer(vectors.Words, Path.Combine(folder, "tokenizer.json"));
    }

    /// <summary>Lower case, words and punctuation apart; a word that is not known is one token.</summary>
    private static void WriteTokenizer(IReadOnlyList<string> words, string path)
    {
        using FileStream stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteStartArray("added_tokens");
        json.WriteEndArray();
        json.WritePropertyName("normalizer");
        json.WriteRawValue("""{ "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true }""");
        json.WritePropertyName("pre_tokenizer");
        json.WriteRawValue("""{ "type": "BertPreTokenizer" }""");
        json.WriteStartObject("model");
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", Unknown);
        json.WriteString("continuing_subword_prefix", "##");
        json.WriteNumber("max_input_chars_per_word", 100);
        json.WriteStartObject("vocab");
        json.WriteNumber(Unknown, 0);
        for (int word = 0; word < words.Count; word++) json.WriteNumber(words[word], word + 1);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
