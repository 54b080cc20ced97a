using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>One list of best rows per group of queries.</summary>
/// <remarks>
/// While lists fill up, every row would have to be scored canonically, and until most rows are seen far more than are wanted in the end: k (1 + ln(N/k)) of N
/// in random order, all of them in the worst. So a sample of the rows forecasts each list's last score first, on the low side, and rows below
/// it are left out from the beginning. A list that then has as many rows as are wanted is right, because all others score lower than its last; should
/// one fall short, the rows are passed over again for it, without a forecast.
/// </remarks>
internal static unsafe class GroupLists<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Lists shorter than this fill up soon enough by themselves.</summary>
    private const int FewestWanted = 64;

    /// <summary>A row that may enter a list costs about as much as the float32 products with so many queries.</summary>
    private const double CandidateCost = 10;

    /// <summary>Of how many rows one may be sampled.</summary>
    private static readonly int[] Shares = [64, 32, 16, 8];

    /// <summary>Fills the lists in one pass over the rows of a tile.</summary>
    public static RankedRows[] Run(SimilarityPass<TLanes, TFloat, TDouble> job, int depth, SimilarityTile tile, int threads)
    {
        int together = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(job.Queries.Columns);
        using Lists lists = new(job.Queries, depth, (int)job.Rows.Rows, tile.Before, Forecast(job, depth, tile, together, threads));
        long claim = Workers.RowsPerClaim(job.Rows, threads, together);
        tile.EndAt(Workers.Run(threads, tile.FirstRow, tile.EndRow, job.Rows.Rows, claim, "rows", job.Pass, () => new Ranker(job, lists), tile.IsEnough));
        if (lists.FellShort())
            Workers.Run(threads, tile.FirstRow, tile.EndRow, job.Rows.Rows, claim, "rows", job.Pass, () => new Ranker(job.ForLists(), lists));
        return lists.TakeRanked(threads);
    }

    /// <summary>A score per group that its last row will hardly fall short of, or nothing where a sample does not pay.</summary>
    private static double[]? Forecast(SimilarityPass<TLanes, TFloat, TDouble> job, int depth, SimilarityTile tile, int together, int threads)
    {
        // A tile that may end early must end with the lists of the rows it got to.
        long rows = tile.EndRow - tile.FirstRow;
        RowSample sample = new(tile.FirstRow, tile.EndRow, together, Every(rows, depth, job.Queries));
        if (tile.Before.Length > 0 || tile.IsEnough is not null || depth < FewestWanted || depth > rows / 4 || !sample.IsTelling) return null;

        int rank = SampledRank((double)depth * sample.Rows / rows);
        using Lists lists = new(job.Queries, rank, sample.Rows, [], null);
        Workers.Run(threads, sample.Tiles, 1, "rows", job.Pass.Unreported(), () => new Sampler(job, lists, sample, together));
        return lists.Thresholds();
    }

    /// <summary>A rank in the sample that the last of so many expected there will hardly lie behind: it is binomial, and four deviations and a little are on the safe side.</summary>
    private static int SampledRank(double expected) => (int)Math.Ceiling(expected + (4 * Math.Sqrt(expected)) + 8);

    /// <summary>Of how many rows one is sampled: where that, what is listed of the sample, and what then passes for a candidate cost least.</summary>
    private static int Every(long rows, int depth, SimilarityQueries<TLanes, TFloat, TDouble> queries)
    {
        double listed = CandidateCost * queries.Groups / queries.Columns.Columns;
        return Shares.MinBy(every => ((double)rows / every) + (listed * (every + 1) * SampledRank((double)depth / every)));
    }

    private sealed class Lists : IDisposable
    {
        private readonly int[] _starts;
        private readonly TopList[] _lists;
        private readonly bool[] _done;
        private readonly double[]? _floors;
        private readonly int _depth;
        private readonly int _rows;
        private readonly NativeBuffer<float> _thresholds;

        /// <summary>Begins with what earlier tiles gave, or with nothing.</summary>
        public Lists(SimilarityQueries<TLanes, TFloat, TDouble> queries, int depth, int rows, RankedRows[] before, double[]? floors)
        {
            (_depth, _rows, _floors) = (depth, rows, floors);
            _starts = queries.Starts;
            _lists = new TopList[queries.Groups];
            _done = new bool[queries.Groups];
            GroupOf = new int[queries.Columns.Columns];
            for (int g = 0; g < _lists.Length; g++) GroupOf.AsSpan(_starts[g], _starts[g + 1] - _starts[g]).Fill(g);
            _thresholds = new NativeBuffer<float>(queries.Columns.Width);
            new Span<float>(Bounds, queries.Columns.Width).Fill(float.PositiveInfinity);
            for (int g = 0; g < _lists.Length; g++)
            {
                // Made one by one: what an earlier list gives back is room for the next.
                _lists[g] = new TopList(depth, rows, fills: true, floors is null ? double.NegativeInfinity : floors[g]);
                if (before.Length > 0) _lists[g].TakeOver(ref before[g]);
                Raise(g, _lists[g].Threshold);
            }
        }

        /// <summary>[queries], each query's group.</summary>
        public int[] GroupOf { get; }

        /// <summary>[columns.Width], at most the threshold of each query's list; workers may read one that has risen since, which only costs them time.</summary>
        public float* Bounds => _thresholds.Pointer;

        public double[] Thresholds() => Array.ConvertAll(_lists, list => list.Threshold);

        public void Offer(int group, double score, int row, int query)
        {
            if (_done[group]) return;
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

        /// <summary>Whether a list has fewer rows than are wanted because more were forecast. If so, such lists begin anew without a floor, and the others take no more.</summary>
        public bool FellShort()
        {
            if (_floors is null || Array.TrueForAll(_lists, list => list.IsFull)) return false;
            for (int g = 0; g < _lists.Length; g++)
            {
                _done[g] = _lists[g].IsFull;
                if (!_done[g]) _lists[g] = new TopList(_depth, _rows, fills: true);
                Raise(g, _done[g] ? double.PositiveInfinity : double.NegativeInfinity);
            }

            return true;
        }

        private void Raise(int group, double threshold) =>
            new Span<float>(Bounds + _starts[group], _starts[group + 1] - _starts[group]).Fill(ProposalError.RoundDown(threshold));

        public void Dispose() => _thresholds.Dispose();
    }

    private class Ranker(SimilarityPass<TLanes, TFloat, TDouble> job, Lists lists) : SimilarityWorker<TLanes, TFloat, TDouble, TElement>(job)
    {
        private readonly int _columns = job.Queries.Columns.Columns;
        private readonly int[] _starts = job.Queries.Starts;

        protected Lists Into => lists;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Propose(in Proposals proposals)
        {
            int last = -1;
            TFloat inverse = TLanes.Broadcast(proposals.Inverse), error = TLanes.Broadcast(ProposalError.RoundUp(proposals.Error));
            for (int c = 0; c < _columns; c += 16)
            {
                TFloat highest = TLanes.MultiplyAdd(TLanes.LoadF32(proposals.Dots + c), inverse, error);
                for (uint mask = TLanes.AtLeast(highest, TLanes.LoadF32(lists.Bounds + c)); mask != 0; mask &= mask - 1)
                {
                    int query = c + BitOperations.TrailingZeroCount(mask);
                    if (query >= _columns || lists.GroupOf[query] == last) continue;
                    last = lists.GroupOf[query];
                    Enter(proposals, last);
                }
            }
        }

        /// <summary>A row may enter a group's list.</summary>
        protected virtual void Enter(in Proposals proposals, int group) => Nominate(proposals, group, lists.Bounds[_starts[group]]);

        protected override void Decide(int row, int group, double score, int query) => lists.Offer(group, score, row, query);
    }

    /// <summary>Ranks sampled rows by the least score that their proposals allow.</summary>
    private sealed class Sampler(SimilarityPass<TLanes, TFloat, TDouble> job, Lists lists, RowSample sample, int together)
        : Ranker(job.ForForecast(), lists)
    {
        private readonly int[] _starts = job.Queries.Starts;

        public override void Work(long first, long end)
        {
            for (long i = first; i < end; i++) base.Work(sample.FirstRow(i), sample.FirstRow(i) + together);
        }

        protected override void Enter(in Proposals proposals, int group) =>
            Into.Offer(group, Highest(proposals, _starts[group], _starts[group + 1]) - proposals.Error, proposals.Row, -1);
    }
}
