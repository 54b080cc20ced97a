namespace Engine.Tokenizers.Models;

/// <summary>The merging of byte-pair encoding. Short pieces look at every pair for each merge; long ones keep a queue, so that a megabyte without a cut takes n log n.</summary>
internal static class BytePairMerge
{
    private const int ShortPiece = 40;

    /// <summary>Merges symbols until no neighbouring pair has a rank.</summary>
    /// <param name="scratch">Holds the symbols, and gets the merged ones.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="merges">From a pair to its rank and the token it becomes.</param>
    public static void Merge(ModelScratch scratch, ref int count, PairTable merges)
    {
        if (count < 2) return;
        if (count <= ShortPiece) MergeShort(scratch.Symbols, ModelScratch.Room(ref scratch.Pairs, count), ref count, merges);
        else MergeLong(scratch, ref count, merges);
    }

    private static void MergeShort(int[] symbols, ulong[] pairs, ref int count, PairTable merges)
    {
        for (int i = 0; i + 1 < count; i++) pairs[i] = merges.Find(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
                if (pairs[i] < pairs[best]) best = i;

            // The rank is the high half, so equal values are the same pair, and the first of them is kept.
            if (pairs[best] == PairTable.Absent) return;
            symbols[best] = (int)(uint)pairs[best];
            count--;
            symbols.AsSpan(best + 2, count - best - 1).CopyTo(symbols.AsSpan(best + 1));
            if (best + 1 < count) pairs.AsSpan(best + 1, count - best - 1).CopyTo(pairs.AsSpan(best));
            if (best > 0) pairs[best - 1] = merges.Find(symbols[best - 1], symbols[best]);
            if (best + 1 < count) pairs[best] = merges.Find(symbols[best], symbols[best + 1]);
        }
    }

    private static void MergeLong(ModelScratch scratch, ref int count, PairTable merges)
    {
        int[] symbols = scratch.Symbols, before = ModelScratch.Room(ref scratch.Before, count), behind = ModelScratch.Room(ref scratch.Behind, count);
        PriorityQueue<int, ulong> queue = scratch.Queue;
        queue.Clear();
        void Offer(int place)
        {
            ulong merge = merges.Find(symbols[place], symbols[behind[place]]);
            if (merge != PairTable.Absent) queue.Enqueue((int)(uint)merge, merge & 0xFFFF_FFFF_0000_0000 | (uint)place);
        }

        for (int i = 0; i < count; i++) (before[i], behind[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
        for (int i = 0; i + 1 < count; i++) Offer(i);
        while (queue.TryDequeue(out int token, out ulong key))
        {
            int place = (int)(uint)key, right = symbols[place] < 0 ? -1 : behind[place];

            // What was queued may have been merged with another neighbour since.
            if (right < 0 || merges.Find(symbols[place], symbols[right]) != (key & 0xFFFF_FFFF_0000_0000 | (uint)token)) continue;
            symbols[place] = token;
            symbols[right] = -1;
            behind[place] = behind[right];
            if (behind[place] >= 0)
            {
                before[behind[place]] = place;
                Offer(place);
            }

            if (before[place] >= 0) Offer(before[place]);
        }

        int kept = 0;
        for (int i = 0; i >= 0; i = behind[i]) symbols[kept++] = symbols[i];
        count = kept;
    }
}
