using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Facility-location gains: float32 products leave out the rows that a query cannot serve better, canonical cosines give the rest, int64 adds them up.</summary>
internal static unsafe class CoverageSums<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Does <see cref="IKernels.CoverageGains"/>; shapes have been checked and the gains are zero.</summary>
    public static void Run(SimilarityPass<TLanes, TFloat, TDouble> job, double* covered, int fractionBits, Span<long> gains, int threads)
    {
        Totals totals = new(gains.Length);
        int tile = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(job.Queries.Columns);
        Workers.Run(threads, job.Rows.Rows, Workers.RowsPerClaim(job.Rows, threads, tile), "rows", job.Pass, () => new Adder(job, covered, fractionBits, totals));
        totals.Sums.CopyTo(gains);
    }

    private sealed class Totals(int queries)
    {
        private readonly Lock _gate = new();

        public long[] Sums { get; } = new long[queries];

        public void Add(long[] sums)
        {
            lock (_gate)
                for (int q = 0; q < sums.Length; q++) checked { Sums[q] += sums[q]; }
        }
    }

    private sealed class Adder(SimilarityPass<TLanes, TFloat, TDouble> job, double* covered, int fractionBits, Totals totals)
        : SimilarityWorker<TLanes, TFloat, TDouble, TElement>(job)
    {
        private readonly long[] _sums = new long[job.Queries.Columns.Columns];
        private readonly double _unit = Math.ScaleB(1, fractionBits);

        protected override void Close()
        {
            totals.Add(_sums);
            base.Close();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Propose(in Proposals proposals)
        {
            int columns = _sums.Length;
            TFloat inverse = TLanes.Broadcast(proposals.Inverse), error = TLanes.Broadcast(ProposalError.RoundUp(proposals.Error));
            TFloat least = TLanes.Broadcast(ProposalError.RoundDown(covered[proposals.Row]));
            for (int c = 0; c < columns; c += 16)
            {
                TFloat highest = TLanes.MultiplyAdd(TLanes.LoadF32(proposals.Dots + c), inverse, error);
                for (uint mask = TLanes.AtLeast(highest, least); mask != 0; mask &= mask - 1)
                {
                    int query = c + BitOperations.TrailingZeroCount(mask);
                    if (query < columns) NominateOne(query);
                }
            }
        }

        protected override void Decide(int row, int group, double score, int query)
        {
            double gain = score - covered[row];
            if (gain > 0) checked { _sums[query] += (long)Math.Round(gain * _unit, MidpointRounding.ToEven); }
        }
    }
}
