using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Engine.Tokenizers.Normalizers;

/// <summary>SentencePiece's table of replacements: a double-array trie over UTF-8, and the texts that its leaves point at.</summary>
/// <remarks>
/// The reference looks up each grapheme cluster below six bytes, taking the shortest entry that is a prefix of it for the whole cluster, and where there is none each of its characters; so does this.
/// </remarks>
internal sealed class PrecompiledNormalizer : Normalizer
{
    private const int LongestCluster = 5;

    private readonly uint[] _units;
    private readonly byte[] _texts;

    private PrecompiledNormalizer(uint[] units, byte[] texts) => (_units, _texts) = (units, texts);

    /// <summary>Reads a table in base 64.</summary>
    /// <exception cref="EngineException">It is damaged: exit 4.</exception>
    public static new PrecompiledNormalizer Read(TokenizerJson json)
    {
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(json.Text());
        }
        catch (FormatException)
        {
            throw json.Refuse("BASE64", "found text that is not base 64, expected SentencePiece's character map. The file is damaged.");
        }

        uint length = bytes.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (bytes.Length < 4 || length > bytes.Length - 4 || length % 4 != 0)
            throw json.Refuse("TRUNCATED", $"found {bytes.Length} bytes whose trie claims {length}, expected 4 bytes of length, the trie and the texts. The file is damaged.");
        uint[] units = new uint[length / 4];
        for (int i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + 4 * i));
        byte[] texts = bytes[(4 + (int)length)..];
        return System.Text.Unicode.Utf8.IsValid(texts) ? new PrecompiledNormalizer(units, texts) : throw json.Refuse("UTF8", "found texts that are not UTF-8, expected SentencePiece's character map. The file is damaged.");
    }

    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> source = text.Text;
        char[] characters = ArrayPool<char>.Shared.Rent(source.Length + 1);
        ReadOnlySpan<char> clusters = characters.AsSpan(0, Encoding.UTF8.GetChars(source, characters));
        text.Begin();
        while (!clusters.IsEmpty)
        {
            // Between ASCII characters other than CR and LF a cluster always ends.
            int count = clusters.Length > 1 && clusters[0] < 0x80 && clusters[1] < 0x80 && clusters[0] != '\r' ? 1 : StringInfo.GetNextTextElementLength(clusters);
            int bytes = Encoding.UTF8.GetByteCount(clusters[..count]);
            Write(source[..bytes], text);
            source = source[bytes..];
            clusters = clusters[count..];
        }

        text.End();
        ArrayPool<char>.Shared.Return(characters);
    }

    private void Write(ReadOnlySpan<byte> cluster, NormalizedText text)
    {
        if (cluster.Length <= LongestCluster && TryFind(cluster, out ReadOnlySpan<byte> whole))
        {
            text.Write(whole);
            return;
        }

        while (!cluster.IsEmpty)
        {
            ReadOnlySpan<byte> rune = cluster[..Runes.Length(cluster[0])];
            text.Write(TryFind(rune, out ReadOnlySpan<byte> replaced) ? replaced : rune);
            cluster = cluster[rune.Length..];
        }
    }

    // The layout is that of Darts: each unit has a label, an offset to its children and a flag whether a value stands there.
    private bool TryFind(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> replaced)
    {
        replaced = default;
        if (_units.Length == 0) return false;
        uint at = Offset(_units[0]);
        foreach (byte label in key)
        {
            if (label == 0) break;
            at ^= label;
            if (at >= _units.Length) return false;
            uint unit = _units[at];
            if ((unit & (1u << 31 | 0xFF)) != label) return false;
            at ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (at >= _units.Length) return false;
            int start = (int)(_units[at] & int.MaxValue);
            if (start > _texts.Length) return false;
            ReadOnlySpan<byte> rest = _texts.AsSpan(start);
            int end = rest.IndexOf((byte)0);
            replaced = end < 0 ? rest : rest[..end];
            return true;
        }

        return false;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1u << 9) >> 6);
}
