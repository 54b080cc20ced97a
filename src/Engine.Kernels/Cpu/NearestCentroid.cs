using System.Numerics;

namespace Engine.Kernels.Cpu;

/// <summary>The nearest centroid of every row: a float32 product proposes, canonical distances decide among what the error bound leaves.</summary>
/// <remarks>
/// |s x - c|² = s²|x|² + (|c|² - 2 s x.c), and the first term is the same for every centroid. The proposal is v = |c|² - 2 s x.c in float32.
/// With X >= |x|, C >= |c| for every centroid and n roundings in a dot product, v differs from its exact value by at most
///   m = 2|s| X C (gamma(n) + 4u) + 4u C² + 2|s| dim 2^-149 + 2^-148:
/// the dot product's own error; then one rounding each of |c|², of 2s, and one or two of the combination; then underflow.
/// The canonical distance differs from the exact one by at most m' = (dim + 32) 2^-52 (|s| X + C)². For the canonically nearest centroid a
/// and any other b: v(a) &lt;= d(a) + m + m' &lt;= d(b) + m + m' &lt;= v(b) + 2 (m + m') (the common term left out), so every canonical
/// minimum, ties included, is among the centroids with v &lt;= min v + 2 (m + m').
/// </remarks>
internal static unsafe class NearestCentroid<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Does <see cref="IKernels.AssignNearest"/>; shapes have been checked.</summary>
    public static void Run(
        RowSource rows,
        ReadOnlySpan<double> rowScales,
        ReadOnlySpan<float> centroids,
        Span<int> assignments,
        Span<double> squaredDistances,
        int threads,
        Pass pass)
    {
        // Each worker writes places of its own rows only, and all spans stay fixed until the workers are done.
        fixed (double* scales = rowScales)
        fixed (float* from = centroids)
        fixed (int* nearest = assignments)
        fixed (double* distances = squaredDistances)
        {
            using Job job = new(rows, rowScales.IsEmpty ? null : scales, from, centroids.Length / rows.Dim, nearest, distances, pass);
            int tile = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(job.Columns);
            Workers.Run(threads, rows.Rows, Workers.RowsPerClaim(rows, threads, tile), "rows", pass, () => new Assigner(job));
        }
    }

    private sealed class Job : IDisposable
    {
        private readonly NativeBuffer<float> _squares;

        public Job(RowSource rows, double* scales, float* centroids, int count, int* nearest, double* distances, Pass pass)
        {
            Rows = rows;
            Scales = scales;
            Centroids = centroids;
            Count = count;
            Nearest = nearest;
            Distances = distances;
            Pass = pass;
            Columns = new PackedColumns(count, rows.Dim);
            _squares = new NativeBuffer<float>(Columns.Width);
            new Span<float>(_squares.Pointer, Columns.Width).Fill(float.PositiveInfinity);
            double longest = 0;
            for (int c = 0; c < count; c++)
            {
                float* centroid = Centroid(c);
                Columns.Set(c, new ReadOnlySpan<float>(centroid, rows.Dim), 1);
                double square = RowMath<TLanes, TFloat, TDouble>.SquaredNorm<Float32Element>((byte*)centroid, 1, rows.Dim, out _);
                _squares.Pointer[c] = (float)square;
                longest = Math.Max(longest, square);
            }

            Longest = Math.Sqrt(longest) * (1 + 1e-9);
        }

        public RowSource Rows { get; }

        public double* Scales { get; }

        public float* Centroids { get; }

        public int Count { get; }

        public int* Nearest { get; }

        public double* Distances { get; }

        public Pass Pass { get; }

        public PackedColumns Columns { get; }

        /// <summary>|c|², [columns.Width], infinity where there is no centroid.</summary>
        public float* Squares => _squares.Pointer;

        /// <summary>At least the norm of every centroid.</summary>
        public double Longest { get; }

        public float* Centroid(int c) => Centroids + ((nint)c * Rows.Dim);

        public void Dispose()
        {
            Columns.Dispose();
            _squares.Dispose();
        }
    }

    private sealed class Assigner : RowWorker
    {
        private readonly Job _job;
        private readonly RowTile<TLanes, TFloat, TDouble, TElement> _tile;
        private readonly double _gamma;

        public Assigner(Job job)
            : base(job.Rows, job.Pass)
        {
            _job = job;
            _tile = new RowTile<TLanes, TFloat, TDouble, TElement>(job.Columns);
            _gamma = ProposalError.Gamma(job.Columns.Roundings);
        }

        protected override void Close() => _tile.Dispose();

        protected override void Block(MatrixView view, long firstRow)
        {
            for (nint at = 0; at < view.Rows; at += _tile.Capacity)
            {
                _job.Pass.Cancel.ThrowIfCancellationRequested();
                int count = (int)Math.Min(_tile.Capacity, view.Rows - at);
                _tile.Multiply(view, at, count);
                for (int r = 0; r < count; r++) Decide(r, firstRow + at + r);
            }
        }

        private void Decide(int r, long row)
        {
            double scale = _job.Scales == null ? 1 : _job.Scales[row];
            double margin = Margin(r, scale);
            double best = double.PositiveInfinity;
            int nearest = -1;
            if (!double.IsFinite(margin))
            {
                for (int c = 0; c < _job.Count; c++) Compare(r, scale, c, ref nearest, ref best);
            }
            else
            {
                float* dots = _tile.Dots(r);
                TFloat by = TLanes.Broadcast((float)(-2 * scale));
                TFloat least = TLanes.Broadcast(float.PositiveInfinity);
                int width = _job.Columns.Width;
                for (int c = 0; c < width; c += 16) least = TLanes.Min(least, Proposal(dots, by, c));

                // Proposals are finite and those of the padding are not: a finite limit keeps the padding out.
                TFloat limit = TLanes.Broadcast(Math.Min(ProposalError.RoundUp(TLanes.Lowest(least) + (2 * margin)), float.MaxValue));
                for (int c = 0; c < width; c += 16)
                    for (uint mask = TLanes.AtMost(Proposal(dots, by, c), limit); mask != 0; mask &= mask - 1)
                        Compare(r, scale, c + BitOperations.TrailingZeroCount(mask), ref nearest, ref best);
            }

            _job.Nearest[row] = nearest;
            _job.Distances[row] = best;
        }

        private TFloat Proposal(float* dots, TFloat by, int c) => TLanes.MultiplyAdd(by, TLanes.LoadF32(dots + c), TLanes.LoadF32(_job.Squares + c));

        /// <summary>m + m', or infinity where float32 could overflow.</summary>
        private double Margin(int r, double scale)
        {
            double x = _tile.LengthBound(r), s = Math.Abs(scale), c = _job.Longest;
            if (!(Math.Max(Math.Max(x * c, s * x * c), Math.Max(c * c, s)) < ProposalError.SafeMagnitude)) return double.PositiveInfinity;
            int dim = _job.Columns.Dim;
            double proposal = (2 * s * x * c * (_gamma + (4 * ProposalError.Unit))) + (4 * ProposalError.Unit * c * c)
                + (((2 * s * dim) + 2) * ProposalError.Underflow);
            double reach = (s * x) + c;
            return 1.01 * (proposal + (ProposalError.Canonical(dim) * reach * reach));
        }

        /// <summary>Takes a centroid that is canonically nearer than the best so far; called in ascending order, so ties stay with the lower.</summary>
        private void Compare(int r, double scale, int c, ref int nearest, ref double best)
        {
            double distance = RowMath<TLanes, TFloat, TDouble>.SquaredDistance<Float32Element, Float32Element>(
                (byte*)_tile.Row(r), 1, scale, (byte*)_job.Centroid(c), _job.Columns.Dim);
            if (nearest >= 0 && distance >= best) return;
            nearest = c;
            best = distance;
        }
    }
}
