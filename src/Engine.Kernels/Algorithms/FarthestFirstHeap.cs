namespace Engine.Kernels.Algorithms;

/// <summary>Rows in a heap whose top is the farthest: ordered by squared distance descending, then row ascending.</summary>
/// <remarks>Four children per node and the key beside the row: a sift touches half the levels of a binary heap and never leaves the array.</remarks>
internal sealed class FarthestFirstHeap
{
    private const int Children = 4;
    private Entry[] _entries = [];

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>The farthest row; the heap must hold one.</summary>
    public Entry Top => _entries[0];

    /// <summary>Lets all rows go.</summary>
    public void Clear() => Count = 0;

    /// <summary>Replaces what is held by all rows, in O(rows).</summary>
    /// <param name="squared">Squared distances by row number; rows at distance 0 are left out, they are never wanted.</param>
    public void Fill(ReadOnlySpan<double> squared)
    {
        if (_entries.Length < squared.Length) _entries = new Entry[squared.Length];
        Count = 0;
        for (int row = 0; row < squared.Length; row++)
            if (squared[row] > 0) _entries[Count++] = new Entry(squared[row], row);
        for (int node = (Count - 2) / Children; node >= 0 && Count > 1; node--) SiftDown(node, _entries[node]);
    }

    /// <summary>Takes the farthest row out.</summary>
    public Entry Pop()
    {
        Entry top = _entries[0];
        Entry last = _entries[--Count];
        if (Count > 0) SiftDown(0, last);
        return top;
    }

    /// <summary>Puts a row in.</summary>
    public void Push(double squared, int row)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, (int)Math.Min(Math.Max(256, 2L * Count), Array.MaxLength));
        Entry entry = new(squared, row);
        int node = Count++;
        while (node > 0)
        {
            int parent = (node - 1) / Children;
            if (!entry.Before(_entries[parent])) break;
            _entries[node] = _entries[parent];
            node = parent;
        }

        _entries[node] = entry;
    }

    private void SiftDown(int node, Entry entry)
    {
        Span<Entry> entries = _entries.AsSpan(0, Count);
        while (true)
        {
            long first = (long)node * Children + 1;
            if (first >= entries.Length) break;
            int best = (int)first;
            int end = (int)Math.Min(first + Children, entries.Length);
            for (int child = best + 1; child < end; child++)
                if (entries[child].Before(entries[best])) best = child;
            if (!entries[best].Before(entry)) break;
            entries[node] = entries[best];
            node = best;
        }

        entries[node] = entry;
    }

    /// <summary>A row and its squared distance.</summary>
    public readonly record struct Entry(double Squared, int Row)
    {
        /// <summary>The total order: farther first, then the lower row.</summary>
        public bool Before(in Entry other) => Squared > other.Squared || (Squared == other.Squared && Row < other.Row);
    }
}
