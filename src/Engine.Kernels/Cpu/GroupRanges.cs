namespace Engine.Kernels.Cpu;

/// <summary>The lowest and highest score of every group over all rows.</summary>
/// <remarks>A row is rescored for a group only when its proposal, give or take its error, lies outside what the worker has seen; the extremes are canonical and the same for any division of the rows.</remarks>
internal static unsafe class GroupRanges<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Finds the ranges in one pass over the rows; without rows every range is (+infinity, -infinity).</summary>
    public static ScoreRange[] Run(SimilarityPass<TLanes, TFloat, TDouble> job, int threads)
    {
        ScoreRange[] ranges = new ScoreRange[job.Queries.Groups];
        Array.Fill(ranges, new ScoreRange(double.PositiveInfinity, double.NegativeInfinity));
        int tile = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(job.Queries.Columns);
        Workers.Run(threads, job.Rows.Rows, Workers.RowsPerClaim(job.Rows, threads, tile), "rows", job.Pass, () => new Ranger(job, ranges));
        return ranges;
    }

    private sealed class Ranger : SimilarityWorker<TLanes, TFloat, TDouble, TElement>
    {
        private readonly int[] _starts;
        private readonly ScoreRange[] _result;
        private readonly double[] _lowest;
        private readonly double[] _highest;

        public Ranger(SimilarityPass<TLanes, TFloat, TDouble> job, ScoreRange[] result)
            : base(job)
        {
            _starts = job.Queries.Starts;
            _result = result;
            _lowest = new double[result.Length];
            _highest = new double[result.Length];
            Array.Fill(_lowest, double.PositiveInfinity);
            Array.Fill(_highest, double.NegativeInfinity);
        }

        protected override void Close()
        {
            base.Close();
            lock (_result)
            {
                for (int g = 0; g < _result.Length; g++)
                    _result[g] = new ScoreRange(Math.Min(_result[g].Lowest, _lowest[g]), Math.Max(_result[g].Highest, _highest[g]));
            }
        }

        protected override void Propose(in Proposals proposals)
        {
            for (int g = 0; g < _result.Length; g++)
            {
                double highest = Highest(proposals, _starts[g], _starts[g + 1]);
                if (highest + proposals.Error > _highest[g] || highest - proposals.Error < _lowest[g]) Nominate(proposals, g);
            }
        }

        protected override void Decide(int row, int group, double score, int query)
        {
            _lowest[group] = Math.Min(_lowest[group], score);
            _highest[group] = Math.Max(_highest[group], score);
        }
    }
}
