using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Engine.Tokenizers.Models;

/// <summary>Byte-pair encoding: a piece begins as its characters, and the neighbouring pair with the lowest rank is merged until no pair has one; among equals the leftmost.</summary>
/// <remarks>Sennrich et al. 2016. A character that is no token becomes its bytes (<c>byte_fallback</c>), the unknown token, or nothing when there is none.</remarks>
internal sealed class BytePairModel : TokenModel
{
    private const int DirectCharacters = 0x800;

    private readonly PairTable _merges;
    private readonly byte[] _prefix;
    private readonly byte[] _suffix;
    private readonly bool _ignoreMerges;
    private readonly bool _fuseUnknown;
    private readonly int _unknown;
    private readonly int[]? _bytes;
    private readonly int[] _direct = new int[DirectCharacters];

    private BytePairModel(TokenizerJson json, Utf8Vocabulary vocabulary)
        : base(vocabulary)
    {
        _prefix = Encoding.UTF8.GetBytes(json["continuing_subword_prefix"].Text(otherwise: "")!);
        _suffix = Encoding.UTF8.GetBytes(json["end_of_word_suffix"].Text(otherwise: "")!);
        _ignoreMerges = json["ignore_merges"].Flag(false);
        _fuseUnknown = json["fuse_unk"].Flag(false);
        _unknown = json["unk_token"].IsNull ? -1 : Require(vocabulary, json["unk_token"]);
        if (json["byte_fallback"].Flag(false)) _bytes = BytesOf(vocabulary);
        Span<byte> character = stackalloc byte[4];
        for (int rune = 0; rune < DirectCharacters; rune++) _direct[rune] = vocabulary.Find(character[..new Rune(rune).EncodeToUtf8(character)]);
        _merges = ReadMerges(json["merges"]);
    }

    /// <summary>Reads the model.</summary>
    public static new BytePairModel Read(TokenizerJson json)
    {
        json.RequireKeys("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges");
        if (!json["dropout"].IsNull && json["dropout"].Number() != 0)
            throw json["dropout"].Unsupported("a dropout, which leaves merges out at random", "null: the same text has the same tokens");
        return new BytePairModel(json, Utf8Vocabulary.Read(json["vocab"]));
    }

    /// <summary>The ids of the 256 tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>; -1 where there is none.</summary>
    public static int[] BytesOf(Utf8Vocabulary vocabulary)
    {
        var ids = new int[256];
        for (int value = 0; value < ids.Length; value++) ids[value] = vocabulary.Find(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")));
        return ids;
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> into)
    {
        if (_ignoreMerges && Vocabulary.Find(piece) is >= 0 and int whole)
        {
            into.Add(whole);
            return;
        }

        int count = _prefix.Length + _suffix.Length == 0 ? Characters(piece, scratch) : MarkedCharacters(piece, scratch);
        BytePairMerge.Merge(scratch, ref count, _merges);
        CollectionExtensions.AddRange(into, scratch.Symbols.AsSpan(0, count));
    }

    private int Characters(ReadOnlySpan<byte> piece, ModelScratch scratch)
    {
        var symbols = new SymbolWriter(this, scratch, piece.Length);
        for (int at = 0; at < piece.Length;)
        {
            int length = Runes.Decode(piece, at, out int rune);
            int id = rune < DirectCharacters ? _direct[rune] : Vocabulary.Find(piece.Slice(at, length));
            if (id >= 0) symbols.Add(id);
            else symbols.AddUnknown(piece.Slice(at, length));
            at += length;
        }

        return symbols.End();
    }

    private int MarkedCharacters(ReadOnlySpan<byte> piece, ModelScratch scratch)
    {
        var symbols = new SymbolWriter(this, scratch, checked(piece.Length * (1 + _prefix.Length + _suffix.Length)));
        for (int at = 0; at < piece.Length;)
        {
            ReadOnlySpan<byte> rune = piece.Slice(at, Runes.Length(piece[at]));
            ReadOnlySpan<byte> marked = [.. at > 0 ? _prefix : [], .. rune, .. at + rune.Length == piece.Length ? _suffix : []];
            int id = Vocabulary.Find(marked);
            if (id >= 0) symbols.Add(id);
            else symbols.AddUnknown(marked);
            at += rune.Length;
        }

        return symbols.End();
    }

    private PairTable ReadMerges(TokenizerJson merges)
    {
        merges.Require(JsonValueKind.Array, "an array of merges");
        var table = new PairTable(merges.Value.GetArrayLength());
        byte[] joined = new byte[2 * Vocabulary.LongestToken + 4];
        int rank = 0, index = 0;
        foreach (JsonElement merge in merges.Value.EnumerateArray())
        {
            ReadOnlySpan<byte> first, second;
            if (merge.ValueKind == JsonValueKind.String)
            {
                ReadOnlySpan<byte> text = Utf8(merge, merges, index);
                if (text.StartsWith("#version"u8))
                {
                    index++;
                    continue;
                }

                int space = text.IndexOf((byte)' ');
                if (space <= 0 || space == text.Length - 1 || text[(space + 1)..].Contains((byte)' ')) throw merges.At(merge, index).Refuse("MERGE", $"found {merge.GetRawText()}, expected two tokens with a space between them.");
                first = text[..space];
                second = text[(space + 1)..];
            }
            else
            {
                if (merge.ValueKind != JsonValueKind.Array || merge.GetArrayLength() != 2 || merge[0].ValueKind != JsonValueKind.String || merge[1].ValueKind != JsonValueKind.String)
                    throw merges.At(merge, index).Refuse("MERGE", $"found {merge.GetRawText()}, expected two tokens.");
                first = Utf8(merge[0], merges, index);
                second = Utf8(merge[1], merges, index);
            }

            (int left, int right) = (Vocabulary.Find(first), Vocabulary.Find(second));
            int whole = -1;
            if (left >= 0 && right >= 0 && second.Length >= _prefix.Length)
            {
                first.CopyTo(joined);
                second[_prefix.Length..].CopyTo(joined.AsSpan(first.Length));
                whole = Vocabulary.Find(joined.AsSpan(0, first.Length + second.Length - _prefix.Length));
            }

            if (whole < 0) throw merges.At(merge, index).Refuse("MERGE", $"found {merge.GetRawText()}, expected two tokens of the vocabulary whose joined text is one too. The file is damaged.");
            table.Set(left, right, rank++, whole);
            index++;
        }

        return table;
    }

    private static ReadOnlySpan<byte> Utf8(JsonElement text, TokenizerJson merges, int index)
    {
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(text)[1..^1];
        return raw.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(merges.At(text, index).Text()) : raw;
    }

    // Unknown characters in a row are one token with fuse_unk; one that is pending is written before the next known character.
    private ref struct SymbolWriter(BytePairModel model, ModelScratch scratch, int most)
    {
        private readonly int[] _symbols = ModelScratch.Room(ref scratch.Symbols, most + 1);
        private int _count;
        private bool _pending;

        public void Add(int id)
        {
            Flush();
            _symbols[_count++] = id;
        }

        public void AddUnknown(scoped ReadOnlySpan<byte> character)
        {
            if (model._bytes is { } bytes && AllBytesAreTokens(character, bytes))
            {
                foreach (byte value in character) _symbols[_count++] = bytes[value];
                return;
            }

            if (model._unknown < 0) return;
            if (!model._fuseUnknown) Flush();
            _pending = true;
        }

        public int End()
        {
            Flush();
            return _count;
        }

        private void Flush()
        {
            if (_pending) _symbols[_count++] = model._unknown;
            _pending = false;
        }

        private static bool AllBytesAreTokens(ReadOnlySpan<byte> character, int[] bytes)
        {
            foreach (byte value in character)
                if (bytes[value] < 0) return false;
            return true;
        }
    }
}
