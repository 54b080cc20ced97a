namespace Engine.Kernels.Algorithms;

/// <summary>Distances of every row to its nearest other rows, exactly.</summary>
public static class NearestNeighbours
{
    /// <summary>Rows asked about in one pass over the matrix: enough for the product tile, few enough to stay in cache.</summary>
    private const int BlockRows = 2048;

    /// <summary>Euclidean distances to the nearest other rows.</summary>
    /// <param name="rows">[rows x dim], finite.</param>
    /// <param name="norms">[rows], Euclidean norms from <see cref="IKernels.Inspect"/>.</param>
    /// <param name="depths">Which neighbours, each from 1 to rows - 1; 1 is the nearest.</param>
    /// <param name="kernels">Who searches.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <returns>[depths][rows]. A row is left out of its own neighbours by number, so a copy of it is one at distance 0.</returns>
    /// <remarks>Every pair once from either side: 2 rows² dim operations in float32 that propose, and canonical distances of what they leave. Memory follows the block, not the matrix.</remarks>
    public static double[][] Distances(RowSource rows, double[] norms, IReadOnlyList<int> depths, IKernels kernels, Pass pass)
    {
        int count = RowNumbers.CountOf(rows), deepest = depths.Max();
        ArgumentOutOfRangeException.ThrowIfLessThan(depths.Min(), 1, nameof(depths));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(deepest, count, nameof(depths));
        double[][] distances = [.. depths.Select(_ => new double[count])];
        Pass quiet = new(cancel: pass.Cancel);
        for (int first = 0; first < count; first += BlockRows)
        {
            pass.Report("rows", first, count);
            int[] block = [.. Enumerable.Range(first, Math.Min(BlockRows, count - first))];
            RankedRows[] nearest = kernels.NearestRows(rows, norms, block, deepest, quiet);
            for (int i = 0; i < block.Length; i++)
                for (int d = 0; d < depths.Count; d++) distances[d][block[i]] = Math.Sqrt(nearest[i].Scores[depths[d] - 1]);
        }

        return distances;
    }
}
