namespace Engine.Kernels.Algorithms;

/// <summary>Where the first centroids come from.</summary>
public enum KMeansInit
{
    /// <summary>The first row uniformly, each next one with probability proportional to its squared distance to the nearest taken one (Arthur and Vassilvitskii 2007).</summary>
    KMeansPlusPlus,

    /// <summary>k distinct rows, uniformly.</summary>
    Random,

    /// <summary>Rows 0 .. k - 1.</summary>
    First,

    /// <summary><see cref="KMeansOptions.Centroids"/>.</summary>
    Given,
}

/// <summary>How <see cref="KMeans.Fit"/> clusters.</summary>
public sealed record KMeansOptions
{
    private const long LeastBoundBytes = 128 << 20;

    /// <summary>Clusters, 1 .. rows.</summary>
    public required int K { get; init; }

    /// <summary>Where the first centroids come from.</summary>
    public KMeansInit Init { get; init; } = KMeansInit.KMeansPlusPlus;

    /// <summary>[k x dim], row-major, for <see cref="KMeansInit.Given"/>; otherwise null.</summary>
    public float[]? Centroids { get; init; }

    /// <summary>0: Lloyd's iteration over all rows. Above 0: mini-batches of so many rows (or all, if there are fewer), <see cref="MaxIterations"/> of them, then one assignment of all rows.</summary>
    public int BatchRows { get; init; }

    /// <summary>
    /// With mini-batches, 0 to 1: a centroid that had fewer rows than this share of what the largest had is starved and starts anew on a row of the batch;
    /// 0 leaves it where it is.
    /// </summary>
    public double ReassignmentRatio { get; init; }

    /// <summary>Most centroid updates, 0 or more; 0 only assigns rows to the first centroids.</summary>
    public int MaxIterations { get; init; } = 100;

    /// <summary>
    /// 0: update until nothing changes. Above 0: also stop after an update that lowered the inertia by at most this share of what it was,
    /// unless a cluster is empty that could still be filled.
    /// </summary>
    public double Tolerance { get; init; }

    /// <summary>Independent runs, each with its own random stream; the lowest inertia is kept, the earlier run on ties. A start that draws nothing runs once.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>Cluster by direction: rows count as unit rows and centroids are unit vectors, so that squared distance = 2 - 2cos.</summary>
    public bool Spherical { get; init; }

    /// <summary>Most memory, in bytes, for bounds that spare distances; 0 for none, null for <see cref="UsualBoundBytes"/>. Never changes the result.</summary>
    public long? BoundBytes { get; init; }

    /// <summary>Whether anything is drawn at random.</summary>
    internal bool Draws => BatchRows > 0 || Init is KMeansInit.KMeansPlusPlus or KMeansInit.Random;

    /// <summary>An eighth of the matrix, or 128 MiB where that is more.</summary>
    public static long UsualBoundBytes(RowSource rows) => Math.Max(LeastBoundBytes, checked(rows.Rows * rows.Dim * rows.Element.SizeInBytes()) / 8);
}

/// <summary>A clustering. Assignments, sizes and inertia belong to the returned centroids.</summary>
/// <param name="Centroids">[k x dim], row-major.</param>
/// <param name="Assignments">[rows], index of the nearest centroid, the lower one on ties.</param>
/// <param name="Sizes">[k], rows per cluster.</param>
/// <param name="Inertia">Sum over rows of the squared distance to the nearest centroid.</param>
/// <param name="Iterations">Centroid updates done.</param>
/// <param name="Restart">Which restart was kept, from 0.</param>
/// <param name="InertiaHistory">[Iterations + 1], inertia under the first centroids and after every update; the last is <paramref name="Inertia"/>, which is alone after mini-batches.</param>
/// <param name="Updates">Centroid updates of all restarts together.</param>
/// <param name="DistancesComputed">Row-centroid distances that assignments looked at, of all restarts together; plain Lloyd looks at rows * k in each. After a resumption, those since then.</param>
public sealed record KMeansResult(
    float[] Centroids, int[] Assignments, long[] Sizes, double Inertia, int Iterations, int Restart, double[] InertiaHistory, long Updates, long DistancesComputed);
