namespace Engine.Kernels.Algorithms;

/// <summary>k-center by greedy farthest-first traversal: each pick is the row farthest from all centres so far, ties to the lower row.</summary>
/// <remarks>
/// <para>The picks are those of plain greedy in float64, found with a fraction of its distances (<see cref="CoverageBounds"/>). The covering
/// radius is at most twice the best possible for the same number of centres. Source: Gonzalez 1985; Sener and Savarese 2018.</para>
/// <para>It ends early when the radius is 0 (every row left is a copy of a centre) or below <see cref="KCenterOptions.StopRadius"/>, also
/// when the start's centres alone achieve that. With cosine, squared distances below 1e-28 count as 0: parallel rows differ by the rounding of
/// their norms alone.</para>
/// <para>The mean is a float64 mean of fixed-point sums; with cosine it is the normalised mean of the unit rows. So results are the same
/// for any thread count, block size and kernel set.</para>
/// </remarks>
public static class KCenterGreedy
{
    /// <summary>Squared cosine distances below this are the rounding of parallel rows.</summary>
    internal const double ParallelSquared = 1e-28;

    /// <summary>Picks rows that cover the others.</summary>
    /// <param name="rows">[rows x dim], finite; without a zero row when the metric is cosine.</param>
    /// <param name="options">How many, from where, how far.</param>
    /// <param name="kernels">Who computes distances.</param>
    /// <param name="pass">Cancellation and progress in <c>picks</c>.</param>
    /// <param name="resume">Where to begin and where positions go, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget is below 1 or over the rows that can be picked, a row number is outside the matrix, or the stop radius is negative.</exception>
    /// <exception cref="ArgumentException">
    /// The start row is outside the restriction, the restriction or the preselection is empty, a shape disagrees, a row is zero or the mean has
    /// no direction and the metric is cosine.
    /// </exception>
    public static KCenterResult Select(RowSource rows, KCenterOptions options, IKernels kernels, Pass pass, IResumePoint<KCenterPosition>? resume = null)
    {
        int count = RowNumbers.CountOf(rows);
        int[]? within = Restriction(options.Within, count);
        int candidates = within?.Length ?? count;
        Check(options, candidates, count);

        Pass quiet = new(cancel: pass.Cancel);
        bool cosine = options.Metric == KCenterMetric.Cosine;
        double[] scales = cosine ? Scales(rows, options.Norms, count, kernels, quiet) : [];
        KCenterPosition? from = resume?.From;
        if (from is not null) options = options with { CentreWindow = from.Window };
        using CoverageBounds bounds = new(rows, scales, within, kernels, quiet, cosine ? ParallelSquared : 0, options);

        List<int> picks = [];
        List<double> radii = [];
        if (from is null) Begin(bounds, picks, rows, scales, within, options, kernels, quiet);
        else Recall(bounds, picks, radii, from, rows, scales, within, options, kernels, quiet);
        try
        {
            while (true)
            {
                if (resume is { IsDue: true } && bounds.HasBegun) resume.Keep(bounds.Position([.. picks], [.. radii]));
                pass.Cancel.ThrowIfCancellationRequested();
                FarthestFirstHeap.Entry farthest = bounds.Farthest();
                double radius = Math.Sqrt(farthest.Squared);
                if (radii.Count < picks.Count)
                {
                    radii.Add(radius);
                    pass.Report("picks", picks.Count, options.Budget);
                }

                if (radius == 0 || radius < options.StopRadius || picks.Count == options.Budget) break;
                bounds.AddRow(farthest.Row);
                picks.Add(farthest.Row);
            }
        }
        catch (OperationCanceledException) when (resume is not null && bounds.HasBegun)
        {
            resume.Keep(bounds.Position([.. picks], [.. radii]));
            throw;
        }

        return new KCenterResult([.. picks], [.. radii], bounds.DistancesComputed, bounds.RowsRead);
    }

    /// <summary>Adds the centres again that a position knows, and takes its bounds over.</summary>
    private static void Recall(
        CoverageBounds bounds, List<int> picks, List<double> radii, KCenterPosition from, RowSource rows, double[] scales, int[]? within, KCenterOptions options, IKernels kernels, Pass pass)
    {
        bounds.Recall();
        if (options.Start is KCenterStart.Rows or KCenterStart.VirtualCentre) Begin(bounds, [], rows, scales, within, options, kernels, pass);
        foreach (int row in from.Picks) bounds.AddRow(row);
        picks.AddRange(from.Picks);
        radii.AddRange(from.Radii);
        bounds.Restore(from);
    }

    /// <summary>Adds the centres that are no picks, and the first pick unless the traversal finds it.</summary>
    private static void Begin(
        CoverageBounds bounds, List<int> picks, RowSource rows, double[] scales, int[]? within, KCenterOptions options, IKernels kernels, Pass pass)
    {
        switch (options.Start)
        {
            case KCenterStart.Row row:
                Pick(row.Index);
                break;
            case KCenterStart.Random random:
                int place = (int)random.Stream.NextBelow(within?.Length ?? rows.Rows);
                Pick(within?[place] ?? place);
                break;
            case KCenterStart.Rows preselected:
                foreach (int row in preselected.Preselected) bounds.AddRow(row);
                break;
            case KCenterStart.VirtualCentre start:
                bounds.AddPoint(RowMean.CentreOf(start.Centre, rows, scales, within, kernels, pass));
                break;
            case KCenterStart.NearestToCentre start:
                Pick(RowMean.Nearest(RowMean.CentreOf(start.Centre, rows, scales, within, kernels, pass), rows, scales, within, kernels, pass));
                break;
            default:
                throw new ArgumentException("The start is none of the known ones.", nameof(options));
        }

        void Pick(int row)
        {
            bounds.AddRow(row);
            picks.Add(row);
        }
    }

    private static int[]? Restriction(int[]? within, int count)
    {
        if (within is null) return null;
        if (within.Length == 0) throw new ArgumentException("The restriction holds no row.", nameof(within));
        int[] sorted = [.. within.Order().Distinct()];
        if (sorted[0] < 0 || sorted[^1] >= count)
            throw new ArgumentOutOfRangeException(nameof(within), sorted[0] < 0 ? sorted[0] : sorted[^1], $"The restriction names a row outside the {count} rows of the matrix.");
        return sorted;
    }

    private static void Check(KCenterOptions options, int candidates, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Budget, 1);
        if (options.Budget > candidates)
            throw new ArgumentOutOfRangeException(nameof(options), options.Budget, $"The budget is {options.Budget} rows, but only {candidates} can be picked.");
        if (!(options.StopRadius >= 0)) throw new ArgumentOutOfRangeException(nameof(options), options.StopRadius, "The stop radius must be 0 or more.");

        int[] named = options.Start switch
        {
            KCenterStart.Row row => [row.Index],
            KCenterStart.Rows { Preselected.Length: > 0 } rows => rows.Preselected,
            KCenterStart.Rows => throw new ArgumentException("The preselection holds no row.", nameof(options)),
            _ => [],
        };
        foreach (int row in named)
            if (row < 0 || row >= count) throw new ArgumentOutOfRangeException(nameof(options), row, $"Start row {row} is outside the {count} rows of the matrix.");
        if (options.Start is KCenterStart.Row start && options.Within is { } within && !within.Contains(start.Index))
            throw new ArgumentException($"Start row {start.Index} is not among the {candidates} rows that can be picked.", nameof(options));
    }

    private static double[] Scales(RowSource rows, double[]? norms, int count, IKernels kernels, Pass pass)
    {
        if (norms is null)
        {
            norms = new double[count];
            kernels.Inspect(rows, norms, pass);
        }
        else if (norms.Length != count)
        {
            throw new ArgumentException($"There are {norms.Length} norms for {count} rows.", nameof(norms));
        }

        return RowNumbers.UnitScales(norms);
    }
}
