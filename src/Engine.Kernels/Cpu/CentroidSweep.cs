using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Assigns rows by looking at every centroid: a float32 product proposes, canonical distances decide among what the error bound leaves.</summary>
/// <remarks>
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
    private readonly NativeBuffer<float> _least;

    public CentroidSweep(CentroidJob<TLanes, TFloat, TDouble> job)
        : base(job)
    {
        // Groups beyond the last stay infinitely far.
        _least = new NativeBuffer<float>((job.Columns.Groups + 15) & ~15);
        new Span<float>(_least.Pointer, (job.Columns.Groups + 15) & ~15).Fill(float.PositiveInfinity);
    }

    protected override void Close()
    {
        base.Close();
        _least.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(MatrixView view, long firstRow)
    {
        for (nint at = 0; at < view.Rows; at += Tile.Capacity)
        {
            Job.Pass.Cancel.ThrowIfCancellationRequested();
            int count = (int)Math.Min(Tile.Capacity, view.Rows - at);
            Tile.Multiply(view, at, count);
            for (int r = 0; r < count; r++)
            {
                // A row of the next tile for each that is decided, so that nobody waits for memory.
                Prefetch.Later(view.DangerousRow(at + count + r), view.StrideBytes);
                Decide(r, firstRow + at + r);
            }
        }

        Looked += view.Rows * Job.Columns.Columns.Columns;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Decide(int r, long row)
    {
        CentroidColumns<TLanes, TFloat, TDouble> columns = Job.Columns;
        double scale = Job.Scale(row);
        (double shortest, double longest) = Tile.SquaredLengthBounds(r);
        double margin = columns.Margin(Math.Sqrt(longest), scale);
        double best = double.PositiveInfinity;
        int nearest = -1;
        if (!double.IsFinite(margin))
        {
            for (int c = 0; c < columns.Order.Length; c++) Compare(Tile.Row(r), scale, c, ref nearest, ref best);
            Job.Bounds?.Forget(row);
        }
        else
        {
            float* dots = Tile.Dots(r);
            TFloat by = TLanes.Broadcast((float)(-2 * scale));
            float least = LowestOfGroups(dots, by);
            double reach = least + (2 * margin);
            TFloat limit = Limit(reach);
            for (int group = 0; group < columns.Groups; group++)
            {
                if (!(_least.Pointer[group] <= reach)) continue;
                int c = columns.Start(group), end = columns.End(group);
                for (; c + 64 <= end; c += 64)
                    for (ulong mask = FourPanels(dots + c, by, c, limit); mask != 0; mask &= mask - 1)
                        Compare(Tile.Row(r), scale, columns.Order[c + BitOperations.TrailingZeroCount(mask)], ref nearest, ref best);
                for (; c < end; c += 16)
                    for (uint mask = Candidates(dots + c, by, c, limit); mask != 0; mask &= mask - 1)
                        Compare(Tile.Row(r), scale, columns.Order[c + BitOperations.TrailingZeroCount(mask)], ref nearest, ref best);
            }

            if (Job.Bounds is { } bounds)
            {
                int own = columns.GroupOf(nearest), from = columns.Start(own);
                _least.Pointer[own] = LowestWithout(dots + from, by, from, columns.End(own), columns.ColumnOf[nearest]);
                float shared = ProposalError.RoundDown((scale * scale * shortest) - margin);
                float* below = bounds.Row(row);
                for (int group = 0; group < bounds.Stride; group += 16) TLanes.Store(BoundsBelow(shared, TLanes.LoadF32(_least.Pointer + group)), below + group);
            }
        }

        Job.Nearest[row] = nearest;
        Job.Distances[row] = best;
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
