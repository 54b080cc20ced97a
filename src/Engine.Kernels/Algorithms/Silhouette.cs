using System.Runtime.Intrinsics;

namespace Engine.Kernels.Algorithms;

/// <summary>How well rows lie in their clusters: s = (b - a) / max(a, b), from -1 to 1, with a the distance to the row's own cluster and b that to the nearest other one.</summary>
/// <remarks>
/// Distances are Euclidean, of unit rows when scales are given. A row that is alone in its cluster has s = 0, and so has every row where there is one cluster. Sums are float64 in the
/// order of the rows, so the result is the same for any number of threads. Source: Rousseeuw 1987; Vendramin et al. 2010 for the simplified form.
/// </remarks>
public static class Silhouette
{
    private const int TileRows = 64;

    /// <summary>The silhouettes of some rows under several clusterings at once: every distance is computed once.</summary>
    /// <param name="rows">[rows x dim], finite.</param>
    /// <param name="scales">[rows], 1 / norm for a spherical clustering, or empty for 1.</param>
    /// <param name="assignments">[clusterings][rows], the cluster of each row.</param>
    /// <param name="clusters">[clusterings], how many clusters each has.</param>
    /// <param name="threads">Worker threads, at least 1.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <returns>[clusterings][rows]; a is the mean distance to the other rows of the cluster, b the lowest mean distance to the rows of another.</returns>
    /// <remarks>3 rows² dim operations; memory is a float64 copy of the rows.</remarks>
    public static double[][] Exact(RowSource rows, ReadOnlySpan<double> scales, IReadOnlyList<int[]> assignments, IReadOnlyList<int> clusters, int threads, Pass pass)
    {
        double[][] vectors = Copy(rows, scales);
        int[][] sizes = [.. assignments.Select((of, c) => SizesOf(of, clusters[c]))];
        double[][] result = [.. assignments.Select(_ => new double[vectors.Length])];
        long done = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = pass.Cancel };
        Parallel.For(0, (vectors.Length + TileRows - 1) / TileRows, options, tile =>
        {
            double[][] sums = [.. clusters.Select(k => new double[k])];
            int end = Math.Min(vectors.Length, (tile + 1) * TileRows);
            for (int row = tile * TileRows; row < end; row++)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                foreach (double[] sum in sums) Array.Clear(sum);
                for (int other = 0; other < vectors.Length; other++)
                {
                    double distance = Math.Sqrt(Squared(vectors[row], vectors[other]));
                    for (int c = 0; c < sums.Length; c++) sums[c][assignments[c][other]] += distance;
                }

                for (int c = 0; c < sums.Length; c++) result[c][row] = Of(sums[c], sizes[c], assignments[c][row]);
            }

            pass.Report("rows", Interlocked.Add(ref done, end - tile * TileRows), vectors.Length);
        });
        return result;
    }

    /// <summary>The simplified silhouettes of some rows: a is the distance to the own centroid, b that to the nearest other one.</summary>
    /// <param name="rows">[rows x dim], finite.</param>
    /// <param name="scales">[rows], 1 / norm for a spherical clustering, or empty for 1.</param>
    /// <param name="assignments">[rows], the cluster of each row.</param>
    /// <param name="centroids">[k x dim].</param>
    /// <param name="sizes">[k], rows of each cluster in the whole clustering; empty ones do not count.</param>
    /// <param name="threads">Worker threads, at least 1.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <returns>[rows].</returns>
    /// <remarks>3 rows k dim operations.</remarks>
    public static double[] Simplified(RowSource rows, ReadOnlySpan<double> scales, int[] assignments, float[] centroids, long[] sizes, int threads, Pass pass)
    {
        double[][] vectors = Copy(rows, scales);
        int dim = rows.Dim;
        double[][] centres = [.. sizes.Select((_, c) => Array.ConvertAll(centroids[(c * dim)..((c + 1) * dim)], x => (double)x))];
        double[] result = new double[vectors.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = pass.Cancel };
        Parallel.For(0, vectors.Length, options, row =>
        {
            int own = assignments[row];
            double a = Math.Sqrt(Squared(vectors[row], centres[own])), b = double.PositiveInfinity;
            for (int c = 0; c < centres.Length; c++)
                if (c != own && sizes[c] > 0) b = Math.Min(b, Math.Sqrt(Squared(vectors[row], centres[c])));
            result[row] = sizes[own] == 1 || double.IsInfinity(b) ? 0 : Ratio(a, b);
        });
        pass.Report("rows", vectors.Length, vectors.Length);
        return result;
    }

    private static double Of(double[] sums, int[] sizes, int own)
    {
        if (sizes[own] == 1) return 0;
        double b = double.PositiveInfinity;
        for (int c = 0; c < sums.Length; c++)
            if (c != own && sizes[c] > 0) b = Math.Min(b, sums[c] / sizes[c]);
        return double.IsInfinity(b) ? 0 : Ratio(sums[own] / (sizes[own] - 1), b);
    }

    private static double Ratio(double a, double b) => a == b ? 0 : (b - a) / Math.Max(a, b);

    private static int[] SizesOf(int[] assignments, int clusters)
    {
        int[] sizes = new int[clusters];
        foreach (int cluster in assignments) sizes[cluster]++;
        return sizes;
    }

    private static double[][] Copy(RowSource rows, ReadOnlySpan<double> scales)
    {
        double[][] vectors = new double[RowNumbers.CountOf(rows)][];
        for (int row = 0; row < vectors.Length; row++) RowNumbers.CopyScaled(rows, scales, row, vectors[row] = new double[rows.Dim]);
        return vectors;
    }

    /// <summary>Eight sums in a fixed order, whatever vectors the machine has.</summary>
    private static double Squared(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        y = y[..x.Length];
        Vector256<double> low = default, high = default;
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            Vector256<double> p = Vector256.Create(x[i..]) - Vector256.Create(y[i..]), q = Vector256.Create(x[(i + 4)..]) - Vector256.Create(y[(i + 4)..]);
            low += p * p;
            high += q * q;
        }

        Vector256<double> both = low + high;
        double sum = both[0] + both[1] + (both[2] + both[3]);
        for (; i < x.Length; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
        return sum;
    }
}
