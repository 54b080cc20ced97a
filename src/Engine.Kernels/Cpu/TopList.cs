using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The best rows of one list, from any thread in any order: what it keeps depends on the rows offered and nothing else.</summary>
/// <remarks>Rows are ordered by score descending, then row ascending, a total order, so the best <c>depth</c> are one set however they arrive.</remarks>
internal sealed class TopList
{
    private const int FirstRoom = 256;

    private readonly Lock _gate = new();
    private readonly int _depth;
    private readonly int _capacity;
    private Entry[] _entries;
    private int _count;
    private bool _full;
    private Entry _worst;
    private double _threshold;

    /// <summary>An empty list.</summary>
    /// <param name="depth">Rows wanted, at least 1.</param>
    /// <param name="rows">Rows that can be offered at most.</param>
    /// <param name="fills">Whether as many rows will be offered: then there is room for all entries from the beginning, and none is moved while the list grows.</param>
    /// <param name="floor">A row with a lower score is not wanted even while the list is not full.</param>
    public TopList(int depth, int rows, bool fills = false, double floor = double.NegativeInfinity)
    {
        _depth = Math.Min(depth, Math.Max(1, rows));
        _threshold = floor;

        // A quarter more than wanted: pruning then costs a few moves for each row that comes in.
        _capacity = (int)Math.Min(Array.MaxLength, _depth + Math.Max(16L, _depth / 4));
        _entries = GC.AllocateUninitializedArray<Entry>(fills ? Math.Min(_capacity, Math.Max(1, rows)) : Math.Min(_capacity, FirstRoom));
    }

    /// <summary>A row with a lower score cannot be among the best; the floor while the list is not full. It only rises.</summary>
    public double Threshold => Volatile.Read(ref _threshold);

    /// <summary>Whether it has had as many rows as are wanted.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate) return _full;
        }
    }

    /// <summary>Considers a row, which is offered once, with the query that gave the score or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Offer(double score, int row, int query)
    {
        if (score < Threshold) return;
        Entry entry = new(score, row, query);
        lock (_gate)
        {
            if (_full && !entry.Precedes(_worst)) return;
            if (_count == _entries.Length) Array.Resize(ref _entries, (int)Math.Min(_capacity, 2L * _count));
            _entries[_count++] = entry;
            if (_count == _capacity || (!_full && _count == _depth)) Prune();
        }
    }

    /// <summary>Offers what another list gave, and lets go of it.</summary>
    public void TakeOver(ref RankedRows list)
    {
        for (int i = 0; i < list.Rows.Length; i++) Offer(list.Scores[i], list.Rows[i], list.Queries is null ? -1 : list.Queries[i]);
        list = new RankedRows([], []);
    }

    /// <summary>The best rows in order; the list has none after that, and its memory is free.</summary>
    public RankedRows TakeRanked()
    {
        lock (_gate)
        {
            if (_count > _depth) Prune();
            Span<Entry> entries = _entries.AsSpan(0, _count);
            entries.Sort();
            int[] rows = GC.AllocateUninitializedArray<int>(_count), queries = GC.AllocateUninitializedArray<int>(_count);
            double[] scores = GC.AllocateUninitializedArray<double>(_count);
            for (int i = 0; i < entries.Length; i++) (rows[i], scores[i], queries[i]) = (entries[i].Row, entries[i].Score, entries[i].Query);
            (_entries, _count) = ([], 0);
            return new RankedRows(rows, scores, queries);
        }
    }

    /// <summary>Keeps the best <c>depth</c> entries; the worst of them is what later rows must beat.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Prune()
    {
        Entry[] e = _entries;
        int low = 0, high = _count - 1, place = _depth - 1;
        while (low < high)
        {
            // Hoare's selection around the middle of three.
            Entry pivot = Middle(e[low], e[low + ((high - low) / 2)], e[high]);
            int i = low, j = high;
            while (i <= j)
            {
                while (e[i].Precedes(pivot)) i++;
                while (pivot.Precedes(e[j])) j--;
                if (i > j) break;
                (e[i], e[j]) = (e[j], e[i]);
                i++;
                j--;
            }

            if (place <= j) high = j;
            else if (place >= i) low = i;
            else break;
        }

        _count = _depth;
        _full = true;
        _worst = e[place];
        Volatile.Write(ref _threshold, _worst.Score);
    }

    private static Entry Middle(Entry a, Entry b, Entry c)
    {
        if (b.Precedes(a)) (a, b) = (b, a);
        if (c.Precedes(b)) b = c;
        return b.Precedes(a) ? a : b;
    }

    private readonly struct Entry(double score, int row, int query) : IComparable<Entry>
    {
        public readonly double Score = score;
        public readonly int Row = row;
        public readonly int Query = query;

        public bool Precedes(Entry other) => Score > other.Score || (Score == other.Score && Row < other.Row);

        public int CompareTo(Entry other) => Precedes(other) ? -1 : other.Precedes(this) ? 1 : 0;
    }
}
