namespace Engine.Kernels.Cpu;

/// <summary>One list of best rows by the mean of their group scores, plain or normalised by each group's range.</summary>
/// <remarks>
/// Score = (sum over groups, in order, of the group's part) / groups. The part of a score s is s itself in a plain mean and
/// (s - lowest) / (highest - lowest) in a normalised one, or 0 where the range is empty. A proposal takes a group's highest float32 cosine
/// for s, so it is off by at most e times the mean slope of the parts, and by the roundings of the sum.
/// </remarks>
internal static unsafe class MeanList<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Fills the list in one pass over the rows of a tile.</summary>
    /// <param name="job">Rows and queries.</param>
    /// <param name="ranges">Each group's range, or empty for the plain mean.</param>
    /// <param name="depth">Rows wanted.</param>
    /// <param name="tile">The rows, and the list of those before them.</param>
    /// <param name="threads">Workers.</param>
    public static RankedRows Run(SimilarityPass<TLanes, TFloat, TDouble> job, ScoreRange[] ranges, int depth, SimilarityTile tile, int threads)
    {
        TopList list = new(depth, (int)job.Rows.Rows, fills: true);
        if (tile.Before.Length > 0) list.TakeOver(ref tile.Before[0]);
        int together = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(job.Queries.Columns);
        tile.EndAt(Workers.Run(
            threads, tile.FirstRow, tile.EndRow, job.Rows.Rows, Workers.RowsPerClaim(job.Rows, threads, together), "rows", job.Pass, () => new Ranker(job, ranges, list), tile.IsEnough));
        return list.TakeRanked() with { Queries = null };
    }

    private sealed class Ranker : SimilarityWorker<TLanes, TFloat, TDouble, TElement>
    {
        private readonly int[] _starts;
        private readonly int _groups;
        private readonly ScoreRange[] _ranges;
        private readonly TopList _list;
        private readonly double _meanSlope;
        private readonly double _rounding;
        private double _sum;

        public Ranker(SimilarityPass<TLanes, TFloat, TDouble> job, ScoreRange[] ranges, TopList list)
            : base(job)
        {
            _starts = job.Queries.Starts;
            _groups = job.Queries.Groups;
            _ranges = ranges;
            _list = list;
            for (int g = 0; g < _groups; g++) _meanSlope += Slope(g) / _groups;
            _rounding = (_groups + 8.0) / (1L << 50);
        }

        protected override void Propose(in Proposals proposals)
        {
            double mean = 0, size = 0;
            for (int g = 0; g < _groups; g++)
            {
                double part = Part(g, Highest(proposals, _starts[g], _starts[g + 1]));
                mean += part;
                size += Math.Abs(part);
            }

            mean /= _groups;
            double error = (proposals.Error * _meanSlope * (1 + 1e-9)) + (_rounding * (1 + (size / _groups) + (proposals.Error * _meanSlope)));
            if (mean + error < _list.Threshold) return;
            for (int g = 0; g < _groups; g++) Nominate(proposals, g);
        }

        protected override void Decide(int row, int group, double score, int query)
        {
            _sum = (group == 0 ? 0 : _sum) + Part(group, score);
            if (group == _groups - 1) _list.Offer(_sum / _groups, row, -1);
        }

        private double Slope(int group)
        {
            if (_ranges.Length == 0) return 1;
            double range = _ranges[group].Highest - _ranges[group].Lowest;
            return range > 0 ? 1 / range : 0;
        }

        private double Part(int group, double score)
        {
            if (_ranges.Length == 0) return score;
            (double lowest, double highest) = _ranges[group];
            double range = highest - lowest;
            return range > 0 ? (score - lowest) / range : 0;
        }
    }
}
