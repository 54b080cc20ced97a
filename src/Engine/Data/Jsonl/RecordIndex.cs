namespace Engine.Data.Jsonl;

/// <summary>Where one record is, and where its id is inside it.</summary>
/// <param name="Offset">First byte in its (unpacked) file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Source">Index of its source, or -1.</param>
/// <param name="IdStart">First byte of the id inside the record: the quote of a string, the first digit of a number.</param>
/// <param name="IdLength">Bytes of the id, quotes included; 0 when records have no id field.</param>
internal readonly record struct RecordEntry(long Offset, int Length, int Source, int IdStart, int IdLength);

/// <summary>A list that grows by chunks: no copying, and no array that the heap cannot place.</summary>
internal sealed class ChunkedList<T>
{
    private const int ChunkBits = 14;

    private readonly List<T[]> _chunks = [];

    /// <summary>Elements in the list.</summary>
    public int Count { get; private set; }

    /// <summary>An element, <c>0 &lt;= index &lt; Count</c>.</summary>
    public ref readonly T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return ref _chunks[index >> ChunkBits][index & ((1 << ChunkBits) - 1)];
        }
    }

    /// <summary>Appends an element.</summary>
    public void Add(in T item)
    {
        if (Count >> ChunkBits == _chunks.Count) _chunks.Add(new T[1 << ChunkBits]);
        _chunks[Count >> ChunkBits][Count & ((1 << ChunkBits) - 1)] = item;
        Count++;
    }
}
