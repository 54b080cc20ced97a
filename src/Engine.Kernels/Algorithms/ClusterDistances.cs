namespace Engine.Kernels.Algorithms;

/// <summary>How far rows are from the centroid of their own cluster.</summary>
public static class ClusterDistances
{
    /// <summary>Squared Euclidean distances, canonical; of unit rows when norms are given.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">[rows], Euclidean norms for clusters of directions, or empty for distances of the rows as they are.</param>
    /// <param name="centroids">[k x dim], row-major.</param>
    /// <param name="assignments">[rows], each row's cluster: its nearest centroid.</param>
    /// <param name="kernels">Who computes.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <exception cref="ArgumentException">A row is not assigned to its nearest centroid; the message names it.</exception>
    public static double[] Squared(RowSource rows, double[] norms, float[] centroids, int[] assignments, IKernels kernels, Pass pass)
    {
        int[] nearest = new int[assignments.Length];
        double[] squared = new double[assignments.Length];
        kernels.AssignNearest(rows, norms.Length == 0 ? [] : RowNumbers.UnitScales(norms), centroids, nearest, squared, pass);
        for (int row = 0; row < nearest.Length; row++)
        {
            if (nearest[row] != assignments[row])
                throw new ArgumentException($"Row {row} is assigned to centroid {assignments[row]}, but {nearest[row]} is nearer.", nameof(assignments));
        }

        return squared;
    }
}
