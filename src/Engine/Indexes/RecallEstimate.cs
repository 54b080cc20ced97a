using Engine.Kernels;

namespace Engine.Indexes;

/// <summary>How much of the truth a search found, measured on a sample of its queries.</summary>
/// <param name="Recall">The mean over the sample of the share of a query's truly nearest rows that were found.</param>
/// <param name="Lowest">The lower end of the 95 % interval for the mean over all queries.</param>
/// <param name="Highest">The upper end.</param>
/// <param name="Queries">Queries in the sample.</param>
/// <param name="Depth">k of recall@k.</param>
/// <remarks>
/// The interval is Wilson's, with queries as trials: a query's share lies between 0 and 1, so its variance is at most p (1 - p), and the interval errs on the
/// safe side. Where the sample is all queries there is nothing to estimate, and both ends are the mean. Source: Wilson 1927.
/// </remarks>
internal sealed record RecallEstimate(double Recall, double Lowest, double Highest, int Queries, int Depth)
{
    private const double Z = 1.959963984540054;

    /// <summary>The estimate from the shares of a sample.</summary>
    public static RecallEstimate Of(IReadOnlyList<double> shares, long queries, int depth)
    {
        double mean = shares.Sum() / shares.Count;
        if (shares.Count == queries) return new RecallEstimate(mean, mean, mean, shares.Count, depth);
        double n = shares.Count, square = Z * Z, centre = (mean + (square / (2 * n))) / (1 + (square / n));
        double half = Z / (1 + (square / n)) * Math.Sqrt((mean * (1 - mean) / n) + (square / (4 * n * n)));
        return new RecallEstimate(mean, Math.Max(0, centre - half), Math.Min(1, centre + half), shares.Count, depth);
    }

    /// <summary>The share of a query's truly nearest rows that a list has, up to ties: an entry counts when it is as good as the last of them.</summary>
    /// <param name="truth">The truly nearest rows.</param>
    /// <param name="found">What was found, scored in the same way.</param>
    /// <param name="metric">Whether scores are cosines or distances.</param>
    /// <param name="above">Only true entries above this cosine count, though at least one does.</param>
    public static double Share(RankedRows truth, RankedRows found, IndexMetric metric, double above = double.NegativeInfinity)
    {
        int length = truth.Scores.Length;
        while (metric == IndexMetric.Cosine && length > 1 && !(truth.Scores[length - 1] > above)) length--;
        if (length == 0) return 1;
        double last = truth.Scores[length - 1];
        int hits = found.Scores.Count(score => metric == IndexMetric.Cosine ? score >= last : score <= last);
        return Math.Min(1, hits / (double)length);
    }
}
