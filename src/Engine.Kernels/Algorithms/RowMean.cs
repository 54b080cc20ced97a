namespace Engine.Kernels.Algorithms;

/// <summary>The mean of rows, and the row nearest to it.</summary>
internal static class RowMean
{
    /// <summary>The given centre, or else the mean of the rows; with scales, its direction.</summary>
    /// <param name="given">[dim] or null.</param>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="scales">[rows], 1 / norm when directions matter, or empty.</param>
    /// <param name="within">The rows that count, or null for all.</param>
    /// <param name="kernels">Who sums.</param>
    /// <param name="pass">Cancellation.</param>
    /// <exception cref="ArgumentException">The given centre has another dimension or is not finite, or there is no direction.</exception>
    public static double[] CentreOf(double[]? given, RowSource rows, double[] scales, int[]? within, IKernels kernels, Pass pass)
    {
        if (given is not null && given.Length != rows.Dim)
            throw new ArgumentException($"The centre has {given.Length} elements, the rows have {rows.Dim}.", nameof(given));
        if (given is not null && !given.All(double.IsFinite))
            throw new ArgumentException("The centre holds a value that is not finite.", nameof(given));

        double[] centre = given is null ? Of(rows, scales, within, kernels, pass) : [.. given];
        if (scales.Length > 0 && !Direction.TryNormalize(centre, given is null ? Direction.ShortestMean : 0))
            throw new ArgumentException(given is null ? "The mean of the unit rows is zero: it has no direction." : "The centre is zero: it has no direction.");
        return centre;
    }

    /// <summary>The row nearest to a point, the lower one on ties.</summary>
    public static int Nearest(double[] point, RowSource rows, double[] scales, int[]? within, IKernels kernels, Pass pass)
    {
        double[] squared = new double[rows.Rows];
        Array.Fill(squared, double.PositiveInfinity);
        using IMinDistances distances = kernels.MinDistances(rows, scales);
        distances.Add(point, 0);
        distances.Relax(within, 0, new int[rows.Rows], squared, [], pass);
        return squared.AsSpan().IndexOf(squared.Min());
    }

    /// <summary>The mean of the scaled rows: sums in fixed point, division in float64.</summary>
    private static double[] Of(RowSource rows, double[] scales, int[]? within, IKernels kernels, Pass pass)
    {
        int[] cluster = new int[rows.Rows];
        if (within is not null)
        {
            Array.Fill(cluster, -1);
            foreach (int row in within) cluster[row] = 0;
        }

        int count = within?.Length ?? cluster.Length;
        double largest = scales.Length > 0 ? 1 : kernels.Inspect(rows, [], pass).LargestMagnitude;
        int fractionBits = FixedPoint.FractionBits(count, largest);
        long[] sums = new long[rows.Dim];
        kernels.AccumulateCentroids(rows, scales, cluster, fractionBits, sums, pass);

        double[] mean = new double[sums.Length];
        for (int i = 0; i < mean.Length; i++) mean[i] = FixedPoint.Mean(sums[i], count, fractionBits);
        return mean;
    }
}
