namespace Engine.Kernels;

/// <summary>Finds the nearest centroids of one matrix's rows again and again while the centroids move: k-means' assignment.</summary>
/// <remarks>
/// It may remember from call to call what it learned about the rows, to leave out what cannot have changed. That changes the time and never the
/// result, which is that of <see cref="IKernels.AssignNearest"/>. One call at a time.
/// </remarks>
public interface INearestCentroids : IDisposable
{
    /// <summary>Row-centroid distances looked at so far; an assignment that remembers nothing looks at rows * k.</summary>
    long DistancesComputed { get; }

    /// <summary>The nearest centroid of every row, by squared Euclidean distance; ties go to the lower centroid.</summary>
    /// <param name="centroids">[k x dim], row-major float32, finite.</param>
    /// <param name="assignments">[rows]; holds what the last call gave, whatever at the first; becomes the nearest centroid's index.</param>
    /// <param name="squaredDistances">Destination, [rows], the canonical squared distance to it; holds what the last call gave.</param>
    /// <param name="pass">Cancellation and progress. After a call that was cut short the next one begins anew.</param>
    void Assign(ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass);
}
