namespace Engine.Kernels.Algorithms;

/// <summary>Distances of every row to its nearest other rows, exactly.</summary>
public static class NearestNeighbours
{
    private const int TileRows = 64;

    /// <summary>Euclidean distances to the nearest other rows.</summary>
    /// <param name="rows">[rows x dim], finite.</param>
    /// <param name="depths">Which neighbours, each from 1 to rows - 1; 1 is the nearest.</param>
    /// <param name="threads">Worker threads, at least 1.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <returns>[depths][rows]. A row is left out of its own neighbours by number, so a copy of it is one at distance 0.</returns>
    /// <remarks>Every pair once from either side, in float64 and in the order of the elements: 3 rows² dim operations, and one copy of the matrix in memory.</remarks>
    /// <exception cref="OutOfMemoryException">The copy does not fit.</exception>
    public static double[][] Distances(RowSource rows, IReadOnlyList<int> depths, int threads, Pass pass)
    {
        int count = checked((int)rows.Rows), dim = rows.Dim, deepest = depths.Max();
        ArgumentOutOfRangeException.ThrowIfLessThan(depths.Min(), 1, nameof(depths));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(deepest, count, nameof(depths));
        float[][] vectors = new float[count][];
        for (int row = 0; row < count; row++) rows.CopyRow(row, vectors[row] = new float[dim]);

        double[][] distances = [.. depths.Select(_ => new double[count])];
        long done = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = pass.Cancel };
        Parallel.For(0, (count + TileRows - 1) / TileRows, options, tile =>
        {
            int first = tile * TileRows, end = Math.Min(count, first + TileRows);
            double[][] nearest = [.. Enumerable.Range(first, end - first).Select(_ => Filled(deepest))];
            for (int other = 0; other < count; other++)
            {
                if (other % 4096 == 0) pass.Cancel.ThrowIfCancellationRequested();
                for (int row = first; row < end; row++)
                    if (row != other) Insert(nearest[row - first], Squared(vectors[row], vectors[other]));
            }

            for (int row = first; row < end; row++)
                for (int d = 0; d < depths.Count; d++) distances[d][row] = Math.Sqrt(nearest[row - first][depths[d] - 1]);
            pass.Report("rows", Interlocked.Add(ref done, end - first), count);
        });
        return distances;
    }

    private static double[] Filled(int length)
    {
        double[] filled = new double[length];
        Array.Fill(filled, double.PositiveInfinity);
        return filled;
    }

    /// <summary>Keeps the lowest values in ascending order.</summary>
    private static void Insert(double[] lowest, double value)
    {
        if (value >= lowest[^1]) return;
        int at = lowest.Length - 1;
        for (; at > 0 && lowest[at - 1] > value; at--) lowest[at] = lowest[at - 1];
        lowest[at] = value;
    }

    /// <summary>Four sums, whose additions do not wait for each other; their order is fixed.</summary>
    private static double Squared(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        y = y[..x.Length];
        double a = 0, b = 0, c = 0, d = 0;
        int i = 0;
        for (; i + 4 <= x.Length; i += 4)
        {
            double p = (double)x[i] - y[i], q = (double)x[i + 1] - y[i + 1], r = (double)x[i + 2] - y[i + 2], s = (double)x[i + 3] - y[i + 3];
            a += p * p;
            b += q * q;
            c += r * r;
            d += s * s;
        }

        for (; i < x.Length; i++)
        {
            double p = (double)x[i] - y[i];
            a += p * p;
        }

        return a + b + (c + d);
    }
}
