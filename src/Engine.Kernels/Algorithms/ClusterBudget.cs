namespace Engine.Kernels.Algorithms;

/// <summary>How a budget is shared out among clusters.</summary>
public enum ClusterAllocation
{
    /// <summary>In proportion to the clusters' sizes, by largest remainder; the budget is spent to the last row.</summary>
    Proportional,

    /// <summary>floor(budget / k) each; what that leaves, and what a small cluster cannot give, stays unspent.</summary>
    Equal,
}

/// <summary>Shares a budget out among clusters, in whole numbers and without rounding error.</summary>
/// <remarks>Source: kMQ of Diversify and Conquer (Yu et al. 2024), the paper for proportional, its code for equal.</remarks>
public static class ClusterBudget
{
    /// <summary>Rows per cluster in proportion to shares, never more than the cluster's stock.</summary>
    /// <param name="shares">[k], at least 0; only their ratios matter.</param>
    /// <param name="stock">[k], rows each cluster can give; <see cref="int.MaxValue"/> where rows may repeat.</param>
    /// <param name="budget">Rows to share out, at least 0 and at most the stock together.</param>
    /// <returns>[k], which add up to the budget.</returns>
    /// <remarks>
    /// Largest remainder: floor(budget * share / sum) each, then one more for the largest remainders, ties to the lower cluster. What is over a
    /// cluster's stock is shared out again, by the same rule, among the clusters that still have rows. Clusters of share 0 give rows only when no
    /// other cluster has any left, and then in proportion to what they have.
    /// </remarks>
    /// <exception cref="ArgumentException">The lengths differ, a number is negative, or the budget is over the stock.</exception>
    public static int[] Proportional(ReadOnlySpan<long> shares, ReadOnlySpan<int> stock, int budget)
    {
        if (shares.Length != stock.Length) throw new ArgumentException($"{shares.Length} shares, but {stock.Length} clusters.", nameof(shares));
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        foreach (long share in shares) ArgumentOutOfRangeException.ThrowIfNegative(share, nameof(shares));
        long available = 0;
        foreach (int rows in stock)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(rows, nameof(stock));
            available += rows;
        }

        if (budget > available) throw new ArgumentException($"The budget is {budget} rows, but the clusters have {available}.", nameof(budget));

        int[] given = new int[shares.Length];
        long[] open = new long[shares.Length];
        for (int left = budget; left > 0;)
        {
            Int128 total = 0;
            for (int j = 0; j < open.Length; j++) total += open[j] = given[j] < stock[j] ? shares[j] : 0;
            if (total == 0)
                for (int j = 0; j < open.Length; j++) total += open[j] = stock[j] - given[j];

            int[] quotas = LargestRemainder(open, total, left);
            for (int j = 0; j < quotas.Length; j++)
            {
                int more = Math.Min(quotas[j], stock[j] - given[j]);
                given[j] += more;
                left -= more;
            }
        }

        return given;
    }

    /// <summary>floor(budget / k) rows per cluster, or all of a cluster that has fewer.</summary>
    /// <param name="stock">[k], k at least 1; rows each cluster can give.</param>
    /// <param name="budget">Rows to share out, at least 0.</param>
    /// <returns>[k], which add up to the budget or less.</returns>
    public static int[] Equal(ReadOnlySpan<int> stock, int budget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        ArgumentOutOfRangeException.ThrowIfZero(stock.Length, nameof(stock));
        int each = budget / stock.Length;
        int[] given = new int[stock.Length];
        for (int j = 0; j < given.Length; j++) given[j] = Math.Min(each, stock[j]);
        return given;
    }

    /// <summary>A cluster drawn for every row, with replacement and with chances proportional to weights; what is over a cluster's stock is lost.</summary>
    /// <param name="weights">[k], k at least 1; finite, at least 0.</param>
    /// <param name="stock">[k], rows each cluster can give.</param>
    /// <param name="uniforms">[budget], in [0, 1), one per row to share out.</param>
    /// <returns>[k], which add up to the budget or less.</returns>
    /// <remarks>Source: the published code of the rounds of Diversify and Conquer, methods 4.6.</remarks>
    public static int[] Multinomial(ReadOnlySpan<double> weights, ReadOnlySpan<int> stock, ReadOnlySpan<double> uniforms)
    {
        if (weights.Length != stock.Length) throw new ArgumentException($"{weights.Length} weights, but {stock.Length} clusters.", nameof(weights));
        int[] given = new int[weights.Length];
        foreach (int cluster in new WeightedDraw(QualityWeighting.Linear).WithReplacement(weights, uniforms))
            if (given[cluster] < stock[cluster]) given[cluster]++;
        return given;
    }

    private static int[] LargestRemainder(long[] shares, Int128 total, int budget)
    {
        int[] quotas = new int[shares.Length];
        Int128[] remainders = new Int128[shares.Length];
        int left = budget;
        for (int j = 0; j < shares.Length; j++)
        {
            (Int128 quota, remainders[j]) = Int128.DivRem((Int128)shares[j] * budget, total);
            quotas[j] = (int)quota;
            left -= quotas[j];
        }

        // The remainders add up to left * total and each is below the total, so more than that many clusters have one and no empty cluster is asked.
        int[] order = [.. Enumerable.Range(0, shares.Length)];
        Array.Sort(order, (a, b) => remainders[a] == remainders[b] ? a.CompareTo(b) : remainders[b].CompareTo(remainders[a]));
        foreach (int j in order.AsSpan(0, left)) quotas[j]++;
        return quotas;
    }
}
