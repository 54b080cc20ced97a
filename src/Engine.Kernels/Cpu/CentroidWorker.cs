namespace Engine.Kernels.Cpu;

/// <summary>One thread's part in an assignment: the best centroid of the row at hand, decided canonically among what the proposals leave.</summary>
internal abstract unsafe class CentroidWorker<TLanes, TFloat, TDouble, TElement>(CentroidJob<TLanes, TFloat, TDouble> job) : RowWorker(job.Rows, job.Pass)
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Rounding a few float32 operations can cost, with room.</summary>
    private const float Shrink = 1 - (1f / (1 << 21));

    private readonly RowTile<TLanes, TFloat, TDouble, TElement> _tile = new(job.Columns.Columns);

    protected CentroidJob<TLanes, TFloat, TDouble> Job => job;

    protected RowTile<TLanes, TFloat, TDouble, TElement> Tile => _tile;

    /// <summary>Row-centroid distances looked at.</summary>
    protected long Looked { get; set; }

    protected override void Close()
    {
        job.Count(Looked);
        _tile.Dispose();
    }

    /// <summary>v of sixteen columns: the squared distance less what all centroids share.</summary>
    /// <param name="dots">Dot products from the column on.</param>
    /// <param name="by">-2 s.</param>
    /// <param name="column">The first column.</param>
    protected TFloat Proposal(float* dots, TFloat by, int column) => TLanes.MultiplyAdd(by, TLanes.LoadF32(dots), TLanes.LoadF32(job.Columns.Squares + column));

    /// <summary>Takes a centroid that is canonically nearer than the best so far, or as near and lower.</summary>
    /// <returns>Whether it was taken.</returns>
    protected bool Compare(float* row, double scale, int c, ref int nearest, ref double best)
    {
        double distance = RowMath<TLanes, TFloat, TDouble>.SquaredDistance<Float32Element, Float32Element>(
            (byte*)row, 1, scale, (byte*)job.Columns.Centroid(c), job.Columns.Columns.Dim);
        if (nearest >= 0 && (distance > best || (distance == best && c > nearest))) return false;
        nearest = c;
        best = distance;
        return true;
    }

    /// <summary>The lowest v of a group without one of its columns.</summary>
    /// <param name="dots">Dot products from the group's first column on.</param>
    /// <param name="by">-2 s.</param>
    /// <param name="from">The group's first column.</param>
    /// <param name="to">The column behind its last.</param>
    /// <param name="without">The column left out.</param>
    protected float LowestWithout(float* dots, TFloat by, int from, int to, int without)
    {
        float* some = stackalloc float[16];
        TFloat least = TLanes.Broadcast(float.PositiveInfinity);
        for (int c = from; c < to; c += 16)
        {
            TFloat v = Proposal(dots + (c - from), by, c);
            if ((uint)(without - c) < 16)
            {
                TLanes.Store(v, some);
                some[without - c] = float.PositiveInfinity;
                v = TLanes.LoadF32(some);
            }

            least = TLanes.Min(least, v);
        }

        return TLanes.Lowest(least);
    }

    /// <summary>Float32 at most sqrt(shared + v) for sixteen v, where shared is at most s²|x|² less the margin.</summary>
    protected static TFloat BoundsBelow(float shared, TFloat v)
    {
        TFloat shrink = TLanes.Broadcast(Shrink);
        TFloat sum = TLanes.Max(TLanes.Add(TLanes.Broadcast(shared), v), default);
        return TLanes.MultiplyAdd(TLanes.Sqrt(TLanes.MultiplyAdd(sum, shrink, default)), shrink, default);
    }

    /// <summary>As <see cref="BoundsBelow"/>, for one v.</summary>
    protected static float BoundBelow(float shared, float v) => MathF.Sqrt(MathF.Max(shared + v, 0) * Shrink) * Shrink;

    /// <summary>Bounds of distances after centroids came nearer by so much; <paramref name="moves"/> are negative.</summary>
    protected static TFloat Lowered(TFloat bounds, TFloat moves) => TLanes.MultiplyAdd(TLanes.Add(bounds, moves), TLanes.Broadcast(Shrink), default);

    /// <summary>The columns of one panel that can be canonically nearest: bit i for column + i.</summary>
    protected uint Candidates(float* dots, TFloat by, int column, TFloat limit) => TLanes.AtMost(Proposal(dots, by, column), limit);

    /// <summary>A finite float32 at or above a limit: the padding's infinite proposals stay beyond it.</summary>
    protected static TFloat Limit(double value) => TLanes.Broadcast(Math.Min(ProposalError.RoundUp(value), float.MaxValue));
}
