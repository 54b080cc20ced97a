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
        private readonly int[] _groups;
        private readonly int[] _ends;

        public Ranger(SimilarityPass<TLanes, TFloat, TDouble> job, ScoreRange[] result)
            : base(job)
        {
            _starts = job.Queries.Starts;
            _result = result;
            _lowest = new double[result.Length];
            _highest = new double[result.Length];
            _groups = new int[result.Length];
            _ends = new int[result.Length];
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

        protected override void Row(int row, in Proposals proposals)
        {
            int hits = 0;
            for (int g = 0; g < _result.Length; g++)
            {
                double highest = Highest(proposals, _starts[g], _starts[g + 1]);
                if (highest + proposals.Error <= _highest[g] && highest - proposals.Error >= _lowest[g]) continue;
                _groups[hits] = g;
                _ends[hits++] = Nominate(proposals, g, highest);
            }

            if (hits == 0) return;
            Rescore(proposals);
            for (int h = 0; h < hits; h++)
            {
                double score = Best(h == 0 ? 0 : _ends[h - 1], _ends[h], out _);
                int g = _groups[h];
                _lowest[g] = Math.Min(_lowest[g], score);
                _highest[g] = Math.Max(_highest[g], score);
            }
        }
    }
}
