namespace Engine.Kernels.Algorithms;

/// <summary>Mini-batch k-means: a few rows at a time move the centroids, each to the mean of all rows that were ever assigned to it.</summary>
/// <remarks>
/// <para>Every batch is drawn without repeats, assigned to the centroids as they stand, and added to their sums; then each centroid that got rows becomes
/// sum / count over all batches so far. That is the published rule, a learning rate of 1 / count for every row, taken a batch at a time: sums are int64
/// fixed point, so the result is the same for any thread count and kernel set. A centroid that no row was nearest to stays.</para>
/// <para>Approximate: it does not look at all rows, and early rows weigh in the mean for good. Time O(batches * batch rows * k * dim). Source: Sculley 2010.</para>
/// </remarks>
/// <param name="rows">[rows x dim].</param>
/// <param name="scales">[rows], 1 / norm for spherical k-means, or empty for 1.</param>
/// <param name="kernels">Who computes.</param>
/// <param name="pass">Cancellation and progress in <c>iterations</c>.</param>
internal sealed class MiniBatches(RowSource rows, double[] scales, IKernels kernels, Pass pass)
{
    /// <summary>Moves the centroids.</summary>
    /// <param name="centroids">[k x dim], changed in place.</param>
    /// <param name="options">Batches (<see cref="KMeansOptions.MaxIterations"/>) and their rows.</param>
    /// <param name="largest">max |x| over the rows as they are added.</param>
    /// <param name="stream">Who draws.</param>
    /// <param name="restart">Which restart, from 0, for progress.</param>
    public void Move(float[] centroids, KMeansOptions options, double largest, RandomStream stream, int restart)
    {
        int dim = rows.Dim, count = Math.Min(options.BatchRows, (int)rows.Rows);
        int bits = FixedPoint.FractionBits((int)Math.Min(int.MaxValue, (long)options.MaxIterations * count), largest);
        long[] sums = new long[centroids.Length], sizes = new long[options.K];
        int[] nearest = new int[count];
        double[] squared = new double[count], mean = new double[dim];
        bool[] moved = new bool[options.K];
        Pass quiet = new(cancel: pass.Cancel);
        for (int batch = 0; batch < options.MaxIterations; batch++)
        {
            pass.Cancel.ThrowIfCancellationRequested();

            // In the order of the matrix: neighbours are read together, and integer sums have no order.
            int[] drawn = stream.Sample((int)rows.Rows, count);
            Array.Sort(drawn);
            using RowSubset some = new(rows, drawn);
            double[] by = scales.Length == 0 ? [] : Array.ConvertAll(drawn, row => scales[row]);
            kernels.AssignNearest(some, by, centroids, nearest, squared, quiet);
            kernels.AccumulateCentroids(some, by, nearest, bits, sums, quiet);
            Array.Clear(moved);
            foreach (int cluster in nearest)
            {
                sizes[cluster]++;
                moved[cluster] = true;
            }

            for (int c = 0; c < moved.Length; c++)
            {
                if (!moved[c]) continue;
                for (int i = 0; i < dim; i++) mean[i] = FixedPoint.Mean(sums[c * dim + i], sizes[c], bits);
                if (options.Spherical && !Direction.TryNormalize(mean, Direction.ShortestMean)) continue;
                for (int i = 0; i < dim; i++) centroids[c * dim + i] = (float)mean[i];
            }

            pass.Report("iterations", (long)options.MaxIterations * restart + batch + 1, (long)options.MaxIterations * options.Restarts);
        }
    }
}
