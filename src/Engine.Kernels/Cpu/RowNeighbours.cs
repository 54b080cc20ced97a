using System.Numerics;

namespace Engine.Kernels.Cpu;

/// <summary>The nearest rows of some rows of the same matrix: a float32 product proposes pairs, canonical scores decide.</summary>
internal static unsafe class RowNeighbours<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Fills one list per query in one pass over the candidates.</summary>
    public static RankedRows[] Run(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<int> which,
        ReadOnlySpan<int> queries,
        ReadOnlySpan<int> until,
        Neighbourhood measure,
        int depth,
        double above,
        int threads,
        Pass pass)
    {
        int candidates = which.IsEmpty ? checked((int)rows.Rows) : which.Length;
        int tile = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(measure.Columns);
        long claim = Math.Max(tile, Math.Min(Workers.RowsPerClaim(rows, threads, tile), (candidates / (4L * threads) / tile) * tile));

        // All spans stay fixed until the workers are done; they only read them.
        fixed (double* lengths = norms)
        fixed (int* chosen = which)
        fixed (int* asked = queries)
        fixed (int* ends = until)
        {
            using Job job = new(rows, lengths, which.IsEmpty ? null : chosen, candidates, asked, until.IsEmpty ? null : ends, measure, depth, above, pass);
            Workers.Run(threads, candidates, claim, "rows", pass, () => new Joiner(job));
            return job.Ranked();
        }
    }

    /// <summary>What the workers share: the pairs asked for, and the lists.</summary>
    private sealed class Job : IDisposable
    {
        private readonly NativeBuffer<float> _bounds;
        private readonly TopList[] _lists;
        private readonly int* _which;
        private readonly int* _queries;
        private readonly int* _until;
        private readonly double _above;

        public Job(RowSource rows, double* norms, int* which, int candidates, int* queries, int* until, Neighbourhood measure, int depth, double above, Pass pass)
        {
            Rows = rows;
            Norms = norms;
            Measure = measure;
            Pass = pass;
            _which = which;
            _queries = queries;
            _until = until;
            _above = above;
            int count = measure.Columns.Columns;
            _lists = new TopList[count];
            _bounds = new NativeBuffer<float>(measure.Columns.Width);
            new Span<float>(_bounds.Pointer, measure.Columns.Width).Fill(float.PositiveInfinity);
            for (int q = 0; q < count; q++)
            {
                _lists[q] = new TopList(depth, candidates);
                _bounds.Pointer[q] = measure.Bound(q, above);
            }
        }

        public RowSource Rows { get; }

        public double* Norms { get; }

        public Neighbourhood Measure { get; }

        public Pass Pass { get; }

        /// <summary>[columns.Width], what a proposal must reach; workers may read one that has risen since, which only costs them time.</summary>
        public float* Bounds => _bounds.Pointer;

        public int RowAt(long place) => _which == null ? (int)place : _which[place];

        /// <summary>Whether a query may take the candidate at a place.</summary>
        public bool Asks(int query, long place, int row) => row != _queries[query] && (_until == null || place < _until[query]);

        public void Offer(int query, double score, int row)
        {
            if (!(score > _above)) return;
            TopList list = _lists[query];
            double before = list.Threshold;
            list.Offer(score, row, -1);
            double after = list.Threshold;
            if (after != before) Bounds[query] = Math.Max(Bounds[query], Measure.Bound(query, after));
        }

        public RankedRows[] Ranked() => Array.ConvertAll(_lists, list => list.TakeRanked() with { Queries = null });

        public void Dispose() => _bounds.Dispose();
    }

    private sealed class Joiner : Worker
    {
        private readonly Job _job;
        private readonly RowTile<TLanes, TFloat, TDouble, TElement> _tile;
        private readonly int[] _hits;
        private readonly double[] _scores;

        public Joiner(Job job)
        {
            _job = job;
            _tile = new RowTile<TLanes, TFloat, TDouble, TElement>(job.Measure.Columns);
            _hits = new int[job.Measure.Columns.Columns];
            _scores = new double[job.Measure.Columns.Columns];
        }

        public override void Work(long first, long end)
        {
            for (long at = first; at < end; at += _tile.Capacity)
            {
                _job.Pass.Cancel.ThrowIfCancellationRequested();
                int count = (int)Math.Min(_tile.Capacity, end - at);
                Load(at, count);
                _tile.Multiply(count);
                for (int r = 0; r < count; r++) Decide(r, at + r, _job.RowAt(at + r));
            }
        }

        protected override void Close() => _tile.Dispose();

        /// <summary>Widens the candidates at consecutive places; those that are neighbours in the matrix are borrowed together.</summary>
        private void Load(long at, int count)
        {
            for (int r = 0; r < count;)
            {
                int row = _job.RowAt(at + r), run = 1;
                while (r + run < count && _job.RowAt(at + r + run) == row + run) run++;
                using RowBlock block = _job.Rows.Borrow(row, run);
                for (nint i = 0; i < block.View.Rows; i++) _tile.Load(r + (int)i, block.View, i);
                r += (int)block.View.Rows;
            }
        }

        private void Decide(int r, long place, int row)
        {
            double norm = _job.Norms[row];
            (float inverse, float shift) = _job.Measure.Propose(row, norm);
            int columns = _job.Measure.Columns.Columns, width = _job.Measure.Columns.Width, hits = 0;

            // Without a bound the products may be infinite or NaN; zeros with an infinite shift let every query through.
            float* dots = _tile.Dots(r);
            if (float.IsPositiveInfinity(shift)) new Span<float>(dots, width).Clear();
            TFloat by = TLanes.Broadcast(inverse), plus = TLanes.Broadcast(shift);
            for (int c = 0; c < width; c += 16)
            {
                TFloat proposal = TLanes.MultiplyAdd(TLanes.LoadF32(dots + c), by, plus);
                for (uint mask = TLanes.AtLeast(proposal, TLanes.LoadF32(_job.Bounds + c)); mask != 0; mask &= mask - 1)
                {
                    int query = c + BitOperations.TrailingZeroCount(mask);
                    if (query < columns && _job.Asks(query, place, row)) _hits[hits++] = query;
                }
            }

            if (hits == 0) return;
            _job.Measure.Score(_tile.Row(r), norm, _hits.AsSpan(0, hits), _scores.AsSpan(0, hits));
            for (int h = 0; h < hits; h++) _job.Offer(_hits[h], _scores[h], row);
        }
    }
}
