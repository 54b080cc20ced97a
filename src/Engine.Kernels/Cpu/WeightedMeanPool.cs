using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Pools the token vectors of each record: every output element is one chain of float64 additions over the tokens, in their order.</summary>
/// <remarks>Weights are the integers 1, 2, .. L (or all 1), so products of weight and element are exact and one division at the end makes the mean.</remarks>
internal static unsafe class WeightedMeanPool<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    private const int TokensPerBorrow = 4096;
    private const long ClaimBytes = 4 << 20;
    private const nint PrefetchBytes = 32 << 10;

    /// <summary>Does <see cref="IKernels.Pool"/>; shapes and offsets have been checked.</summary>
    public static void Run(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, int threads, Pass pass)
    {
        int records = offsets.Length - 1;
        if (records == 0) return;
        long recordBytes = Math.Max(1, tokens.Rows / records) * tokens.Dim * TElement.Size;
        long claim = Math.Clamp(ClaimBytes / recordBytes, 1, Math.Max(1, records / (4L * threads)));

        // Each worker writes pooled rows of its own records only, and both spans stay fixed until all of them are done.
        fixed (long* starts = offsets)
        fixed (float* to = pooled)
        {
            Job job = new(tokens, starts, pooling, normalize, to, pass);
            Workers.Run(threads, records, claim, "records", pass, () => new Pooler(job));
            if (job.FirstZeroRecord != long.MaxValue)
                throw new ArgumentException($"Record {job.FirstZeroRecord} pools to a zero vector, which cannot be normalised.", nameof(tokens));
        }
    }

    private sealed class Job(RowSource tokens, long* starts, Pooling pooling, bool normalize, float* to, Pass pass)
    {
        private readonly Lock _gate = new();

        public RowSource Tokens => tokens;

        public long* Starts => starts;

        public Pooling Pooling => pooling;

        public bool Normalize => normalize;

        public float* To => to;

        public Pass Pass => pass;

        public long FirstZeroRecord { get; private set; } = long.MaxValue;

        public void FoundZero(long record)
        {
            lock (_gate) FirstZeroRecord = Math.Min(FirstZeroRecord, record);
        }
    }

    private sealed class Pooler : Worker
    {
        private readonly Job _job;
        private readonly int _dim;
        private readonly int _padded;
        private readonly NativeBuffer<double> _sums;

        private static bool Halves => typeof(TLanes) == typeof(Lanes512) && typeof(TElement) == typeof(Float16Element);

        public Pooler(Job job)
        {
            _job = job;
            _dim = job.Tokens.Dim;
            _padded = checked(_dim + Halves512.Group - 1) & ~(Halves512.Group - 1);
            _sums = new NativeBuffer<double>(_padded);
        }

        protected override void Close() => _sums.Dispose();

        public override void Work(long first, long end)
        {
            for (long record = first; record < end; record++)
            {
                long from = _job.Starts[record], to = _job.Starts[record + 1];
                if (_job.Pooling == Pooling.First) to = from + 1;
                if (_job.Pooling == Pooling.Last) from = to - 1;
                double weights = Gather(from, to);
                Finish(record, weights);
            }
        }

        /// <summary>Sums tokens from .. to - 1 by weight and gives the sum of the weights.</summary>
        private double Gather(long from, long to)
        {
            if (!Halves || !Gather(from, to, halves: true)) Gather(from, to, halves: false);
            double count = to - from;
            return _job.Pooling == Pooling.WeightedMean ? count * (count + 1) / 2 : count;
        }

        /// <returns>False when these are halves, and one of them is an infinity or NaN.</returns>
        private bool Gather(long from, long to, bool halves)
        {
            new Span<double>(_sums.Pointer, _padded).Clear();
            double step = _job.Pooling == Pooling.WeightedMean ? 1 : 0;
            for (long at = from; at < to;)
            {
                _job.Pass.Cancel.ThrowIfCancellationRequested();
                using RowBlock block = _job.Tokens.Borrow(at, (int)Math.Min(to - at, TokensPerBorrow));
                double weight = step == 0 ? 1 : at - from + 1;
                if (!halves) Add(block.View, weight, step);
                else if (!AddHalves(block.View, weight, step)) return false;
                at += block.View.Rows;
            }

            if (halves) Halves512.InOrder(_sums.Pointer, _padded);
            return true;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private bool AddHalves(MatrixView view, double weight, double step)
        {
            bool finite = true;
            nint token = 0;
            for (; token + 2 <= view.Rows; token += 2)
            {
                finite &= Halves512.AddTwo(view.DangerousRow(token), view.StrideBytes, _dim, weight, weight + step, _sums.Pointer);
                weight += 2 * step;
            }

            if (token < view.Rows) finite &= Halves512.AddOne(view.DangerousRow(token), _dim, weight, _sums.Pointer);
            return finite;
        }

        /// <summary>Adds a block of tokens, two at a time: they are read in the order in which they lie in memory, as prefetchers like it.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Add(MatrixView view, double weight, double step)
        {
            nint token = 0;
            for (; token + 2 <= view.Rows; token += 2)
            {
                Add2(view, token, weight, step);
                weight += 2 * step;
            }

            if (token < view.Rows) Add1(view, token, weight);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Add2(MatrixView view, nint token, double weight, double step)
        {
            byte* x = view.DangerousRow(token), ahead = x + PrefetchBytes;
            nint stride = view.StrideBytes;
            float scale = view.Scale;
            TDouble w0 = TLanes.Broadcast(weight), w1 = TLanes.Broadcast(weight + step);
            double* sums = _sums.Pointer;
            int whole = _dim & ~15;
            for (int j = 0; j < whole; j += 16)
            {
                byte* at = x + ((nint)j * TElement.Size);
                Prefetch.Later(ahead, 32 * TElement.Size);
                ahead += 32 * TElement.Size;
                TDouble sum = TLanes.LoadF64(sums + j);
                sum = TLanes.MultiplyAddExact(w0, Load(at, scale), sum);
                sum = TLanes.MultiplyAddExact(w1, Load(at + stride, scale), sum);
                TLanes.Store(sum, sums + j);
            }

            if (whole == _dim) return;
            AddTail(x, scale, whole, weight);
            AddTail(x + stride, scale, whole, weight + step);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Add1(MatrixView view, nint token, double weight)
        {
            byte* x = view.DangerousRow(token);
            TDouble w = TLanes.Broadcast(weight);
            double* sums = _sums.Pointer;
            int whole = _dim & ~15;
            for (int j = 0; j < whole; j += 16)
                TLanes.Store(TLanes.MultiplyAddExact(w, Load(x + ((nint)j * TElement.Size), view.Scale), TLanes.LoadF64(sums + j)), sums + j);
            if (whole < _dim) AddTail(x, view.Scale, whole, weight);
        }

        private void AddTail(byte* x, float scale, int whole, double weight)
        {
            Sixteen tail;
            RowMath<TLanes, TFloat, TDouble>.CopyTail<TElement>(x, whole, _dim, tail.Bytes);
            double* sums = _sums.Pointer + whole;
            TLanes.Store(TLanes.MultiplyAddExact(TLanes.Broadcast(weight), Load(tail.Bytes, scale), TLanes.LoadF64(sums)), sums);
        }

        /// <summary>Divides by the weights and, if asked, by the norm; then rounds once to float32.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Finish(long record, double weights)
        {
            double* sums = _sums.Pointer;
            TDouble by = TLanes.Broadcast(weights), squares = default;
            for (int j = 0; j < _padded; j += 16)
            {
                TDouble mean = TLanes.Divide(TLanes.LoadF64(sums + j), by);
                squares = TLanes.Add(squares, TLanes.Multiply(mean, mean));
                TLanes.Store(mean, sums + j);
            }

            double norm = Math.Sqrt(TLanes.Sum(squares));
            if (_job.Normalize && norm == 0) _job.FoundZero(record);
            TDouble length = TLanes.Broadcast(_job.Normalize ? norm : 1);
            float* to = _job.To + checked((nint)record * _dim);
            int whole = _dim & ~15;
            for (int j = 0; j < whole; j += 16) TLanes.Store(TLanes.Narrow(TLanes.Divide(TLanes.LoadF64(sums + j), length)), to + j);
            for (int j = whole; j < _dim; j++) to[j] = (float)(sums[j] / (_job.Normalize ? norm : 1));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TDouble Load(byte* at, float scale) => TElement.LoadWide<TLanes, TFloat, TDouble>(at, scale);
    }
}
