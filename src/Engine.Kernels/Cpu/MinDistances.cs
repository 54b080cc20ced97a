namespace Engine.Kernels.Cpu;

/// <summary>Brings rows' least distances up to date with the centres they have not seen, canonically, four centres to a load of the row.</summary>
internal static unsafe class MinDistances<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Does <see cref="IKernels.RelaxMinDistances"/>; shapes have been checked.</summary>
    public static void Run(
        RowSource rows,
        ReadOnlySpan<double> rowScales,
        ReadOnlySpan<int> which,
        ReadOnlySpan<double> centres,
        Span<int> seen,
        Span<double> minSquared,
        int threads,
        Pass pass)
    {
        // Rows are distinct, so each worker writes places of its own; all spans stay fixed until the workers are done.
        fixed (double* scales = rowScales)
        fixed (int* chosen = which)
        fixed (double* from = centres)
        fixed (int* counts = seen)
        fixed (double* least = minSquared)
        {
            Job job = new(rows, rowScales.IsEmpty ? null : scales, from, centres.Length / rows.Dim, counts, least);
            if (which.IsEmpty)
            {
                Workers.Run(threads, rows.Rows, Workers.RowsPerClaim(rows, threads, 1), "rows", pass, () => new Sweep(job, pass));
                return;
            }

            int* list = chosen;
            long claim = Math.Clamp(which.Length / (8L * threads), 1, 256);
            Workers.Run(threads, which.Length, claim, "rows", pass, () => new Visit(job, list, pass));
        }
    }

    private sealed class Job(RowSource rows, double* scales, double* centres, int count, int* seen, double* least)
    {
        public RowSource Rows => rows;

        public bool IsCurrent(long row) => seen[row] == count;

        public void Relax(MatrixView view, nint at, long row)
        {
            int dim = view.Dim;
            byte* x = view.DangerousRow(at);
            double scale = scales == null ? 1 : scales[row];
            double best = least[row];
            double* distances = stackalloc double[4];
            int c = seen[row];
            for (; c + 4 <= count; c += 4)
            {
                byte* centre = (byte*)(centres + ((nint)c * dim));
                RowMath<TLanes, TFloat, TDouble>.SquaredDistance4<TElement, Float64Operand>(x, view.Scale, scale, centre, dim, distances);
                best = Math.Min(Math.Min(best, Math.Min(distances[0], distances[1])), Math.Min(distances[2], distances[3]));
            }

            for (; c < count; c++)
            {
                byte* centre = (byte*)(centres + ((nint)c * dim));
                best = Math.Min(best, RowMath<TLanes, TFloat, TDouble>.SquaredDistance<TElement, Float64Operand>(x, view.Scale, scale, centre, dim));
            }

            least[row] = best;
            seen[row] = count;
        }
    }

    private sealed class Sweep(Job job, Pass pass) : RowWorker(job.Rows, pass)
    {
        protected override void Block(MatrixView view, long firstRow)
        {
            for (nint r = 0; r < view.Rows; r++)
                if (!job.IsCurrent(firstRow + r)) job.Relax(view, r, firstRow + r);
        }
    }

    private sealed class Visit(Job job, int* which, Pass pass) : Worker
    {
        public override void Work(long first, long end)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            for (long i = first; i < end; i++)
            {
                int row = which[i];
                if (job.IsCurrent(row)) continue;
                using RowBlock block = job.Rows.Borrow(row, 1);
                job.Relax(block.View, 0, row);
            }
        }
    }
}
