using System.Runtime.InteropServices;

namespace Engine.Tokenizers;

/// <summary>The ids of short pieces seen before, in a table of fixed size where a newer piece takes an older one's place. One thread's own: no locks, nothing reserved.</summary>
internal sealed class PieceCache
{
    /// <summary>The longest piece that is kept, in bytes.</summary>
    public const int MostBytes = 24;

    private const int MostIds = 6;
    private const int Slots = 1 << 15;

    private readonly byte[] _texts = new byte[Slots * MostBytes];
    private readonly byte[] _lengths = new byte[Slots];
    private readonly byte[] _counts = new byte[Slots];
    private readonly int[] _ids = new int[Slots * MostIds];

    /// <summary>The slot of a piece.</summary>
    /// <param name="piece">At most <see cref="MostBytes"/> long.</param>
    public static int SlotOf(ReadOnlySpan<byte> piece) => (int)(Utf8Hash.Of(piece) >> 24) & (Slots - 1);

    /// <summary>Appends the ids of a piece.</summary>
    /// <returns>False, and nothing appended, when they are not known.</returns>
    public bool TryGet(ReadOnlySpan<byte> piece, int slot, List<int> into)
    {
        if (_lengths[slot] != piece.Length || !_texts.AsSpan(slot * MostBytes, piece.Length).SequenceEqual(piece)) return false;
        int count = _counts[slot];
        if (count == 1) into.Add(_ids[slot * MostIds]);
        else CollectionExtensions.AddRange(into, _ids.AsSpan(slot * MostIds, count));
        return true;
    }

    /// <summary>Keeps the ids of a piece, if they are few.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="slot">Its slot.</param>
    /// <param name="ids">A list that ends with the ids.</param>
    /// <param name="from">Where they begin.</param>
    public void Keep(ReadOnlySpan<byte> piece, int slot, List<int> ids, int from)
    {
        int count = ids.Count - from;
        if (count > MostIds) return;
        piece.CopyTo(_texts.AsSpan(slot * MostBytes));
        CollectionsMarshal.AsSpan(ids)[from..].CopyTo(_ids.AsSpan(slot * MostIds));
        (_lengths[slot], _counts[slot]) = ((byte)piece.Length, (byte)count);
    }
}
