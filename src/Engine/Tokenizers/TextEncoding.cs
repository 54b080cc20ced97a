using Engine.Tokenizers.Models;
using Engine.Tokenizers.PreTokenizers;

namespace Engine.Tokenizers;

/// <summary>One text on its way through a tokenizer: added tokens, normalizer, added tokens that are normalized, pre-tokenizers, model.</summary>
/// <param name="definition">The tokenizer.</param>
/// <param name="lane">The thread's memory.</param>
/// <param name="into">Ids are appended.</param>
/// <param name="end">The length of the list from which on nothing more is needed.</param>
internal readonly ref struct TextEncoding(TokenizerDefinition definition, TokenizerLane lane, List<int> into, int end)
{
    /// <summary>Encodes a text of valid UTF-8.</summary>
    public void Run(ReadOnlySpan<byte> text)
    {
        int done = 0;
        if (definition.Added is { } added)
        {
            for (int from = 0; added.Find(text, from, done, out int start, out int stop, out int next) is { } token; from = next)
            {
                if (start > done) Normalize(text[done..start], done == 0);
                if (into.Count >= end) return;
                into.Add(token.Id);
                done = stop;
            }
        }

        if (done < text.Length) Normalize(text[done..], done == 0);
    }

    private void Normalize(ReadOnlySpan<byte> part, bool atStart)
    {
        if (into.Count >= end) return;
        if (definition.Normalizer is { } normalizer)
        {
            lane.Normalized.Set(part, atStart);
            normalizer.Apply(lane.Normalized);
            part = lane.Normalized.Text;
            atStart = lane.Normalized.AtStart;
        }

        int done = 0;
        if (definition.AddedNormalized is { } added)
        {
            for (int from = 0; added.Find(part, from, done, out int start, out int stop, out int next) is { } token; from = next)
            {
                if (start > done) Cut(part[done..start], atStart && done == 0);
                if (into.Count >= end) return;
                into.Add(token.Id);
                done = stop;
            }
        }

        if (done < part.Length) Cut(part[done..], atStart && done == 0);
    }

    private void Cut(ReadOnlySpan<byte> part, bool atStart)
    {
        PieceBuffer pieces = lane.Pieces;
        pieces.Set(part, atStart);
        foreach (PreTokenizer step in definition.Steps) step.Apply(pieces);
        for (int i = 0; i < pieces.Count && into.Count < end; i++) Piece(pieces.Text(pieces[i]));
    }

    // Pieces are kept as they are in the text; the byte alphabet is only for those that are new.
    private void Piece(ReadOnlySpan<byte> piece)
    {
        bool isShort = piece.Length <= PieceCache.MostBytes;
        int slot = isShort ? PieceCache.SlotOf(piece) : 0, before = into.Count;
        if (isShort && lane.Cache.TryGet(piece, slot, into)) return;
        if (definition.UsesByteAlphabet)
        {
            byte[] mapped = ModelScratch.Room(ref lane.Mapped, checked(2 * piece.Length));
            definition.Model.Encode(mapped.AsSpan(0, ByteAlphabet.Map(piece, mapped)), lane.Scratch, into);
        }
        else
        {
            definition.Model.Encode(piece, lane.Scratch, into);
        }

        if (isShort) lane.Cache.Keep(piece, slot, into, before);
    }
}
