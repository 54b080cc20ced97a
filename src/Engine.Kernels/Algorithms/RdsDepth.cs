namespace Engine.Kernels.Algorithms;

/// <summary>How deep a selection in turns will pop its ranked lists, forecast from what the same selection pops among a sample of the rows.</summary>
/// <remarks>
/// How much the lists of a pool have in common decides whether a few rows more than a fair share are popped or many times that, and nobody knows it beforehand. Lists that run dry
/// cost another pass over all rows, and entries that nobody pops must be ranked. Of the first D rows of a list a sample of S of N holds S D / N, give or take
/// the deviation of a binomial count, so a list of which it pops p is popped to about p N / S. Where rows are blocked, by caps or by a predicate, too few of them are in
/// the sample to tell, and there is no forecast. Never changes what is selected.
/// </remarks>
internal static class RdsDepth
{
    private const int Sampled = 4096;

    /// <summary>Rows from which a sample costs little, and from which it does even where few of them are wanted.</summary>
    private const int FewestRows = 1 << 16, ManyRows = 1 << 18;

    /// <summary>The share of the rows from which lists are so deep that their entries cost more than the sample.</summary>
    private const int LargeShare = 4;

    /// <summary>Pops of the sample from which their deviation is a small part of them.</summary>
    private const int Telling = 64;

    /// <summary>Entries to ask for at first.</summary>
    /// <param name="given">What is asked for without a sample.</param>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">[rows].</param>
    /// <param name="groups">The queries, a group to a list.</param>
    /// <param name="rules">How many rows and by which rules.</param>
    /// <param name="kernels">Who ranks the sample.</param>
    /// <param name="pass">Cancellation.</param>
    public static int First(int given, RowSource rows, double[] norms, QueryGroups groups, RoundRobinOptions rules, IKernels kernels, Pass pass)
    {
        long count = rows.Rows;
        bool isLarge = rules.Count >= count / LargeShare;
        if (groups.Groups < 2 || rules.Allowed is not null || rules.Caps is not null || count < FewestRows || (!isLarge && count < ManyRows)) return given;

        int[] sample = new int[Sampled];
        for (int i = 0; i < sample.Length; i++) sample[i] = (int)(((2L * i) + 1) * count / (2 * Sampled));
        using RowSubset some = new(rows, sample);
        double[] lengths = Array.ConvertAll(sample, row => norms[row]);
        double every = (double)count / Sampled;
        RoundRobinOptions fewer = rules with
        {
            Count = (int)Math.Clamp(Math.Ceiling(rules.Count / every), 1, Sampled),
            FirstDepth = (int)Math.Max(1, given / every),
        };
        int popped = RoundRobin.Select(depth => kernels.TopSimilarities(some, lengths, groups, Combination.Each, [], depth, pass), Sampled, fewer, pass).Popped;
        double deviation = Math.Sqrt(popped), least = (popped - (2 * deviation)) * every, most = (popped + (4 * deviation) + 8) * every;
        return popped >= Telling || least > given ? (int)Math.Min(count, most) : given;
    }
}
