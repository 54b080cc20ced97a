using System.Numerics;

namespace Engine.Kernels.Cpu;

/// <summary>One list of best rows per group of queries.</summary>
internal static unsafe class GroupLists<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Fills the lists in one pass over the rows of a tile.</summary>
    public static RankedRows[] Run(SimilarityPass<TLanes, TFloat, TDouble> job, int depth, SimilarityTile tile, int threads)
    {
        using Lists lists = new(job.Queries, depth, (int)job.Rows.Rows, tile.Before);
        int together = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(job.Queries.Columns);
        tile.EndAt(Workers.Run(
            threads, tile.FirstRow, tile.EndRow, job.Rows.Rows, Workers.RowsPerClaim(job.Rows, threads, together), "rows", job.Pass, () => new Ranker(job, lists), tile.IsEnough));
        return lists.TakeRanked(threads);
    }

    private sealed class Lists : IDisposable
    {
        private readonly int[] _starts;
        private readonly TopList[] _lists;
        private readonly NativeBuffer<float> _thresholds;

        /// <summary>Begins with what earlier tiles gave, or with nothing.</summary>
        public Lists(SimilarityQueries<TLanes, TFloat, TDouble> queries, int depth, int rows, RankedRows[] before)
        {
            _starts = queries.Starts;
            _lists = new TopList[queries.Groups];
            GroupOf = new int[queries.Columns.Columns];
            for (int g = 0; g < _lists.Length; g++) GroupOf.AsSpan(_starts[g], _starts[g + 1] - _starts[g]).Fill(g);
            _thresholds = new NativeBuffer<float>(queries.Columns.Width);
            new Span<float>(_thresholds.Pointer, queries.Columns.Width).Fill(float.PositiveInfinity);
            for (int g = 0; g < _lists.Length; g++)
            {
                // Made one by one: what an earlier list gives back is room for the next.
                _lists[g] = new TopList(depth, rows, fills: true);
                if (before.Length > 0) _lists[g].TakeOver(ref before[g]);
                Raise(g, _lists[g].Threshold);
            }
        }

        /// <summary>[queries], each query's group.</summary>
        public int[] GroupOf { get; }

        /// <summary>[columns.Width], at most the threshold of each query's list; workers may read one that has risen since, which only costs them time.</summary>
        public float* Thresholds => _thresholds.Pointer;

        public void Offer(int group, double score, int row, int query)
        {
            TopList list = _lists[group];
            double before = list.Threshold;
            list.Offer(score, row, query);
            double after = list.Threshold;
            if (after != before) Raise(group, after);
        }

        public RankedRows[] TakeRanked(int threads)
        {
            RankedRows[] ranked = new RankedRows[_lists.Length];
            Parallel.For(0, ranked.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, g => ranked[g] = _lists[g].TakeRanked());
            return ranked;
        }

        private void Raise(int group, double threshold) =>
            new Span<float>(Thresholds + _starts[group], _starts[group + 1] - _starts[group]).Fill(ProposalError.RoundDown(threshold));

        public void Dispose() => _thresholds.Dispose();
    }

    private sealed class Ranker(SimilarityPass<TLanes, TFloat, TDouble> job, Lists lists) : SimilarityWorker<TLanes, TFloat, TDouble, TElement>(job)
    {
        private readonly SimilarityQueries<TLanes, TFloat, TDouble> _queries = job.Queries;
        private readonly int[] _groups = new int[job.Queries.Groups];
        private readonly int[] _ends = new int[job.Queries.Groups];

        protected override void Row(int row, in Proposals proposals)
        {
            int hits = 0, last = -1;
            TFloat inverse = TLanes.Broadcast(proposals.Inverse), error = TLanes.Broadcast(ProposalError.RoundUp(proposals.Error));
            int columns = _queries.Columns.Columns;
            for (int c = 0; c < columns; c += 16)
            {
                TFloat highest = TLanes.MultiplyAdd(TLanes.LoadF32(proposals.Dots + c), inverse, error);
                for (uint mask = TLanes.AtLeast(highest, TLanes.LoadF32(lists.Thresholds + c)); mask != 0; mask &= mask - 1)
                {
                    int query = c + BitOperations.TrailingZeroCount(mask);
                    if (query >= columns || lists.GroupOf[query] == last) continue;
                    last = lists.GroupOf[query];
                    _groups[hits] = last;
                    _ends[hits++] = Nominate(proposals, last, Highest(proposals, _queries.Starts[last], _queries.Starts[last + 1]));
                }
            }

            if (hits == 0) return;
            Rescore(proposals);
            for (int h = 0; h < hits; h++)
            {
                double best = Best(h == 0 ? 0 : _ends[h - 1], _ends[h], out int query);
                lists.Offer(_groups[h], best, row, query);
            }
        }
    }
}
