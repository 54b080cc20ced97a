namespace Engine.Kernels.Algorithms;

/// <summary>How the mean gain of a cluster becomes the factor of its weight.</summary>
public enum GainTransform
{
    /// <summary>max(s, 0): a cluster the model does better on than the gold text is asked for nothing more.</summary>
    Clamp0,

    /// <summary>exp(s / temperature), the greatest gain taken off first.</summary>
    Softmax,

    /// <summary>s less the lowest s.</summary>
    Shift,

    /// <summary>s itself, whatever its sign, and no renormalisation: the equation as it is printed.</summary>
    Literal,
}

/// <summary>The weights of clusters from round to round: each is multiplied by its cluster's share of the gains.</summary>
/// <param name="transform">How a gain becomes a factor.</param>
/// <param name="temperature">What gains are divided by under <see cref="GainTransform.Softmax"/>, above 0.</param>
/// <param name="carry">Whether the weights of the round before are multiplied in; otherwise the gains alone decide.</param>
/// <param name="floor">The least weight, 0 to 1, so that a cluster can come back; 0 for none.</param>
/// <remarks>
/// Source: Diversify and Conquer (Yu et al. 2024), equations 4 to 6: s_j the mean gain of cluster j, w_j = s_j / sum s * w_j before. A cluster without a scored
/// row gets the mean factor of the others.
/// </remarks>
public sealed class ClusterWeights(GainTransform transform, double temperature, bool carry, double floor)
{
    /// <summary>The equation alone: no floor, temperature 1, and the weights before carried on except under softmax.</summary>
    /// <param name="transform">How a gain becomes a factor.</param>
    public ClusterWeights(GainTransform transform)
        : this(transform, temperature: 1, carry: transform != GainTransform.Softmax, floor: 0)
    {
    }

    /// <summary>1 / k each: the weights of the first round.</summary>
    public static double[] Equal(int clusters)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clusters, 1);
        double[] weights = new double[clusters];
        Array.Fill(weights, 1.0 / clusters);
        return weights;
    }

    /// <summary>The mean gain of each cluster, NaN for one without a scored row.</summary>
    /// <param name="clusters">Clusters there are.</param>
    /// <param name="clusterOf">[scored], the cluster of each scored row.</param>
    /// <param name="gains">[scored], score of the gold text less that of the generated one.</param>
    public static double[] MeanGains(int clusters, ReadOnlySpan<int> clusterOf, ReadOnlySpan<double> gains)
    {
        if (clusterOf.Length != gains.Length) throw new ArgumentException($"{clusterOf.Length} rows, but {gains.Length} gains.", nameof(gains));
        double[] means = new double[clusters];
        int[] counts = new int[clusters];
        for (int i = 0; i < gains.Length; i++)
        {
            means[clusterOf[i]] += gains[i];
            counts[clusterOf[i]]++;
        }

        for (int j = 0; j < clusters; j++) means[j] = counts[j] == 0 ? double.NaN : means[j] / counts[j];
        return means;
    }

    /// <summary>The weights of the next round.</summary>
    /// <param name="before">[k], the weights of this round.</param>
    /// <param name="gains">[k], mean gains, NaN where no row was scored.</param>
    /// <returns>
    /// [k]. They add up to 1, except under <see cref="GainTransform.Literal"/>, where they are what the equation gives: possibly negative, or infinite or NaN when the
    /// gains add up to 0. Where no factor is above 0 (no cluster gained; under shift, all gained alike) all factors are equal. Where every cluster with a
    /// factor had weight 0, the gains alone decide.
    /// </returns>
    public double[] Next(ReadOnlySpan<double> before, ReadOnlySpan<double> gains)
    {
        if (before.Length != gains.Length) throw new ArgumentException($"{before.Length} weights, but {gains.Length} gains.", nameof(gains));
        double[] factors = Factors(gains);
        double sum = Sum(factors);
        if (transform != GainTransform.Literal && sum == 0)
        {
            Array.Fill(factors, 1);
            sum = factors.Length;
        }

        double[] next = new double[factors.Length];
        for (int j = 0; j < next.Length; j++) next[j] = factors[j] / sum * (carry ? before[j] : 1);
        if (transform == GainTransform.Literal) return next;
        if (Sum(next) == 0)
            for (int j = 0; j < next.Length; j++) next[j] = factors[j] / sum;
        Normalize(next);
        if (floor <= 0) return next;
        for (int j = 0; j < next.Length; j++) next[j] = Math.Max(next[j], floor);
        Normalize(next);
        return next;
    }

    /// <summary>Weights as whole numbers in the same ratios, for <see cref="ClusterBudget.Proportional"/>; equal weights give equal numbers.</summary>
    /// <param name="weights">[k], finite and at least 0.</param>
    public static long[] Shares(ReadOnlySpan<double> weights)
    {
        double greatest = 0;
        foreach (double weight in weights) greatest = Math.Max(greatest, weight);
        long[] shares = new long[weights.Length];
        for (int j = 0; j < shares.Length && greatest > 0; j++) shares[j] = (long)Math.Round(Math.ScaleB(weights[j] / greatest, 53));
        return shares;
    }

    private double[] Factors(ReadOnlySpan<double> gains)
    {
        double lowest = double.PositiveInfinity, greatest = double.NegativeInfinity;
        foreach (double gain in gains)
        {
            if (double.IsNaN(gain)) continue;
            lowest = Math.Min(lowest, gain);
            greatest = Math.Max(greatest, gain);
        }

        double[] factors = new double[gains.Length];
        double sum = 0;
        int scored = 0;
        for (int j = 0; j < factors.Length; j++)
        {
            if (double.IsNaN(gains[j])) continue;
            factors[j] = transform switch
            {
                GainTransform.Clamp0 => Math.Max(gains[j], 0),
                GainTransform.Softmax => Exponential.Of((gains[j] - greatest) / temperature),
                GainTransform.Shift => gains[j] - lowest,
                _ => gains[j],
            };
            sum += factors[j];
            scored++;
        }

        double mean = scored == 0 ? 1 : sum / scored;
        for (int j = 0; j < factors.Length; j++)
            if (double.IsNaN(gains[j])) factors[j] = mean;
        return factors;
    }

    private static void Normalize(double[] weights)
    {
        double sum = Sum(weights);
        for (int j = 0; j < weights.Length; j++) weights[j] /= sum;
    }

    private static double Sum(double[] values)
    {
        double sum = 0;
        foreach (double value in values) sum += value;
        return sum;
    }
}
