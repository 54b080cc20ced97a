using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Assigns rows by looking at every centroid: 8-bit estimates or a float32 product propose, canonical distances decide among what the error bound leaves.</summary>
/// <remarks>
/// Estimates take less than half of the product's time, and are tried as long as they leave few enough centroids; a row with too many goes on to the float32 product.
/// For the canonically nearest centroid a and any other b: v(a) &lt;= d(a) + m + m' &lt;= d(b) + m + m' &lt;= v(b) + 2 (m + m') (the common
/// term left out), so every canonical minimum, ties included, is among the centroids with v &lt;= min v + 2 (m + m').
/// Every group leaves the row a lower bound of the distances to its centroids, without the nearest.
/// </remarks>
internal sealed unsafe class CentroidSweep<TLanes, TFloat, TDouble, TElement> : CentroidWorker<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>A canonical distance of a row to one centroid costs about as much as the float32 products with so many.</summary>
    private const double CanonicalCost = 12;

    private readonly NativeBuffer<float> _least;
    private readonly RowEstimates<TLanes, TFloat, TDouble>? _estimates;
    private readonly EstimatePayoff? _payoff;
    private readonly int[] _candidates;
    private readonly int[] _repeated;
    private readonly float[] _squares;
    private readonly double[] _lengths;
    private long _decided;
    private long _estimated;

    public CentroidSweep(CentroidJob<TLanes, TFloat, TDouble> job)
        : base(job)
    {
        // Groups beyond the last stay infinitely far.
        _least = new NativeBuffer<float>((job.Columns.Groups + 15) & ~15);
        new Span<float>(_least.Pointer, (job.Columns.Groups + 15) & ~15).Fill(float.PositiveInfinity);
        PackedColumns columns = job.Columns.Columns;
        _candidates = new int[columns.Width];
        _repeated = new int[Tile.Capacity];
        _squares = new float[Tile.Capacity];
        _lengths = new double[Tile.Capacity];
        if (job.Columns.Bytes is not { } bytes) return;
        _estimates = new RowEstimates<TLanes, TFloat, TDouble>(bytes.Centre, Tile.Capacity);
        _payoff = new EstimatePayoff(columns.Columns, CanonicalCost);
    }

    protected override void Close()
    {
        base.Close();
        Job.CountEstimated(_estimated);
        _estimates?.Dispose();
        _least.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(MatrixView view, long firstRow)
    {
        for (nint at = 0; at < view.Rows; at += Tile.Capacity)
        {
            Job.Pass.Cancel.ThrowIfCancellationRequested();
            int count = (int)Math.Min(Tile.Capacity, view.Rows - at);
            for (int r = 0; r < count; r++)
            {
                Tile.Load(r, view, at + r);
                _squares[r] = SquaredLength(r, firstRow + at + r);
            }

            byte* next = view.DangerousRow(at + count);
            if (_payoff is { IsDue: true }) Estimate(firstRow + at, count, next, view.StrideBytes);
            else Multiply(firstRow + at, count, next, view.StrideBytes);
        }

        Looked += view.Rows * Job.Columns.Columns.Columns;
    }

    /// <summary>Decides a tile of loaded rows by the float32 product.</summary>
    /// <param name="firstRow">The first row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="next">Where the row behind them is: one is asked for with each that is decided, so that nobody waits for memory.</param>
    /// <param name="stride">From one row to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(long firstRow, int count, byte* next, nint stride)
    {
        long before = _decided;
        Tile.Multiply(count);
        for (int r = 0; r < count; r++, next += stride)
        {
            Prefetch.Later(next, stride);
            DecideByProducts(r, firstRow + r, Tile.Dots(r));
        }

        _payoff?.Multiplied(count, _decided - before);
    }

    /// <summary>Decides a tile of loaded rows by 8-bit estimates, and by the float32 product where these leave too many centroids.</summary>
    /// <inheritdoc cref="Multiply"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Estimate(long firstRow, int count, byte* next, nint stride)
    {
        long before = _decided;
        int repeated = 0;
        for (int r = 0; r < count; r++) _lengths[r] = LengthOf(r);
        _estimates!.Set(0, Tile.Row(0), Tile.Stride, _lengths.AsSpan(0, count));
        _estimates.Multiply(count, Job.Columns.Bytes!, Tile.Dots(0));
        for (int r = 0; r < count; r++, next += stride)
        {
            Prefetch.Later(next, stride);
            if (!DecideByEstimates(r, firstRow + r)) _repeated[repeated++] = r;
        }

        // Nobody looks at the estimates again, so the products take their place.
        if (repeated > 0) Tile.MultiplySome(_repeated.AsSpan(0, repeated), 0, Job.Columns.Columns.Panels, Tile.Dots(0));
        for (int i = 0; i < repeated; i++) DecideByProducts(_repeated[i], firstRow + _repeated[i], Tile.Dots(i));
        _payoff!.Estimated(count, _decided - before, repeated);
        _estimated += count - repeated;
    }

    /// <summary>The first assignment measures rows; where bounds are kept, the others remember.</summary>
    private float SquaredLength(int place, long row)
    {
        if (Job.Bounds is not { } bounds) return Tile.SquaredLength(place);
        return Job.IsFirst ? bounds.Squares[row] = Tile.SquaredLength(place) : bounds.Squares[row];
    }

    private double LengthOf(int place) => Tile.Longest(_squares[place]);

    /// <returns>False, and nothing is decided, when the float32 product is needed first.</returns>
    private bool DecideByEstimates(int place, long row)
    {
        CentroidColumns<TLanes, TFloat, TDouble> columns = Job.Columns;
        double scale = Job.Scale(row), error = _estimates!.Error(place, Job.Columns.Bytes!);
        double margin = columns.Margin(_lengths[place], scale, error);
        return double.IsFinite(margin) && Decide(place, row, Tile.Dots(place), -2 * scale * columns.Longest, margin, _payoff!.Few);
    }

    private void DecideByProducts(int place, long row, float* dots)
    {
        double scale = Job.Scale(row), margin = Job.Columns.Margin(LengthOf(place), scale);
        if (double.IsFinite(margin))
        {
            Decide(place, row, dots, -2 * scale, margin, int.MaxValue);
            return;
        }

        int nearest = -1;
        double best = double.PositiveInfinity;
        for (int c = 0; c < Job.Columns.Order.Length; c++) Compare(Tile.Row(place), scale, c, ref nearest, ref best);
        _decided += Job.Columns.Order.Length;
        Job.Bounds?.Forget(row);
        Job.Nearest[row] = nearest;
        Job.Distances[row] = best;
    }

    /// <summary>Decides a row's centroid.</summary>
    /// <param name="place">Its place in the tile.</param>
    /// <param name="row">The row.</param>
    /// <param name="dots">What stands for its dot products.</param>
    /// <param name="factor">What v adds of them to |c|².</param>
    /// <param name="margin">m + m'.</param>
    /// <param name="few">Centroids that may be left.</param>
    /// <returns>False, and nothing is decided, when more are left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Decide(int place, long row, float* dots, double factor, double margin, int few)
    {
        CentroidColumns<TLanes, TFloat, TDouble> columns = Job.Columns;
        double scale = Job.Scale(row);
        TFloat by = TLanes.Broadcast((float)factor);
        double reach = LowestOfGroups(dots, by) + (2 * margin);
        int left = Nominate(dots, by, reach);
        if (left > few) return false;

        double best = double.PositiveInfinity;
        int nearest = -1;
        float* x = Tile.Row(place);
        for (int i = 0; i < left; i++) Compare(x, scale, columns.Order[_candidates[i]], ref nearest, ref best);
        _decided += left;
        if (Job.Bounds is { } bounds)
        {
            int own = columns.GroupOf(nearest), from = columns.Start(own);
            _least.Pointer[own] = LowestWithout(dots + from, by, from, columns.End(own), columns.ColumnOf[nearest]);
            float shared = ProposalError.RoundDown((scale * scale * Tile.ShortestSquared(_squares[place])) - margin);
            float* below = bounds.Row(row);
            for (int group = 0; group < bounds.Stride; group += 16) TLanes.Store(BoundsBelow(shared, TLanes.LoadF32(_least.Pointer + group)), below + group);
        }

        Job.Nearest[row] = nearest;
        Job.Distances[row] = best;
        return true;
    }

    /// <summary>Lists the columns that can be canonically nearest.</summary>
    /// <returns>How many there are.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Nominate(float* dots, TFloat by, double reach)
    {
        CentroidColumns<TLanes, TFloat, TDouble> columns = Job.Columns;
        TFloat limit = Limit(reach);
        int count = 0;
        for (int first = 0; first < columns.Groups; first += 16)
        {
            for (uint near = TLanes.AtMost(TLanes.LoadF32(_least.Pointer + first), limit); near != 0; near &= near - 1)
            {
                int group = first + BitOperations.TrailingZeroCount(near), c = columns.Start(group), end = columns.End(group);
                for (; c + 64 <= end; c += 64)
                    for (ulong mask = FourPanels(dots + c, by, c, limit); mask != 0; mask &= mask - 1) _candidates[count++] = c + BitOperations.TrailingZeroCount(mask);
                for (; c < end; c += 16)
                    for (uint mask = Candidates(dots + c, by, c, limit); mask != 0; mask &= mask - 1) _candidates[count++] = c + BitOperations.TrailingZeroCount(mask);
            }
        }

        return count;
    }

    /// <summary>The candidates of four panels. Few panels have one, and a jump that goes either way costs as much as a panel.</summary>
    private ulong FourPanels(float* dots, TFloat by, int column, TFloat limit) =>
        Candidates(dots, by, column, limit) | ((ulong)Candidates(dots + 16, by, column + 16, limit) << 16)
        | ((ulong)Candidates(dots + 32, by, column + 32, limit) << 32) | ((ulong)Candidates(dots + 48, by, column + 48, limit) << 48);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float LowestOfGroups(float* dots, TFloat by)
    {
        CentroidColumns<TLanes, TFloat, TDouble> columns = Job.Columns;
        float lowest = float.PositiveInfinity;
        for (int group = 0; group < columns.Groups; group++)
        {
            int c = columns.Start(group), end = columns.End(group);
            TFloat lanes = Proposal(dots + c, by, c);
            for (c += 16; c < end; c += 16) lanes = TLanes.Min(lanes, Proposal(dots + c, by, c));
            float least = TLanes.Lowest(lanes);
            _least.Pointer[group] = least;
            lowest = Math.Min(lowest, least);
        }

        return lowest;
    }
}
