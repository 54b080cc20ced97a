namespace Engine.Kernels.Cpu;

/// <summary>What all workers of one assignment share.</summary>
internal sealed unsafe class CentroidJob<TLanes, TFloat, TDouble>(
    RowSource rows, double* scales, CentroidColumns<TLanes, TFloat, TDouble> columns, int* nearest, double* distances, CentroidBounds? bounds, bool isFirst, Pass pass)
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    private long _looked;
    private long _estimated;

    /// <summary>The matrix.</summary>
    public RowSource Rows => rows;

    /// <summary>The centroids.</summary>
    public CentroidColumns<TLanes, TFloat, TDouble> Columns => columns;

    /// <summary>[rows], the nearest centroid.</summary>
    public int* Nearest => nearest;

    /// <summary>[rows], the canonical squared distance to it.</summary>
    public double* Distances => distances;

    /// <summary>What is remembered of every row, or null.</summary>
    public CentroidBounds? Bounds => bounds;

    /// <summary>Whether nothing is remembered yet.</summary>
    public bool IsFirst => isFirst;

    /// <summary>Cancellation and progress.</summary>
    public Pass Pass => pass;

    /// <summary>Row-centroid distances looked at.</summary>
    public long Looked => _looked;

    /// <summary>Rows that 8-bit estimates were enough for.</summary>
    public long Estimated => _estimated;

    /// <summary>What a row is multiplied by first.</summary>
    public double Scale(long row) => scales == null ? 1 : scales[row];

    /// <summary>Counts what a worker looked at.</summary>
    public void Count(long looked) => Interlocked.Add(ref _looked, looked);

    /// <summary>Counts the rows that a worker's estimates were enough for.</summary>
    public void CountEstimated(long rows) => Interlocked.Add(ref _estimated, rows);
}
