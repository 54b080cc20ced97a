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
    /// <param name="resume">Where to begin and where positions go, or null.</param>
    /// <returns>[depths][rows]. A row is left out of its own neighbours by number, so a copy of it is one at distance 0.</returns>
    /// <remarks>Every pair once from either side: 2 rows² dim operations in float32 that propose, and canonical distances of what they leave. Memory follows the block, not the matrix.</remarks>
    public static double[][] Distances(RowSource rows, double[] norms, IReadOnlyList<int> depths, IKernels kernels, Pass pass, IResumePoint<NeighbourPosition>? resume = null)
    {
        int count = RowNumbers.CountOf(rows), deepest = depths.Max();
        ArgumentOutOfRangeException.ThrowIfLessThan(depths.Min(), 1, nameof(depths));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(deepest, count, nameof(depths));
        NeighbourPosition here = resume?.From ?? NeighbourPosition.Begin(count, depths.Count);
        double[][] distances = here.Distances;
        Pass quiet = new(cancel: pass.Cancel);
        try
        {
            for (int first = here.Rows; first < count; first += BlockRows)
            {
                pass.Report("rows", first, count);
                int[] block = [.. Enumerable.Range(first, Math.Min(BlockRows, count - first))];
                RankedRows[] nearest = kernels.NearestRows(rows, norms, block, deepest, quiet);
                for (int i = 0; i < block.Length; i++)
                    for (int d = 0; d < depths.Count; d++) distances[d][block[i]] = Math.Sqrt(nearest[i].Scores[depths[d] - 1]);
                here = new NeighbourPosition(first + block.Length, distances);
                if (resume is { IsDue: true }) resume.Keep(here);
            }
        }
        catch (OperationCanceledException) when (resume is not null)
        {
            resume.Keep(here);
            throw;
        }

        return distances;
    }
}

/// <summary>Where <see cref="NearestNeighbours.Distances"/> stands.</summary>
/// <param name="Rows">Rows from the first on whose distances are there.</param>
/// <param name="Distances">[depths][rows]; what stands behind those rows has no meaning.</param>
public sealed record NeighbourPosition(int Rows, double[][] Distances)
{
    /// <summary>A position with nothing begun.</summary>
    public static NeighbourPosition Begin(int rows, int depths) => new(0, [.. Enumerable.Range(0, depths).Select(_ => new double[rows])]);

    /// <summary>The position of distances that are all there.</summary>
    public static NeighbourPosition Whole(double[][] distances) => new(distances[0].Length, distances);
}
