namespace Engine.Kernels.Cpu;

/// <summary>Canonical scores of pairs of queries and rows that were proposed elsewhere.</summary>
internal static unsafe class PairScores<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    private const long ClaimElements = 1 << 18;

    /// <summary>Does <see cref="IKernels.ScorePairs"/>; shapes and numbers have been checked.</summary>
    public static void Run(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<int> candidates,
        PairMeasure measure,
        Span<double> scores,
        int threads,
        Pass pass)
    {
        if (candidates.IsEmpty) return;

        // Every worker writes places of its own queries only, and all spans stay fixed until the workers are done.
        fixed (double* lengths = norms, to = scores)
        fixed (float* vectors = queries)
        fixed (int* from = starts, chosen = candidates)
        {
            Job job = new(rows, lengths, vectors, from, chosen, measure, to, pass);
            int count = starts.Length - 1;
            long claim = Math.Max(1, ClaimElements / Math.Max(1, (long)candidates.Length / count * rows.Dim));
            Workers.Run(threads, count, claim, "queries", pass, () => new Scorer(job));
        }
    }

    private sealed class Job(RowSource rows, double* norms, float* queries, int* starts, int* candidates, PairMeasure measure, double* scores, Pass pass)
    {
        public Pass Pass => pass;

        /// <summary>Scores the candidates of one query.</summary>
        public void Score(long query)
        {
            int dim = rows.Dim;
            byte* vector = (byte*)(queries + ((nint)query * dim));
            double length = measure == PairMeasure.Cosine ? Math.Sqrt(RowMath<TLanes, TFloat, TDouble>.SquaredNorm<Float32Element>(vector, 1, dim, out _)) : 1;
            for (int at = starts[query]; at < starts[query + 1]; at++)
            {
                int row = candidates[at];
                using RowBlock block = rows.Borrow(row, 1);
                byte* x = block.View.DangerousRow(0);
                scores[at] = measure == PairMeasure.Cosine
                    ? RowMath<TLanes, TFloat, TDouble>.Dot<TElement, Float32Element>(x, block.View.Scale, vector, dim) / (norms[row] * length)
                    : RowMath<TLanes, TFloat, TDouble>.SquaredDistance<TElement, Float32Element>(x, block.View.Scale, 1, vector, dim);
            }
        }
    }

    private sealed class Scorer(Job job) : Worker
    {
        public override void Work(long first, long end)
        {
            for (long query = first; query < end; query++)
            {
                job.Pass.Cancel.ThrowIfCancellationRequested();
                job.Score(query);
            }
        }
    }
}
