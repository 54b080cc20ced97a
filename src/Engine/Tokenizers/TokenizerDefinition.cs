using Engine.Tokenizers.Models;
using Engine.Tokenizers.Normalizers;
using Engine.Tokenizers.PreTokenizers;

namespace Engine.Tokenizers;

/// <summary>A tokenizer as its file defines it.</summary>
internal sealed class TokenizerDefinition
{
    /// <summary>Reads the parts of a file.</summary>
    /// <exception cref="EngineException">Exit 4.</exception>
    public TokenizerDefinition(TokenizerJson json, string path)
    {
        Path = path;
        json.RequireKeys("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        if (json["version"].Text(otherwise: "1.0") is var version && version != "1.0") throw json["version"].Unsupported($"version \"{version}\"", "\"1.0\"");
        Model = TokenModel.Read(json["model"]);
        Normalizer = Normalizer.Read(json["normalizer"]);
        Special = SpecialTokens.Read(json["post_processor"]);

        List<PreTokenizer> steps = PreTokenizer.Read(json["pre_tokenizer"]);
        UsesByteAlphabet = steps.Count > 0 && steps[^1] is ByteAlphabet;
        if (UsesByteAlphabet) steps.RemoveAt(steps.Count - 1);
        Steps = [.. steps];

        List<AddedToken> added = AddedTokens.Read(json["added_tokens"], Model.Vocabulary);
        foreach (AddedToken token in added) AddedIds[token.Text] = token.Id;
        Added = AddedTokens.Of(added.FindAll(token => !token.Normalized), normalizer: null);
        AddedNormalized = AddedTokens.Of(added.FindAll(token => token.Normalized), Normalizer);

        int limit = Math.Max(Model.Vocabulary.IdLimit, added.Count == 0 ? 0 : added.Max(token => token.Id) + 1);
        if (Special.Before.Concat(Special.Behind).FirstOrDefault(id => id >= limit, -1) is >= 0 and int beyond)
            throw json["post_processor"].Refuse("RANGE", $"found the token id {beyond}, expected one below {limit}, which the vocabulary and the added tokens end at. The file is damaged.");
        IdLimit = limit;
    }

    /// <summary>The file's absolute path.</summary>
    public string Path { get; }

    /// <summary>The greatest id and one more.</summary>
    public int IdLimit { get; }

    /// <summary>The model.</summary>
    public TokenModel Model { get; }

    /// <summary>The normalizer, or null.</summary>
    public Normalizer? Normalizer { get; }

    /// <summary>The pre-tokenizers in order, without a byte alphabet at their end.</summary>
    public PreTokenizer[] Steps { get; }

    /// <summary>Whether pieces are written in the byte alphabet for the model.</summary>
    public bool UsesByteAlphabet { get; }

    /// <summary>What stands around a text.</summary>
    public SpecialTokens Special { get; }

    /// <summary>Finds added tokens in the text as it is, or null.</summary>
    public AddedTokens? Added { get; }

    /// <summary>Finds added tokens in the normalized text, or null.</summary>
    public AddedTokens? AddedNormalized { get; }

    /// <summary>The ids of added tokens.</summary>
    public Dictionary<string, int> AddedIds { get; } = [];
}
