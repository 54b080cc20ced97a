using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Adds rows to their clusters' sums in 64-bit fixed point. Integer addition has no order, so neither has the result.</summary>
internal static unsafe class CentroidSums<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    // Up to here every further worker gets sums of its own; beyond, workers share one set and lock a cluster while they add to it.
    private const long DefaultOwnSumsBytes = 256L << 20;

    /// <summary>A row that changed its cluster is asked for from memory while so many before it are looked at: those that stay are not read.</summary>
    private const int RowsAhead = 8;

    /// <summary>Does <see cref="IKernels.AccumulateCentroids"/>; shapes and assignments have been checked.</summary>
    public static void Run(
        RowSource rows,
        ReadOnlySpan<double> rowScales,
        ReadOnlySpan<int> assignments,
        ReadOnlySpan<int> previous,
        int fractionBits,
        Span<long> sums,
        int threads,
        Pass pass,
        long ownSumsBytes = DefaultOwnSumsBytes)
    {
        // Assignments were checked to lie below the clusters, so every addition below stays within the sums.
        fixed (double* scales = rowScales)
        fixed (int* clusters = assignments)
        fixed (int* before = previous)
        fixed (long* to = sums)
        {
            bool own = threads == 1 || sums.Length * (long)sizeof(long) * (threads - 1) <= ownSumsBytes;
            using Job job = new(rows, rowScales.IsEmpty ? null : scales, clusters, previous.IsEmpty ? null : before, Math.ScaleB(1.0, fractionBits), to, sums.Length, own);
            Workers.Run(threads, rows.Rows, Workers.RowsPerClaim(rows, threads, 1), "rows", pass, () => new Adder(job, pass));
            job.Merge();
        }
    }

    private sealed class Job : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly List<NativeBuffer<long>> _parts = [];
        private readonly long* _sums;
        private readonly int _length;
        private readonly bool _own;
        private bool _resultTaken;

        public Job(RowSource rows, double* scales, int* clusters, int* previous, double unit, long* sums, int length, bool own)
        {
            Rows = rows;
            Scales = scales;
            Clusters = clusters;
            Previous = previous;
            Unit = unit;
            _sums = sums;
            _length = length;
            _own = own;
            Locks = own ? null : [.. Enumerable.Range(0, length / rows.Dim).Select(_ => new Lock())];
        }

        public RowSource Rows { get; }

        public double* Scales { get; }

        public int* Clusters { get; }

        /// <summary>[rows], where the sums hold the rows already, or null.</summary>
        public int* Previous { get; }

        /// <summary>2^q.</summary>
        public double Unit { get; }

        /// <summary>One lock a cluster, or null when every worker has sums of its own.</summary>
        public Lock[]? Locks { get; }

        /// <summary>The sums that a new worker adds to: the first gets the result itself.</summary>
        public long* Open()
        {
            lock (_gate)
            {
                if (!_own || !_resultTaken)
                {
                    _resultTaken = true;
                    return _sums;
                }

                NativeBuffer<long> part = new(_length);
                _parts.Add(part);
                return part.Pointer;
            }
        }

        /// <summary>Adds the workers' own sums to the result, after all of them have finished.</summary>
        public void Merge()
        {
            Span<long> result = new(_sums, _length);
            foreach (NativeBuffer<long> part in _parts)
            {
                ReadOnlySpan<long> from = new(part.Pointer, _length);
                for (int i = 0; i < result.Length; i++) result[i] += from[i];
            }
        }

        public void Dispose() => _parts.ForEach(part => part.Dispose());
    }

    private sealed class Adder(Job job, Pass pass) : RowWorker(job.Rows, pass)
    {
        private readonly long* _sums = job.Open();

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Block(MatrixView view, long firstRow)
        {
            for (nint r = 0; r < view.Rows; r++)
            {
                if (r + RowsAhead < view.Rows && Moves(firstRow + r + RowsAhead)) Prefetch.Row(view.DangerousRow(r + RowsAhead), view.StrideBytes);
                long row = firstRow + r;
                int cluster = job.Clusters[row], previous = job.Previous == null ? -1 : job.Previous[row];
                if (cluster == previous) continue;
                double scale = job.Scales == null ? 1 : job.Scales[row];
                if (cluster >= 0) Add(view, r, scale, cluster, job.Unit);
                if (previous >= 0) Add(view, r, scale, previous, -job.Unit);
            }
        }

        private bool Moves(long row) => job.Previous == null || job.Clusters[row] != job.Previous[row];

        /// <summary>Adds a row to a cluster, or with a negative unit takes it away: half to even rounds both ways alike.</summary>
        private void Add(MatrixView view, nint r, double scale, int cluster, double unit)
        {
            long* to = _sums + ((nint)cluster * view.Dim);
            if (job.Locks == null)
            {
                Add(view, r, scale, unit, to);
                return;
            }

            lock (job.Locks[cluster]) Add(view, r, scale, unit, to);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Add(MatrixView view, nint r, double scale, double perUnit, long* to)
        {
            byte* x = view.DangerousRow(r);
            TDouble by = TLanes.Broadcast(scale), unit = TLanes.Broadcast(perUnit);
            int dim = view.Dim, whole = dim & ~15;
            double* lanes = stackalloc double[16];
            for (int j = 0; j < whole; j += 16)
            {
                TDouble v = TLanes.Multiply(TLanes.Multiply(by, RowMath<TLanes, TFloat, TDouble>.Load<TElement>(x, j, view.Scale)), unit);
                if (TLanes.RoundsByAddition(v)) TLanes.AddRounded(v, to + j);
                else AddOneByOne(v, lanes, to + j, 16);
            }

            if (whole < dim)
            {
                Sixteen tail;
                RowMath<TLanes, TFloat, TDouble>.CopyTail<TElement>(x, whole, dim, tail.Bytes);
                TDouble v = TLanes.Multiply(TLanes.Multiply(by, RowMath<TLanes, TFloat, TDouble>.Load<TElement>(tail.Bytes, 0, view.Scale)), unit);
                AddOneByOne(v, lanes, to + whole, dim - whole);
            }
        }

        private static void AddOneByOne(TDouble v, double* lanes, long* to, int count)
        {
            TLanes.Store(v, lanes);
            for (int i = 0; i < count; i++) to[i] += Rounding.HalfToEven(lanes[i]);
        }
    }
}
