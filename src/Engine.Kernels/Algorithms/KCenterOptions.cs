namespace Engine.Kernels.Algorithms;

/// <summary>How far two rows are apart.</summary>
public enum KCenterMetric
{
    /// <summary>Euclidean distance.</summary>
    L2,

    /// <summary>sqrt(2 - 2cos): the Euclidean distance of the unit rows, between 0 and 2.</summary>
    Cosine,
}

/// <summary>What the traversal begins with.</summary>
public abstract record KCenterStart
{
    private KCenterStart()
    {
    }

    /// <summary>A row that is the first pick.</summary>
    /// <param name="Index">0-based row, within the restriction if there is one.</param>
    public sealed record Row(int Index = 0) : KCenterStart;

    /// <summary>The row nearest to the mean is the first pick; ties go to the lower row.</summary>
    /// <param name="Centre">[dim], what replaces the mean, or null.</param>
    public sealed record NearestToCentre(double[]? Centre = null) : KCenterStart;

    /// <summary>The mean itself is the first centre: not a row, not output, not counted.</summary>
    /// <param name="Centre">[dim], what replaces the mean, or null.</param>
    public sealed record VirtualCentre(double[]? Centre = null) : KCenterStart;

    /// <summary>Rows that are centres already: not output, not counted, never picked. They may lie outside the restriction.</summary>
    /// <param name="Preselected">0-based rows, at least one; repeats do no harm.</param>
    public sealed record Rows(int[] Preselected) : KCenterStart;

    /// <summary>A row drawn uniformly is the first pick.</summary>
    /// <param name="Stream">Who draws.</param>
    public sealed record Random(RandomStream Stream) : KCenterStart;
}

/// <summary>How <see cref="KCenterGreedy.Select"/> picks.</summary>
public sealed record KCenterOptions
{
    /// <summary>Most rows to pick, 1 .. the rows that can be picked.</summary>
    public required int Budget { get; init; }

    /// <summary>How far two rows are apart.</summary>
    public KCenterMetric Metric { get; init; }

    /// <summary>What the traversal begins with.</summary>
    public KCenterStart Start { get; init; } = new KCenterStart.Row();

    /// <summary>Picking ends as soon as the covering radius is below this distance (not squared); 0 ends it only at radius 0.</summary>
    public double StopRadius { get; init; }

    /// <summary>The rows that count, in any order, or null for all: picks, radius and mean concern only them.</summary>
    public int[]? Within { get; init; }

    /// <summary>[rows], Euclidean norms from <see cref="IKernels.Inspect"/>, to spare a pass when the metric is cosine; or null.</summary>
    public double[]? Norms { get; init; }

    /// <summary>Most centres kept before every row is brought up to date and they are dropped; 0 leaves it to memory. Never changes the result.</summary>
    internal int CentreWindow { get; init; }
}

/// <summary>Rows in the order they were picked.</summary>
/// <param name="Picks">0-based rows of the matrix.</param>
/// <param name="Radii">[picks], covering radius after each pick: the largest distance of any row to its nearest centre, not squared.</param>
/// <param name="DistancesComputed">Pairs of a row and a centre that were looked at; plain greedy looks at rows * centres. Most are decided by a float32 proposal and its error bound.</param>
/// <param name="RowsRead">How often a row was read from the matrix for them; plain greedy reads as many as it computes distances.</param>
public sealed record KCenterResult(int[] Picks, double[] Radii, long DistancesComputed, long RowsRead);
