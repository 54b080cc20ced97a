namespace Engine.Kernels.Algorithms;

/// <summary>Mini-batch k-means: a few rows at a time move the centroids, each to the mean of all rows that were ever assigned to it.</summary>
/// <remarks>
/// <para>Every batch is drawn without repeats, assigned to the centroids as they stand, and added to their sums; then each centroid that got rows becomes
/// sum / count over all batches so far. That is the published rule, a learning rate of 1 / count for every row, taken a batch at a time: sums are int64
/// fixed point, so the result is the same for any thread count and kernel set. A centroid that no row was nearest to stays.</para>
/// <para>With <see cref="KMeansOptions.ReassignmentRatio"/>, starved centroids are looked for whenever one has no row at all, and as often as ten rows for
/// each centroid were drawn, but not after the last batch. Each starts anew on a row of the batch, drawn without repeats, the lowest centroid first, and counts
/// as often as the smallest that are not starved. At most half as many move as the batch has rows, the smallest first.</para>
/// <para>Approximate: it does not look at all rows, and early rows weigh in the mean for good. Time O(batches * batch rows * k * dim). Source: Sculley 2010;
/// scikit-learn's MiniBatchKMeans for the starved.</para>
/// </remarks>
/// <param name="rows">[rows x dim].</param>
/// <param name="scales">[rows], 1 / norm for spherical k-means, or empty for 1.</param>
/// <param name="kernels">Who computes.</param>
/// <param name="options">Batches (<see cref="KMeansOptions.MaxIterations"/>) and their rows.</param>
/// <param name="largest">max |x| over the rows as they are added.</param>
/// <param name="pass">Cancellation and progress in <c>iterations</c>.</param>
internal sealed class MiniBatches(RowSource rows, double[] scales, IKernels kernels, KMeansOptions options, double largest, Pass pass)
{
    /// <summary>Rows drawn for each centroid before the starved are looked for again.</summary>
    private const long RowsPerCentroid = 10;

    private readonly int _count = Math.Min(options.BatchRows, (int)rows.Rows);

    // A centroid that starts anew brings at most as many rows as were drawn before.
    private readonly int _bits = FixedPoint.FractionBits(
        (int)Math.Min(int.MaxValue, (options.ReassignmentRatio > 0 ? 2L : 1) * options.MaxIterations * Math.Min(options.BatchRows, rows.Rows)), largest);

    private readonly double[] _wide = new double[rows.Dim];
    private long[] _sums = [];
    private long[] _sizes = [];
    private long _drawn;

    /// <summary>Moves the centroids.</summary>
    /// <param name="centroids">[k x dim], changed in place.</param>
    /// <param name="stream">Who draws.</param>
    /// <param name="restart">Which restart, from 0, for progress.</param>
    /// <param name="resume">Where to begin and where positions go, or null. The position's centroids are those given.</param>
    public void Move(float[] centroids, RandomStream stream, int restart, IResumePoint<MiniBatchPosition>? resume)
    {
        int batch = 0;
        (_sums, _sizes) = (new long[centroids.Length], new long[options.K]);
        if (resume?.From is { } from)
        {
            (batch, _drawn, stream.State) = (from.Batches, from.Drawn, from.Stream);
            from.Sums.CopyTo(_sums, 0);
            from.Sizes.CopyTo(_sizes, 0);
        }

        ulong[] state = stream.State;
        try
        {
            while (batch < options.MaxIterations)
            {
                if (resume is { IsDue: true }) resume.Keep(Here());
                pass.Cancel.ThrowIfCancellationRequested();
                int[] drawn = Take(centroids, stream);
                if (++batch < options.MaxIterations && options.ReassignmentRatio > 0) Reassign(centroids, drawn, stream);
                state = stream.State;
                pass.Report("iterations", ((long)options.MaxIterations * restart) + batch, (long)options.MaxIterations * options.Restarts);
            }
        }
        catch (OperationCanceledException) when (resume is not null)
        {
            resume.Keep(Here());
            throw;
        }

        MiniBatchPosition Here() => new(batch, centroids, _sums, _sizes, _drawn, state);
    }

    /// <summary>One batch, whole or not at all.</summary>
    /// <returns>Its rows.</returns>
    private int[] Take(float[] centroids, RandomStream stream)
    {
        // In the order of the matrix: neighbours are read together, and integer sums have no order.
        int[] drawn = stream.Sample((int)rows.Rows, _count), nearest = new int[_count];
        Array.Sort(drawn);
        using RowSubset some = new(rows, drawn);
        double[] by = scales.Length == 0 ? [] : Array.ConvertAll(drawn, row => scales[row]);
        kernels.AssignNearest(some, by, centroids, nearest, new double[_count], new Pass(cancel: pass.Cancel));
        kernels.AccumulateCentroids(some, by, nearest, _bits, _sums, Pass.Unwatched);
        foreach (int cluster in nearest) _sizes[cluster]++;
        foreach (int cluster in nearest.Distinct())
        {
            for (int i = 0; i < _wide.Length; i++) _wide[i] = FixedPoint.Mean(_sums[(cluster * rows.Dim) + i], _sizes[cluster], _bits);
            if (!options.Spherical || Direction.TryNormalize(_wide, Direction.ShortestMean)) Place(centroids, cluster);
        }

        _drawn += _count;
        return drawn;
    }

    private void Reassign(float[] centroids, int[] drawn, RandomStream stream)
    {
        if (!_sizes.Contains(0) && _drawn < RowsPerCentroid * options.K) return;
        _drawn = 0;
        double least = options.ReassignmentRatio * _sizes.Max();
        int[] order = [.. Enumerable.Range(0, options.K).OrderBy(c => _sizes[c]).ThenBy(c => c)];
        int starved = Math.Min(order.Count(c => _sizes[c] < least), _count / 2);
        if (starved == 0) return;
        long size = Math.Max(1, _sizes[order[starved]]);
        int[] places = stream.Sample(_count, starved);
        foreach ((int c, int place) in order[..starved].Order().Zip(places))
        {
            RowNumbers.CopyScaled(rows, scales, drawn[place], _wide);
            Place(centroids, c);
            _sizes[c] = size;
            for (int i = 0; i < _wide.Length; i++) _sums[(c * rows.Dim) + i] = size * (long)Math.Round(Math.ScaleB(_wide[i], _bits), MidpointRounding.ToEven);
        }
    }

    private void Place(float[] centroids, int cluster)
    {
        for (int i = 0; i < _wide.Length; i++) centroids[(cluster * rows.Dim) + i] = (float)_wide[i];
    }
}
