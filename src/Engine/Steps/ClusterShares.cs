using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>A budget shared out among clusters, and the rows each cluster can give.</summary>
/// <param name="Members">The rows of every cluster, ascending.</param>
/// <param name="Counts">[k], how many rows each gives.</param>
internal sealed record ClusterShares(int[][] Members, int[] Counts)
{
    /// <summary>The longest list of clusters the manifest gets.</summary>
    private const int MostListed = 1024;

    /// <summary>How a plan names the allocations.</summary>
    public static Shape<ClusterAllocation> Forms { get; } = Shapes.Choice(("proportional", ClusterAllocation.Proportional), ("equal", ClusterAllocation.Equal));

    /// <summary>Shares a budget out.</summary>
    /// <param name="clusters">The clusters.</param>
    /// <param name="budget">Rows to share out.</param>
    /// <param name="allocation">In proportion to sizes, or equally.</param>
    /// <param name="repeats">True when a row may be given more than once.</param>
    /// <param name="file">Named where a share would be nothing.</param>
    /// <exception cref="EngineException">Equal shares of the budget are 0 rows each. Exit 4.</exception>
    public static ClusterShares Of(Clustering clusters, int budget, ClusterAllocation allocation, bool repeats, string? file)
    {
        int[][] members = ClusterRows.Of(clusters);
        int[] stock = Array.ConvertAll(members, rows => repeats && rows.Length > 0 ? int.MaxValue : rows.Length);
        if (allocation == ClusterAllocation.Proportional) return new ClusterShares(members, ClusterBudget.Proportional(clusters.Sizes, stock, budget));
        return budget >= members.Length
            ? new ClusterShares(members, ClusterBudget.Equal(stock, budget))
            : throw EngineException.Input(file, "BUDGET",
                $"the budget is {budget} rows for {members.Length} clusters, so equal shares are 0 rows each. Raise the budget, lower k, or set \"allocation\": \"proportional\".");
    }

    /// <summary>Tells the manifest who gave how much.</summary>
    public void Note(StepRun run, int budget)
    {
        run.Note("clusters", Counts.Length);
        run.Note("allocation", Counts[..Math.Min(Counts.Length, MostListed)]);
        if (Counts.Length > MostListed) run.Note("allocationListed", MostListed);
        run.Note("unspent", budget - Counts.Sum());
    }
}
