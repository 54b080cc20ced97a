using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Native.Devices;

/// <summary><see cref="IKernels.TopSimilarities"/> and <see cref="IKernels.SimilarityRanges"/> on devices: what the lists are and who offers to them.</summary>
internal static unsafe class DeviceRankings
{
    /// <summary>The best rows of a tile; shapes have been checked.</summary>
    public static RankedRows[] Run(
        DeviceShares shares,
        RowSource rows,
        ReadOnlySpan<double> norms,
        QueryGroups queries,
        Combination combination,
        ReadOnlySpan<ScoreRange> ranges,
        int depth,
        SimilarityTile tile,
        Span<double> highest,
        Pass pass)
    {
        bool single = combination is Combination.Each or Combination.Max, wantsHighest = !highest.IsEmpty;
        int[] starts = combination == Combination.Max ? [0, queries.Count] : queries.Starts;
        TopList[] lists = [.. Enumerable.Range(0, combination == Combination.Each ? queries.Groups : 1).Select(_ => new TopList(depth, (int)rows.Rows))];
        for (int i = 0; i < tile.Before.Length; i++) lists[i].TakeOver(ref tile.Before[i]);
        DeviceSimilarities.Queries prepared = new(queries, starts);
        ScoreRange[] kept = ranges.ToArray();
        long end = tile.EndRow;
        int count = norms.Length;
        fixed (double* rowNorms = norms)
        fixed (double* toHighest = highest)
        {
            double* all = rowNorms, highs = toHighest;

            // A tile that may end early ends at one row for all: one device then goes through it in order.
            if (tile.IsEnough is not null) end = Serve(new Share(0, shares[0], 0, rows.Rows, tile.FirstRow, tile.EndRow), tile.IsEnough);
            else shares.Run(rows.Rows, tile.FirstRow, tile.EndRow, share => Serve(share, null));

            long Serve(Share share, Func<bool>? isEnough)
            {
                using DeviceScratch scratch = new(share.Device);
                DeviceSimilarities similarities = new(scratch, share, rows, new ReadOnlySpan<double>(all, count), prepared, pass);
                long reached = share.To;
                if (single) reached = similarities.Offer(all, lists, isEnough);
                else reached = OfferMeans(similarities, share, queries.Starts, kept, lists[0], isEnough);
                if (wantsHighest && reached > share.From) Highest(share with { To = reached }, highs);
                return reached;
            }

            void Highest(Share share, double* to)
            {
                using DeviceScratch scratch = new(share.Device);
                DeviceSimilarities similarities = new(scratch, share, rows, new ReadOnlySpan<double>(all, count), prepared, pass.Unreported());
                similarities.Scores([0, queries.Count], (firstRow, scores, found) =>
                {
                    scores.AsSpan(0, found).CopyTo(new Span<double>(to + firstRow, found));
                    return true;
                });
            }
        }

        tile.EndAt(end);
        return Array.ConvertAll(lists, list => single ? list.TakeRanked() : list.TakeRanked() with { Queries = null });
    }

    /// <summary>The lowest and highest score of every group; shapes have been checked.</summary>
    public static ScoreRange[] Ranges(DeviceShares shares, RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Pass pass)
    {
        int groups = queries.Groups;
        double[] lowest = new double[groups], highest = new double[groups], norm = norms.ToArray();
        Array.Fill(lowest, double.PositiveInfinity);
        Array.Fill(highest, double.NegativeInfinity);
        DeviceSimilarities.Queries prepared = new(queries, queries.Starts);
        Lock gate = new();
        shares.Run(rows.Rows, 0, rows.Rows, share =>
        {
            using DeviceScratch scratch = new(share.Device);
            DeviceSimilarities similarities = new(scratch, share, rows, norm, prepared, pass);
            similarities.Scores(queries.Starts, (_, scores, count) =>
            {
                lock (gate)
                {
                    for (int i = 0; i < count * groups; i++)
                        (lowest[i % groups], highest[i % groups]) = (Math.Min(lowest[i % groups], scores[i]), Math.Max(highest[i % groups], scores[i]));
                }

                return true;
            });
        });
        return [.. Enumerable.Range(0, groups).Select(g => new ScoreRange(lowest[g], highest[g]))];
    }

    private static long OfferMeans(DeviceSimilarities similarities, Share share, int[] starts, ScoreRange[] ranges, TopList list, Func<bool>? isEnough)
    {
        int groups = starts.Length - 1;
        long reached = share.From;
        similarities.Scores(starts, (firstRow, scores, count) =>
        {
            for (int r = 0; r < count; r++)
            {
                double sum = 0;
                for (int g = 0; g < groups; g++) sum += ranges.Length == 0 ? scores[(r * groups) + g] : Part(ranges[g], scores[(r * groups) + g]);
                list.Offer(sum / groups, (int)(firstRow + r), -1);
            }

            reached = firstRow + count;
            return isEnough is null || !isEnough();
        });
        return reached;
    }

    private static double Part(ScoreRange range, double score)
    {
        double width = range.Highest - range.Lowest;
        return width > 0 ? (score - range.Lowest) / width : 0;
    }
}
