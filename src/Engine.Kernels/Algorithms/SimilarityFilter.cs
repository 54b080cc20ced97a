namespace Engine.Kernels.Algorithms;

/// <summary>Which rows before it a row is compared with.</summary>
public enum SimilarityAgainst
{
    /// <summary>Those that were kept: every row removed is similar to a row that stays.</summary>
    Kept,

    /// <summary>All of them, kept or not: a chain of similar rows goes with its first.</summary>
    Earlier,
}

/// <summary>A row that was removed, and why.</summary>
/// <param name="Row">The row.</param>
/// <param name="Keeper">The row that stays in its place: <paramref name="Like"/> itself, or what that was removed for, and so on.</param>
/// <param name="Like">The most similar of the rows it was compared with; ties went to the lower row.</param>
/// <param name="Cosine">Their cosine.</param>
public readonly record struct RemovedRow(int Row, int Keeper, int Like, double Cosine);

/// <summary>What a filter kept and removed, both in the order visited.</summary>
public sealed record SimilarityFilterResult(int[] Kept, RemovedRow[] Removed)
{
    /// <summary>Cosines the rule asks for, in the order visited.</summary>
    public double Comparisons { get; init; }
}

/// <summary>Visits rows in an order and keeps each one unless its cosine to a row before it is above a threshold.</summary>
/// <remarks>
/// Exact: float32 only throws pairs out, canonical cosines decide. Rows come in blocks; a block is compared with what stands before it, then with itself,
/// and the result does not depend on where blocks end. Time O(visited * compared * dim), memory O(rows + block²).
/// Source: the filter of DEITA (Liu et al. 2024) and SemDeDup (Abbas et al. 2023), methods 5.1.
/// </remarks>
public static class SimilarityFilter
{
    private const int BlockRows = 1024;

    /// <summary>Filters.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">[rows], Euclidean norms, above 0 for the rows in the order.</param>
    /// <param name="order">Distinct rows, first come first kept.</param>
    /// <param name="threshold">A row goes when a cosine is above it.</param>
    /// <param name="against">What it is compared with.</param>
    /// <param name="most">Stops when so many are kept, at least 1.</param>
    /// <param name="kernels">Who compares.</param>
    /// <param name="pass">Cancellation and progress.</param>
    public static SimilarityFilterResult Run(
        RowSource rows, double[] norms, int[] order, double threshold, SimilarityAgainst against, int most, IKernels kernels, Pass pass)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var state = new State(rows, norms, order, threshold, kernels, new Pass(cancel: pass.Cancel));
        int at = 0;
        while (at < order.Length && state.KeptCount < most)
        {
            pass.Report("rows", at, order.Length);
            int end = Math.Min(order.Length, at + BlockRows);
            if (against == SimilarityAgainst.Kept) state.VisitAgainstKept(at, end, most);
            else state.VisitAgainstEarlier(at, end, most);
            at = end;
        }

        return state.Result();
    }

    private sealed class State(RowSource rows, double[] norms, int[] order, double threshold, IKernels kernels, Pass pass)
    {
        private readonly int[] _kept = new int[order.Length];
        private readonly List<RemovedRow> _removed = [];
        private readonly Dictionary<int, int> _keeperOf = [];
        private double _comparisons;

        public int KeptCount { get; private set; }

        public void VisitAgainstKept(int first, int end, int most)
        {
            int[] block = order[first..end];
            RankedRows[] before = KeptCount == 0
                ? []
                : kernels.SimilarRows(rows, norms, _kept.AsSpan(0, KeptCount), block, [], 1, threshold, pass);

            // Rows that nothing kept before the block is similar to: only they can be kept, and only they matter to the rest of the block.
            List<int> open = [];
            int[] until = new int[block.Length];
            for (int i = 0; i < block.Length; i++)
            {
                until[i] = open.Count;
                if (before.Length == 0 || before[i].Rows.Length == 0) open.Add(block[i]);
            }

            if (open.Count == 0)
            {
                for (int i = 0; i < block.Length; i++) Remove(block[i], before[i].Rows[0], before[i].Scores[0]);
                _comparisons += (double)KeptCount * block.Length;
                return;
            }

            RankedRows[] inside = kernels.SimilarRows(rows, norms, open.ToArray(), block, until, open.Count, threshold, pass);
            HashSet<int> keptHere = [];
            for (int i = 0; i < block.Length && KeptCount < most; i++)
            {
                _comparisons += KeptCount;
                bool hasBefore = before.Length > 0 && before[i].Rows.Length > 0;
                int place = Array.FindIndex(inside[i].Rows, keptHere.Contains);
                bool nearer = place >= 0 && (!hasBefore || inside[i].Scores[place] > before[i].Scores[0]
                    || (inside[i].Scores[place] == before[i].Scores[0] && inside[i].Rows[place] < before[i].Rows[0]));
                if (nearer) Remove(block[i], inside[i].Rows[place], inside[i].Scores[place]);
                else if (hasBefore) Remove(block[i], before[i].Rows[0], before[i].Scores[0]);
                else
                {
                    keptHere.Add(block[i]);
                    _kept[KeptCount++] = block[i];
                }
            }
        }

        public void VisitAgainstEarlier(int first, int end, int most)
        {
            int[] block = order[first..end], until = [.. Enumerable.Range(first, end - first)];
            RankedRows[] likes = kernels.SimilarRows(rows, norms, order.AsSpan(0, end), block, until, 1, threshold, pass);
            for (int i = 0; i < block.Length && KeptCount < most; i++)
            {
                _comparisons += first + i;
                if (likes[i].Rows.Length > 0) Remove(block[i], likes[i].Rows[0], likes[i].Scores[0]);
                else _kept[KeptCount++] = block[i];
            }
        }

        public SimilarityFilterResult Result() => new(_kept[..KeptCount], [.. _removed]) { Comparisons = _comparisons };

        private void Remove(int row, int like, double cosine)
        {
            int keeper = _keeperOf.GetValueOrDefault(like, like);
            _keeperOf.Add(row, keeper);
            _removed.Add(new RemovedRow(row, keeper, like, cosine));
        }
    }
}
