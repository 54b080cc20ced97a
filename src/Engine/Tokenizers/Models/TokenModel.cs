namespace Engine.Tokenizers.Models;

/// <summary>From one piece of text to token ids.</summary>
/// <remarks>Safe for several threads; what a call needs beside the model is in its <see cref="ModelScratch"/>.</remarks>
internal abstract class TokenModel(Utf8Vocabulary vocabulary)
{
    /// <summary>The model's tokens.</summary>
    public Utf8Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>Encodes a piece.</summary>
    /// <param name="piece">Valid UTF-8, not empty.</param>
    /// <param name="scratch">The thread's own.</param>
    /// <param name="into">Ids are appended.</param>
    public abstract void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> into);

    /// <summary>Reads a model.</summary>
    /// <exception cref="EngineException">It is one that this runtime does not have, or is malformed: exit 4.</exception>
    public static TokenModel Read(TokenizerJson json)
    {
        json.Require(System.Text.Json.JsonValueKind.Object, "a model");
        string type = json["type"].IsNull ? GuessType(json) : json["type"].Text();
        return type switch
        {
            "BPE" => BytePairModel.Read(json),
            "WordPiece" => WordPieceModel.Read(json),
            "WordLevel" => WordLevelModel.Read(json),
            "Unigram" => UnigramModel.Read(json),
            _ => throw json["type"].Unsupported($"the model \"{type}\"", "BPE, WordPiece, Unigram or WordLevel"),
        };
    }

    /// <summary>The id of a token that a model must have.</summary>
    protected static int Require(Utf8Vocabulary vocabulary, TokenizerJson token)
    {
        string text = token.Text();
        int id = vocabulary.Find(System.Text.Encoding.UTF8.GetBytes(text));
        return id >= 0 ? id : throw token.Refuse("UNKNOWN_TOKEN", $"found \"{text}\", expected a token of the vocabulary.");
    }

    // Old files name no type; what they have tells it.
    private static string GuessType(TokenizerJson json) =>
        !json["merges"].IsNull ? "BPE" : !json["unk_id"].IsNull ? "Unigram" : !json["max_input_chars_per_word"].IsNull ? "WordPiece" : throw json["type"].Refuse("TYPE", "found nothing, expected the model's type: BPE, WordPiece, Unigram or WordLevel.");
}

/// <summary>Memory that one thread encodes with.</summary>
internal sealed class ModelScratch
{
    /// <summary>Bytes to put a token together in.</summary>
    public byte[] Bytes = new byte[256];

    /// <summary>Symbols of a piece.</summary>
    public int[] Symbols = new int[64];

    /// <summary>What the pairs of neighbouring symbols become.</summary>
    public ulong[] Pairs = new ulong[64];

    /// <summary>The symbol before each.</summary>
    public int[] Before = [];

    /// <summary>The symbol behind each.</summary>
    public int[] Behind = [];

    /// <summary>Best scores of paths.</summary>
    public double[] Scores = [];

    /// <summary>Merges to come.</summary>
    public PriorityQueue<int, ulong> Queue { get; } = new();

    /// <summary>Makes room.</summary>
    public static T[] Room<T>(ref T[] array, int length)
    {
        if (array.Length < length) array = new T[(int)Math.Min(Array.MaxLength, 2L * length)];
        return array;
    }
}
