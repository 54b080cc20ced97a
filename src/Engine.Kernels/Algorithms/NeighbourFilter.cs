namespace Engine.Kernels.Algorithms;

/// <summary>The filter of <see cref="SimilarityFilter"/> over lists of likes that somebody else found: a row goes unless no row before it is in its list.</summary>
/// <remarks>
/// With lists that hold every like, the result is that of <see cref="SimilarityFilter"/>. A list may also end early, best first: then the most similar row before a row is in it, or
/// the list does not decide and the row is asked about alone.
/// </remarks>
public static class NeighbourFilter
{
    private const int BlockRows = 4096;

    /// <summary>Filters.</summary>
    /// <param name="order">Distinct rows, first come first kept.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="against">What a row is compared with.</param>
    /// <param name="likes">The likes of some rows: other rows of the matrix, best first, ties by row.</param>
    /// <param name="isWhole">Whether a list holds every like of its row.</param>
    /// <param name="first">The best like of a row among some rows, or an empty list: for lists that do not decide.</param>
    /// <param name="pass">Cancellation and progress in <c>rows</c>.</param>
    public static SimilarityFilterResult Run(
        int[] order, int rows, SimilarityAgainst against, Func<int[], RankedRows[]> likes, Func<RankedRows, bool> isWhole, Func<int, int[], RankedRows> first, Pass pass)
    {
        bool[] counts = new bool[rows];
        List<int> kept = [];
        List<RemovedRow> removed = [];
        Dictionary<int, int> keeperOf = [];
        double comparisons = 0;
        for (int at = 0; at < order.Length; at += BlockRows)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            pass.Report("rows", at, order.Length);
            int[] block = order[at..Math.Min(order.Length, at + BlockRows)];
            RankedRows[] lists = likes(block);
            for (int i = 0; i < block.Length; i++)
            {
                int row = block[i], before = against == SimilarityAgainst.Kept ? kept.Count : at + i;
                comparisons += before;
                RankedRows list = lists[i];
                int place = Array.FindIndex(list.Rows, like => counts[like]);
                if (place < 0 && before > 0 && !isWhole(list))
                {
                    list = first(row, against == SimilarityAgainst.Kept ? [.. kept] : order[..before]);
                    place = list.Rows.Length > 0 ? 0 : -1;
                }

                if (place < 0)
                {
                    kept.Add(row);
                    counts[row] = true;
                    continue;
                }

                int like = list.Rows[place], keeper = keeperOf.GetValueOrDefault(like, like);
                keeperOf.Add(row, keeper);
                removed.Add(new RemovedRow(row, keeper, like, list.Scores[place]));
                counts[row] = against == SimilarityAgainst.Earlier;
            }
        }

        return new SimilarityFilterResult([.. kept], [.. removed]) { Comparisons = comparisons };
    }
}
