using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Assigns rows again after the centroids moved, looking only at groups of centroids that a row's bounds do not rule out.</summary>
/// <remarks>
/// With a the row's last centroid and d' its canonical squared distance now, a group is left out when its bound is above u >= sqrt(d' + 2 m'):
/// then every centroid b of it has canonical(b) >= exact(b) - m' > d' and can be no better, not even as good. In the groups that remain, b is
/// rescored when s²|x|² + v(b) - m - m' does not exceed the best canonical distance so far.
/// Where a did not move, d' is what it was, and a row that needs no group is not even read.
/// Rows that need a group are multiplied with it together, wherever they lie in the tile.
/// </remarks>
internal sealed unsafe class CentroidVisit<TLanes, TFloat, TDouble, TElement> : CentroidWorker<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>A row is asked for from memory while so many before it are tested.</summary>
    private const int RowsAhead = 4;

    private readonly CentroidColumns<TLanes, TFloat, TDouble> _columns;
    private readonly CentroidBounds _bounds;
    private readonly bool[] _stays;
    private readonly NativeBuffer<float> _dots;
    private readonly int[] _visitors;
    private readonly int[] _visits;
    private readonly Visitor[] _rows;
    private int _count;

    public CentroidVisit(CentroidJob<TLanes, TFloat, TDouble> job, CentroidBounds bounds, bool[] stays)
        : base(job)
    {
        _columns = job.Columns;
        (_bounds, _stays) = (bounds, stays);
        _rows = new Visitor[Tile.Capacity];
        _visitors = new int[checked(_columns.Groups * Tile.Capacity)];
        _visits = new int[_columns.Groups];
        _dots = new NativeBuffer<float>(checked((long)Tile.Capacity * (_columns.End(0) - _columns.Start(0))));
    }

    protected override void Close()
    {
        base.Close();
        _dots.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(MatrixView view, long firstRow)
    {
        for (nint at = 0; at < view.Rows; at += Tile.Capacity)
        {
            Job.Pass.Cancel.ThrowIfCancellationRequested();
            nint end = Math.Min(at + Tile.Capacity, view.Rows);
            _count = 0;
            Array.Clear(_visits);
            for (nint r = at; r < end; r++)
            {
                if (r + RowsAhead < view.Rows && !_stays[Job.Nearest[firstRow + r + RowsAhead]]) Prefetch.Row(view.DangerousRow(r + RowsAhead), view.StrideBytes);
                Test(view, r, firstRow + r);
            }

            for (int group = 0; group < _columns.Groups; group++)
                if (_visits[group] > 0) Visit(group);
            foreach (ref readonly Visitor row in _rows.AsSpan(0, _count))
            {
                Job.Nearest[row.Number] = row.Nearest;
                Job.Distances[row.Number] = row.Best;
            }
        }
    }

    /// <summary>Lowers the row's bounds by the moves, and notes the groups that can hold a nearer centroid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Test(MatrixView view, nint at, long row)
    {
        double scale = Job.Scale(row);
        int nearest = Job.Nearest[row];
        double distance = _stays[nearest] ? Job.Distances[row] : Distance(view, at, scale, nearest);

        // s|x| is at most the distance to a centroid plus that centroid's norm.
        double reach = (1.001 * Math.Sqrt(distance)) + (2.001 * _columns.Longest);
        TFloat upper = TLanes.Broadcast(ProposalError.RoundUp(Math.Sqrt(distance + (2 * _columns.CanonicalMargin(reach)))));
        float* below = _bounds.Row(row);
        bool visits = false;
        for (int first = 0; first < _bounds.Stride; first += 16)
        {
            TFloat bounds = Lowered(TLanes.LoadF32(below + first), TLanes.LoadF32(_bounds.Moves + first));
            TLanes.Store(bounds, below + first);
            for (uint mask = TLanes.AtMost(bounds, upper); mask != 0; mask &= mask - 1)
            {
                int group = first + BitOperations.TrailingZeroCount(mask);
                if (group >= _columns.Groups) break;
                _visitors[(group * Tile.Capacity) + _visits[group]++] = _count;
                visits = true;
            }
        }

        if (!visits)
        {
            Job.Distances[row] = distance;
            return;
        }

        Tile.Load(_count, view, at);
        float squared = _bounds.Squares[row];
        _rows[_count++].Begin(row, scale, nearest, distance, _columns.Margin(Tile.Longest(squared), scale), scale * scale * Tile.ShortestSquared(squared));
    }

    /// <summary>The row's distance to its own centroid, which moved.</summary>
    private double Distance(MatrixView view, nint at, double scale, int centroid)
    {
        Looked++;
        return RowMath<TLanes, TFloat, TDouble>.SquaredDistance<TElement, Float32Element>(view.DangerousRow(at), view.Scale, scale, (byte*)_columns.Centroid(centroid), view.Dim);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Visit(int group)
    {
        int from = _columns.Start(group), to = _columns.End(group), visits = _visits[group];
        Span<int> visitors = _visitors.AsSpan(group * Tile.Capacity, visits);
        Tile.MultiplySome(visitors, from / PackedColumns.PanelColumns, (to - from) / PackedColumns.PanelColumns, _dots.Pointer);
        for (int i = 0; i < visits; i++) Decide(visitors[i], _dots.Pointer + ((nint)i * (to - from)), group, from, to);
        Looked += (long)visits * (Math.Min(to, _columns.Order.Length) - from);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Decide(int place, float* dots, int group, int from, int to)
    {
        ref Visitor row = ref _rows[place];
        float* below = _bounds.Row(row.Number);
        if (!row.IsBounded)
        {
            for (int c = from; c < Math.Min(to, _columns.Order.Length); c++) Compare(Tile.Row(place), row.Scale, _columns.Order[c], ref row.Nearest, ref row.Best);
            below[group] = 0;
            return;
        }

        TFloat by = TLanes.Broadcast(row.By), limit = TLanes.Broadcast(row.Limit), least = TLanes.Broadcast(float.PositiveInfinity);
        uint hits = 0;
        for (int c = from; c < to; c += 16)
        {
            TFloat v = Proposal(dots + (c - from), by, c);
            least = TLanes.Min(least, v);
            hits |= TLanes.AtMost(v, limit);
        }

        float lowest = hits == 0 ? TLanes.Lowest(least) : Rescore(place, ref row, dots, by, limit, from, to);
        below[group] = BoundBelow(row.Shared, lowest);
    }

    /// <summary>Decides canonically among a group's candidates.</summary>
    /// <returns>The lowest v of the group without the nearest centroid.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Rescore(int place, ref Visitor row, float* dots, TFloat by, TFloat limit, int from, int to)
    {
        for (int c = from; c < to; c += 16)
        {
            for (uint mask = Candidates(dots + (c - from), by, c, limit); mask != 0; mask &= mask - 1)
            {
                int candidate = _columns.Order[c + BitOperations.TrailingZeroCount(mask)], last = row.Nearest;
                double best = row.Best;
                if (candidate == last || !Compare(Tile.Row(place), row.Scale, candidate, ref row.Nearest, ref row.Best)) continue;

                row.Narrow();

                // The last one is one of its group again. Within this group the proposals below speak for it.
                int group = _columns.GroupOf(last);
                float* below = _bounds.Row(row.Number);
                below[group] = Math.Min(below[group], ProposalError.RoundDown(Math.Sqrt(Math.Max(0, best - row.Margin))));
            }
        }

        return LowestWithout(dots, by, from, to, _columns.ColumnOf[row.Nearest]);
    }

    /// <summary>A row of the tile. Its fields are set in place: to make one and copy it would wait for every field to reach memory.</summary>
    private struct Visitor
    {
        public long Number;
        public double Scale;

        /// <summary>m + m'.</summary>
        public double Margin;

        /// <summary>The best centroid so far and its canonical distance.</summary>
        public int Nearest;
        public double Best;

        /// <summary>-2 s.</summary>
        public float By;

        /// <summary>At most s²|x|² - m - m'.</summary>
        public float Shared;

        /// <summary>A centroid whose v is above it cannot be as good.</summary>
        public float Limit;

        private double _square;

        public readonly bool IsBounded => double.IsFinite(Margin);

        public void Begin(long number, double scale, int nearest, double best, double margin, double square)
        {
            Number = number;
            Scale = scale;
            Margin = margin;
            Nearest = nearest;
            Best = best;
            _square = square;
            By = (float)(-2 * scale);
            Shared = ProposalError.RoundDown(square - margin);
            Narrow();
        }

        /// <summary>Brings the limit down to the best distance.</summary>
        public void Narrow() => Limit = Math.Min(ProposalError.RoundUp(Best + Margin - _square), float.MaxValue);
    }
}
