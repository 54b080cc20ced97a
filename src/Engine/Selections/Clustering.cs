using Engine.Data;

namespace Engine.Selections;

/// <summary>A k-means clustering: centroids, and every row's nearest one.</summary>
public sealed class Clustering : Value
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Clustering;

    /// <inheritdoc/>
    public override long Rows => Assignments.Length;

    /// <summary>The vectors that were clustered.</summary>
    public required Embeddings Of { get; init; }

    /// <summary>True when rows were clustered by direction: distances are those of unit rows to unit centroids.</summary>
    public bool Spherical { get; init; }

    /// <summary>[k x dim], row-major.</summary>
    public required float[] Centroids { get; init; }

    /// <summary>[rows], index of the nearest centroid.</summary>
    public required int[] Assignments { get; init; }

    /// <summary>[k], rows per cluster.</summary>
    public required long[] Sizes { get; init; }

    /// <summary>Sum of squared distances to the nearest centroid.</summary>
    public required double Inertia { get; init; }

    /// <summary>Centroid updates done in the restart that was kept.</summary>
    public required int Iterations { get; init; }

    /// <summary>The clusterings it was chosen from, by k, this one among them; null when its k was given.</summary>
    public IReadOnlyList<KSilhouette>? Silhouettes { get; init; }
}
