namespace Engine.Kernels.Algorithms;

/// <summary>k-means clustering by Lloyd's iteration, plain or spherical.</summary>
/// <remarks>
/// <para>Each iteration updates the centroids to the means of their rows and assigns every row to its nearest centroid. It stops when an update
/// changed no assignment, at <see cref="KMeansOptions.MaxIterations"/>, or by <see cref="KMeansOptions.Tolerance"/>.</para>
/// <para>Empty clusters: before an update, cluster by cluster from the lowest, an empty one is put on the row farthest from its own centroid
/// (ties: the lower row; a copy of a row already taken in this update is passed over). The row still counts in the mean of the cluster it was
/// assigned to; the next assignment moves it. Only rows at a distance above 0 are taken, so with fewer distinct rows than clusters the surplus
/// clusters keep their centroid and stay empty. A cluster can otherwise be empty at the end only when the iterations ran out.</para>
/// <para>Means are int64 fixed-point sums divided in float64 and rounded once to float32; inertia is summed in float64 over fixed blocks
/// of 4096 rows. So the result is the same for any thread count, block size and kernel set. The inertia never rises from one iteration to the next,
/// beyond what rounding a centroid to float32 costs.</para>
/// <para>Time at most O(iterations * rows * k * dim), first centroids included: what a row's bounds rule out is not computed again, without any effect on
/// the result (Hamerly 2010; Ding et al. 2015). Memory 16 bytes per row, 12 per centroid element and <see cref="KMeansOptions.BoundBytes"/> beyond the matrix. Source: Lloyd 1982;
/// Dhillon and Modha 2001 for the spherical form.</para>
/// </remarks>
public static class KMeans
{
    /// <summary>Rows in one block of every float64 sum over rows.</summary>
    internal const int SumBlock = 4096;

    /// <summary>Clusters the rows of a matrix.</summary>
    /// <param name="rows">[rows x dim], finite; without a zero row when spherical.</param>
    /// <param name="options">How.</param>
    /// <param name="kernels">Who computes.</param>
    /// <param name="restartStream">The random stream of each restart, counted from 0; asked once per restart, and only where something is drawn.</param>
    /// <param name="pass">Cancellation and progress in <c>iterations</c>.</param>
    /// <param name="resume">Where to begin and where positions go, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is below 1 or over the rows, or another option is out of range.</exception>
    /// <exception cref="ArgumentException">A row is not finite, a row is zero and the clustering spherical, or given centroids have the wrong shape.</exception>
    public static KMeansResult Fit(RowSource rows, KMeansOptions options, IKernels kernels, Func<int, RandomStream> restartStream, Pass pass, IResumePoint<KMeansPosition>? resume = null)
    {
        int count = RowNumbers.CountOf(rows);
        Check(options, count, rows.Dim);

        Pass quiet = new(cancel: pass.Cancel);
        double[] norms = options.Spherical ? new double[count] : [];
        RowFacts facts = kernels.Inspect(rows, norms, quiet);
        if (facts.FirstNonFiniteRow >= 0) throw new ArgumentException($"Row {facts.FirstNonFiniteRow} holds a value that is not finite.", nameof(rows));
        double[] scales = options.Spherical ? RowNumbers.UnitScales(norms) : [];
        double largest = options.Spherical ? 1 : facts.LargestMagnitude;
        int fractionBits = FixedPoint.FractionBits(count, largest);

        bool draws = options.Draws;
        int restarts = draws ? options.Restarts : 1;
        KMeansPosition? from = resume?.From;
        KMeansTrace? best = from?.Best;
        long updates = from?.Updates ?? 0, distances = 0, boundBytes = options.BoundBytes ?? KMeansOptions.UsualBoundBytes(rows);
        KMeansResult? result = null;
        for (int restart = from?.Restart ?? 0; restart < restarts; restart++, from = null)
        {
            KMeansWaypoint? waypoint = resume is null ? null : new KMeansWaypoint(resume, restart, updates, best, from);
            RandomStream? stream = draws ? restartStream(restart) : null;
            KMeansTrace? start = from?.Current;
            if (start is null)
            {
                start = new KMeansTrace(restart, from?.Batches?.Centroids ?? new KMeansSeeding(rows, scales, kernels, quiet).Seed(options, stream, waypoint), []);
                if (options.BatchRows > 0) new MiniBatches(rows, scales, kernels, options, largest, pass).Move(start.Centroids, stream!, restart, waypoint);
            }

            using LloydIteration lloyd = new(rows, scales, kernels, quiet, start.Centroids, options.Spherical, fractionBits, boundBytes);
            KMeansTrace end = Run(lloyd, options.BatchRows > 0 ? options with { MaxIterations = 0 } : options, start, restarts, pass, waypoint);
            updates += options.BatchRows > 0 ? options.MaxIterations : end.InertiaHistory.Length - 1;
            distances += lloyd.DistancesComputed;
            if (best is null || end.InertiaHistory[^1] < best.InertiaHistory[^1]) (best, result) = (end, Result(end, lloyd));
        }

        if (result is null)
        {
            // The best restart ended before the position was kept: its assignments follow from its centroids.
            using LloydIteration lloyd = new(rows, scales, kernels, quiet, best!.Centroids, options.Spherical, fractionBits, boundBytes: 0);
            lloyd.Assign(out _);
            result = Result(best, lloyd);
            distances += lloyd.DistancesComputed;
        }

        if (options.BatchRows > 0) result = result with { Iterations = options.MaxIterations };
        return result with { Updates = updates, DistancesComputed = distances };
    }

    /// <summary>Adds in float64, within fixed blocks and then over the blocks, both in order.</summary>
    internal static double SumInBlocks(ReadOnlySpan<double> values)
    {
        double total = 0;
        while (!values.IsEmpty)
        {
            int length = Math.Min(values.Length, SumBlock);
            double block = 0;
            foreach (double value in values[..length]) block += value;
            total += block;
            values = values[length..];
        }

        return total;
    }

    private static KMeansResult Result(KMeansTrace trace, LloydIteration lloyd) =>
        new(lloyd.Centroids, lloyd.Assignments, lloyd.Sizes, trace.InertiaHistory[^1], trace.InertiaHistory.Length - 1, trace.Restart, trace.InertiaHistory, 0, 0);

    private static KMeansTrace Run(LloydIteration lloyd, KMeansOptions options, KMeansTrace start, int restarts, Pass pass, KMeansWaypoint? waypoint)
    {
        long total = (long)options.MaxIterations * restarts;
        List<double> history = [.. start.InertiaHistory];

        // An update changes the centroids in place, so what an interrupted one began from is set aside.
        float[] centroids = waypoint is null ? lloyd.Centroids : [.. lloyd.Centroids];
        try
        {
            double first = lloyd.Assign(out _);
            if (history.Count == 0) history.Add(first);
            while (history.Count <= options.MaxIterations)
            {
                if (waypoint is { IsDue: true }) waypoint.Keep(Here());
                pass.Cancel.ThrowIfCancellationRequested();
                bool reseeded = lloyd.Update();
                double before = history[^1];
                double inertia = lloyd.Assign(out bool changed);
                history.Add(inertia);
                if (waypoint is not null) lloyd.Centroids.CopyTo(centroids, 0);
                pass.Report("iterations", (long)options.MaxIterations * start.Restart + history.Count - 1, total);
                if (!changed && !reseeded) break;
                if (options.Tolerance > 0 && before - inertia <= options.Tolerance * before && !lloyd.CanReseed()) break;
            }
        }
        catch (OperationCanceledException) when (waypoint is not null)
        {
            waypoint.Keep(Here());
            throw;
        }

        return Here() with { Centroids = lloyd.Centroids };

        KMeansTrace Here() => new(start.Restart, centroids, [.. history]);
    }

    private static void Check(KMeansOptions options, int rows, int dim)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.K, 1);
        if (options.K > rows)
            throw new ArgumentOutOfRangeException(nameof(options), options.K, $"k is {options.K}, but the matrix has only {rows} rows.");
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxIterations);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Restarts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.BatchRows);
        if (!(options.ReassignmentRatio is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.ReassignmentRatio, "The reassignment ratio must be a share, 0 to 1.");
        if (options.ReassignmentRatio > 0 && options.BatchRows == 0)
            throw new ArgumentException("Only mini-batches leave centroids starved; a reassignment ratio without them means nothing.", nameof(options));
        if (options.BatchRows > 0 && options.Tolerance > 0)
            throw new ArgumentException("Mini-batches know no inertia on their way, so no tolerance can end them.", nameof(options));
        if (!(options.Tolerance >= 0 && double.IsFinite(options.Tolerance)))
            throw new ArgumentOutOfRangeException(nameof(options), options.Tolerance, "The tolerance must be 0 or a positive share.");
        if ((long)options.K * dim > Array.MaxLength)
            throw new ArgumentOutOfRangeException(nameof(options), options.K, $"{options.K} centroids of {dim} elements do not fit one array of {Array.MaxLength}.");

        if (options.Init != KMeansInit.Given) return;
        float[] given = options.Centroids ?? throw new ArgumentException("Given centroids are missing.", nameof(options));
        if (given.Length != options.K * dim)
            throw new ArgumentException($"The given centroids have {given.Length} values; {options.K} centroids of {dim} elements have {options.K * dim}.", nameof(options));
        for (int i = 0; i < given.Length; i++)
            if (!float.IsFinite(given[i])) throw new ArgumentException($"Given centroid {i / dim} holds a value that is not finite.", nameof(options));
    }
}
