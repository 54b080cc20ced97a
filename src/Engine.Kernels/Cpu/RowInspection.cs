using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>One look at every row: norms, the first row that is not finite, the first that is zero, the largest magnitude.</summary>
internal static unsafe class RowInspection<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Does <see cref="IKernels.Inspect"/>; shapes have been checked.</summary>
    public static RowFacts Run(RowSource rows, Span<double> norms, int threads, Pass pass)
    {
        // Each worker writes norms of its own rows only, and the span stays fixed until all of them are done.
        fixed (double* at = norms)
        {
            Findings findings = new(norms.IsEmpty ? null : at);
            Workers.Run(threads, rows.Rows, Workers.RowsPerClaim(rows, threads, 1), "rows", pass, () => new Inspector(rows, pass, findings));
            return findings.Facts;
        }
    }

    private sealed class Findings(double* norms)
    {
        private readonly Lock _gate = new();
        private long _nonFinite = long.MaxValue;
        private long _zero = long.MaxValue;
        private float _largest;

        public double* Norms => norms;

        public RowFacts Facts => new(_nonFinite == long.MaxValue ? -1 : _nonFinite, _zero == long.MaxValue ? -1 : _zero, _largest);

        public void Merge(long nonFinite, long zero, float largest)
        {
            lock (_gate)
            {
                _nonFinite = Math.Min(_nonFinite, nonFinite);
                _zero = Math.Min(_zero, zero);
                _largest = Math.Max(_largest, largest);
            }
        }
    }

    private sealed class Inspector(RowSource rows, Pass pass, Findings findings) : RowWorker(rows, pass)
    {
        private long _nonFinite = long.MaxValue;
        private long _zero = long.MaxValue;
        private float _largest;

        protected override void Close() => findings.Merge(_nonFinite, _zero, _largest);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Block(MatrixView view, long firstRow)
        {
            for (nint r = 0; r < view.Rows; r++)
            {
                double square = RowMath<TLanes, TFloat, TDouble>.SquaredNorm<TElement>(view.DangerousRow(r), view.Scale, view.Dim, out float largest);
                if (!double.IsFinite(square))
                {
                    _nonFinite = Math.Min(_nonFinite, firstRow + r);
                    largest = LargestFinite(view, r);

                    // One NaN for all instruction sets: the hardware's has a sign and a payload.
                    if (double.IsNaN(square)) square = double.NaN;
                }
                else if (square == 0)
                {
                    _zero = Math.Min(_zero, firstRow + r);
                }

                _largest = Math.Max(_largest, largest);
                if (findings.Norms != null) findings.Norms[firstRow + r] = Math.Sqrt(square);
            }
        }

        private static float LargestFinite(MatrixView view, nint row)
        {
            float[] values = new float[view.Dim];
            view.CopyRowTo(row, values);
            float largest = 0;
            foreach (float value in values)
                if (float.IsFinite(value)) largest = Math.Max(largest, Math.Abs(value));
            return largest;
        }
    }
}
