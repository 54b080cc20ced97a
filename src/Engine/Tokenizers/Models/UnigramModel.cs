using System.Text;
using System.Text.Json;

namespace Engine.Tokenizers.Models;

/// <summary>The sequence of tokens with the greatest sum of log-probabilities; a character that is no token costs the lowest of them less 10.</summary>
/// <remarks>Kudo 2018. Unknown characters in a row are one token, or their bytes with <c>byte_fallback</c>. Among equal paths the one whose last token begins first wins.</remarks>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly PairTable _children;
    private readonly int[] _tokenAt;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly int[]? _bytes;

    private UnigramModel(TokenizerJson json, Utf8Vocabulary vocabulary, double[] scores)
        : base(vocabulary)
    {
        _scores = scores;
        _unknownScore = scores.DefaultIfEmpty().Min() - UnknownPenalty;
        _unknown = json["unk_id"].Whole(-1);
        if (_unknown >= scores.Length) throw json["unk_id"].Refuse("RANGE", $"found {_unknown}, expected the id of one of the {scores.Length} tokens.");
        if (json["byte_fallback"].Flag(false)) _bytes = BytePairModel.BytesOf(vocabulary);

        _children = new PairTable(3 * vocabulary.Count);
        List<int> tokenAt = [-1];
        for (int i = 0; i < vocabulary.Count; i++)
        {
            int node = 0;
            foreach (byte value in vocabulary.Token(i))
            {
                ulong child = _children.Find(node, value);
                if (child == PairTable.Absent)
                {
                    child = (ulong)tokenAt.Count;
                    _children.Set(node, value, 0, tokenAt.Count);
                    tokenAt.Add(-1);
                }

                node = (int)child;
            }

            tokenAt[node] = i;
        }

        _tokenAt = [.. tokenAt];
    }

    /// <summary>Reads the model.</summary>
    public static new UnigramModel Read(TokenizerJson json)
    {
        json.RequireKeys("type", "unk_id", "vocab", "byte_fallback");
        TokenizerJson vocab = json["vocab"];
        vocab.Require(JsonValueKind.Array, "an array of tokens and scores");
        int tokens = vocab.Value.GetArrayLength();
        var vocabulary = new Utf8Vocabulary(tokens);
        double[] scores = new double[tokens];
        foreach (JsonElement entry in vocab.Value.EnumerateArray())
        {
            int id = vocabulary.Count;
            TokenizerJson place = vocab.At(entry, id);
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2) throw place.Refuse("TYPE", $"found {entry.GetRawText()}, expected a token and its score.");
            string token = place.At(entry[0], 0).Text();
            scores[id] = place.At(entry[1], 1).Number();
            if (!vocabulary.TryAdd(Encoding.UTF8.GetBytes(token), id)) throw place.Refuse("DUPLICATE", $"the token \"{token}\" stands there twice, expected once. The file is damaged.");
        }

        return new UnigramModel(json, vocabulary, scores);
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> into)
    {
        double[] best = ModelScratch.Room(ref scratch.Scores, piece.Length + 1);
        int[] starts = ModelScratch.Room(ref scratch.Before, piece.Length + 1), tokens = ModelScratch.Room(ref scratch.Behind, piece.Length + 1);
        starts.AsSpan(0, piece.Length + 1).Fill(-1);
        best[0] = 0;
        for (int at = 0; at < piece.Length;)
        {
            int character = Runes.Length(piece[at]), node = 0;
            bool hasCharacter = false;
            for (int end = at; end < piece.Length;)
            {
                ulong child = _children.Find(node, piece[end++]);
                if (child == PairTable.Absent) break;
                node = (int)child;
                int token = _tokenAt[node];
                if (token < 0) continue;
                hasCharacter |= end - at == character;
                Offer(at, end, token, _scores[token], best, starts, tokens);
            }

            if (!hasCharacter) Offer(at, at + character, _unknown, _unknownScore, best, starts, tokens);
            at += character;
        }

        Trace(piece, starts, tokens, scratch, into);
    }

    private static void Offer(int at, int end, int token, double score, double[] best, int[] starts, int[] tokens)
    {
        double sum = score + best[at];
        if (starts[end] >= 0 && !(sum > best[end])) return;
        (best[end], starts[end], tokens[end]) = (sum, at, token);
    }

    private void Trace(ReadOnlySpan<byte> piece, int[] starts, int[] tokens, ModelScratch scratch, List<int> into)
    {
        int[] ends = ModelScratch.Room(ref scratch.Symbols, piece.Length + 1);
        int count = 0;
        for (int end = piece.Length; end > 0; end = starts[end]) ends[count++] = end;
        for (int i = count - 1; i >= 0; i--)
        {
            (int start, int token) = (starts[ends[i]], tokens[ends[i]]);
            while (token == _unknown && i > 0 && tokens[ends[i - 1]] == _unknown) i--;
            ReadOnlySpan<byte> text = piece[start..ends[i]];

            // What the unknown characters spell together may be a token after all.
            if (token == _unknown) AddUnknown(text, Vocabulary.Find(text), into);
            else into.Add(token);
        }
    }

    private void AddUnknown(ReadOnlySpan<byte> text, int token, List<int> into)
    {
        if (token >= 0)
        {
            into.Add(token);
            return;
        }

        bool hasBytes = _bytes is not null;
        foreach (byte value in text) hasBytes &= _bytes is not null && _bytes[value] >= 0;
        if (hasBytes)
        {
            foreach (byte value in text) into.Add(_bytes![value]);
            return;
        }

        if (_unknown < 0) throw new EngineException(new EngineError(ExitCode.Input, "UNKNOWN_TOKEN", $"the tokenizer has no unknown token (unk_id), but the text has \"{Encoding.UTF8.GetString(text)}\", which its vocabulary cannot spell. Use a tokenizer with one, or remove the record."));
        into.Add(_unknown);
    }
}
