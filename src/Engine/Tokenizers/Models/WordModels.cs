using System.Text;

namespace Engine.Tokenizers.Models;

/// <summary>Each piece is one token, or the unknown one.</summary>
internal sealed class WordLevelModel : TokenModel
{
    private readonly int _unknown;

    private WordLevelModel(Utf8Vocabulary vocabulary, int unknown)
        : base(vocabulary) => _unknown = unknown;

    /// <summary>Reads the model.</summary>
    public static new WordLevelModel Read(TokenizerJson json)
    {
        json.RequireKeys("type", "vocab", "unk_token");
        Utf8Vocabulary vocabulary = Utf8Vocabulary.Read(json["vocab"]);
        return new WordLevelModel(vocabulary, Require(vocabulary, json["unk_token"]));
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> into)
    {
        int id = Vocabulary.Find(piece);
        into.Add(id >= 0 ? id : _unknown);
    }
}

/// <summary>The longest token that begins a piece, then the longest that goes on with it, and so on; a piece that cannot be put together so is one unknown token.</summary>
internal sealed class WordPieceModel : TokenModel
{
    private readonly byte[] _prefix;
    private readonly int _mostCharacters;
    private readonly int _unknown;

    private WordPieceModel(TokenizerJson json, Utf8Vocabulary vocabulary)
        : base(vocabulary)
    {
        _prefix = Encoding.UTF8.GetBytes(json["continuing_subword_prefix"].Text());
        _mostCharacters = json["max_input_chars_per_word"].Whole();
        _unknown = Require(vocabulary, json["unk_token"]);
    }

    /// <summary>Reads the model.</summary>
    public static new WordPieceModel Read(TokenizerJson json)
    {
        json.RequireKeys("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
        return new WordPieceModel(json, Utf8Vocabulary.Read(json["vocab"]));
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> into)
    {
        int before = into.Count;
        if (IsTooLong(piece) || !TryEncode(piece, scratch, into))
        {
            into.RemoveRange(before, into.Count - before);
            into.Add(_unknown);
        }
    }

    private bool TryEncode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> into)
    {
        byte[] token = ModelScratch.Room(ref scratch.Bytes, _prefix.Length + Vocabulary.LongestToken);
        _prefix.CopyTo(token, 0);
        for (int start = 0; start < piece.Length;)
        {
            int prefix = start == 0 ? 0 : _prefix.Length;
            int length = Math.Min(piece.Length - start, Vocabulary.LongestToken - prefix), id = -1;
            while (length > 0 && start + length < piece.Length && (sbyte)piece[start + length] < -64) length--;
            while (length > 0)
            {
                ReadOnlySpan<byte> part = piece.Slice(start, length);
                if (prefix > 0) part.CopyTo(token.AsSpan(prefix));
                id = Vocabulary.Find(prefix > 0 ? token.AsSpan(0, prefix + length) : part);
                if (id >= 0) break;
                length = Runes.Before(piece, start + length) - start;
            }

            if (id < 0) return false;
            into.Add(id);
            start += length;
        }

        return true;
    }

    private bool IsTooLong(ReadOnlySpan<byte> piece)
    {
        if (piece.Length <= _mostCharacters) return false;
        int characters = 0;
        foreach (byte value in piece) characters += (sbyte)value < -64 ? 0 : 1;
        return characters > _mostCharacters;
    }
}
