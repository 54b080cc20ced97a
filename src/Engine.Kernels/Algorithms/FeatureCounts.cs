namespace Engine.Kernels.Algorithms;

/// <summary>Counts the distinct features of one text in order of first occurrence: an open-addressing table that is reused from text to text.</summary>
internal sealed class FeatureCounts
{
    private const int SmallCounts = 256;
    private static readonly double[] SmallWeights = [.. Enumerable.Range(0, SmallCounts).Select(count => count == 0 ? 0 : 1 + NaturalLog.Of(count))];

    // A slot holds a feature's number plus 1; 0 is free. The arrays of features are dense, so clearing touches only what was used.
    private int[] _slots = new int[1 << 12];
    private ulong[] _features = new ulong[1 << 11];
    private int[] _counts = new int[1 << 11];

    /// <summary>Distinct features so far.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all features.</summary>
    public void Clear()
    {
        if (Count > _slots.Length / 32)
        {
            Array.Clear(_slots);
            Count = 0;
        }

        // The last feature added ends its chain of slots, so taking it away hides no other one.
        for (; Count > 0; Count--) _slots[SlotOf(_features[Count - 1])] = 0;
    }

    /// <summary>Counts one occurrence of a feature.</summary>
    public void Add(ulong feature)
    {
        int slot = SlotOf(feature);
        int number = _slots[slot];
        if (number > 0)
        {
            _counts[number - 1]++;
            return;
        }

        if (Count == _features.Length)
        {
            Grow();
            slot = SlotOf(feature);
        }

        _features[Count] = feature;
        _counts[Count] = 1;
        _slots[slot] = ++Count;
    }

    /// <summary>Adds every feature's signed weight, 1 + ln count, to the element it hashes to.</summary>
    /// <param name="sums">At least <paramref name="dim"/> elements, added to.</param>
    /// <param name="dim">Elements that features hash to.</param>
    public void AddTo(double[] sums, int dim)
    {
        for (int i = 0; i < Count; i++)
        {
            ulong feature = _features[i];
            int count = _counts[i];
            double weight = count < SmallCounts ? SmallWeights[count] : 1 + NaturalLog.Of(count);
            int index = (int)(((feature >> 32) * (ulong)dim) >> 32);
            sums[index] += (feature & 1) == 0 ? weight : -weight;
        }
    }

    /// <summary>The slot that holds the feature, or the free one where it belongs.</summary>
    private int SlotOf(ulong feature)
    {
        int[] slots = _slots;
        ulong[] features = _features;
        int slot = (int)(feature >> 1) & (slots.Length - 1);
        while (slots[slot] is var number && number != 0 && features[number - 1] != feature) slot = (slot + 1) & (slots.Length - 1);
        return slot;
    }

    private void Grow()
    {
        Array.Resize(ref _features, 2 * _features.Length);
        Array.Resize(ref _counts, 2 * _counts.Length);
        _slots = new int[2 * _slots.Length];
        for (int i = 0; i < Count; i++) _slots[SlotOf(_features[i])] = i + 1;
    }
}
