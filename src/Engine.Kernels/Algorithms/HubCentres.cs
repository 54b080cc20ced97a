using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Algorithms;

/// <summary>The centres that many rows lie near, shown to rows before all others: a row that one of them brings near enough need not go through the rest.</summary>
/// <remarks>
/// Which centres these are follows from the rows that have found theirs. They are shown in groups, the most popular first, as long as a group can be
/// expected to spare more than it costs. A row that found the centre at place p has walked past p others to it, and that is what meeting it first spares.
/// </remarks>
internal sealed class HubCentres
{
    private const int MostGroups = 8;

    /// <summary>What showing a group costs a row, in centres: as many as are in it, and half as much again, as not every row that lies near one of them is brought near enough.</summary>
    private const int GroupCost = 3 * IMinDistances.Step / 2;

    /// <summary>Rows that are asked for their centre, about, and those that are asked first whether they have found one.</summary>
    private const int Asked = 1 << 16, AskedFirst = 1 << 14;

    /// <summary>Neighbours that are asked together: what is known of them lies in one cache line.</summary>
    private static readonly int Together = Vector512<int>.Count;

    /// <summary>The hubs, as places among the centres, most popular first.</summary>
    public int[] Places { get; private set; } = [];

    /// <summary>Of the rows asked first, those that had found a centre when the hubs were chosen.</summary>
    public long Found { get; private set; }

    /// <summary>Chooses hubs anew when a quarter more of the rows asked first have found a centre.</summary>
    /// <param name="nearest">[rows], the centre a row is known to lie near, or -1.</param>
    /// <param name="centres">The row that each centre is, or -1 for a point.</param>
    /// <returns>Whether they were chosen anew.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Choose(ReadOnlySpan<int> nearest, List<int> centres)
    {
        long first = CountFound(nearest);
        if (first < Found + Math.Max(Found / 4, 1)) return false;

        // Whoever has found none is counted as -1: that takes no branch, and which rows have found one cannot be foretold.
        int[] counts = new int[centres.Count + 1];
        for (int from = 0, stride = Stride(nearest.Length, Asked); from < nearest.Length; from += stride)
            foreach (int place in nearest.Slice(from, Math.Min(Together, nearest.Length - from))) counts[place + 1]++;

        Span<int> found = counts.AsSpan(1);
        found[..Math.Min(IMinDistances.Step, found.Length)].Clear();
        long all = 0;
        foreach (int count in found) all += count;
        Use(Best(found, all, centres), first);
        return true;
    }

    /// <summary>Takes hubs that were chosen before.</summary>
    public void Use(int[] places, long found) => (Places, Found) = (places, found);

    /// <summary>From the first of some rows that are asked together to the first of the next.</summary>
    private static int Stride(int rows, int asked) => Together * (((rows - 1) / asked) + 1);

    /// <summary>Of the rows asked first, those that have found a centre behind the first step's, which a row sees before it could be spared anything.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long CountFound(ReadOnlySpan<int> nearest)
    {
        Vector512<int> first = Vector512.Create(IMinDistances.Step);
        long found = 0;
        int from = 0, stride = Stride(nearest.Length, AskedFirst);
        for (; from + Together <= nearest.Length; from += stride)
            found += BitOperations.PopCount(Vector512.GreaterThanOrEqual(Vector512.Create(nearest.Slice(from, Together)), first).ExtractMostSignificantBits());
        for (int row = from; row < nearest.Length; row++)
            if (nearest[row] >= IMinDistances.Step) found++;
        return found;
    }

    /// <summary>The groups worth showing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int[] Best(ReadOnlySpan<int> found, double left, List<int> centres)
    {
        // Ascending keys: most found first, then the lower place. Asked rows are far fewer than 2^31.
        long[] keys = new long[found.Length];
        int count = 0;
        for (int place = 0; place < found.Length; place++)
            if (found[place] > 0 && centres[place] >= 0) keys[count++] = (-(long)found[place] << 32) | (uint)place;
        Array.Sort(keys, 0, count);
        int[] order = new int[count];
        for (int i = 0; i < count; i++) order[i] = (int)(uint)keys[i];

        int taken = 0;
        while (taken + IMinDistances.Step <= count && taken < MostGroups * IMinDistances.Step)
        {
            double spared = 0;
            long leave = 0;
            foreach (int place in order.AsSpan(taken, IMinDistances.Step))
            {
                spared += found[place] * (double)place;
                leave += found[place];
            }

            if (spared <= left * GroupCost) break;
            left -= leave;
            taken += IMinDistances.Step;
        }

        return order[..taken];
    }
}
