using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Shares a budget out among clusters and takes each one's rows at random, or those nearest to its centroid: what clusters alone achieve, without quality.</summary>
/// <remarks>The ops <c>kmRandom</c> and <c>kmClosest</c>. Source: the baselines kM-Random and kM-Closest of Diversify and Conquer (Yu et al. 2024), methods 4.5 and 4.6.</remarks>
public sealed record SampleByCluster : Step<Selection>
{
    /// <summary>A clustering of the pool.</summary>
    public required Clustering Clusters { get; init; }

    /// <summary>Which rows a cluster gives.</summary>
    public required ClusterPick Pick { get; init; }

    /// <summary>How many rows; a share is of the pool's rows.</summary>
    public required Budget Budget { get; init; }

    /// <summary>How the budget is shared out among the clusters.</summary>
    public ClusterAllocation Allocation { get; init; } = ClusterAllocation.Proportional;

    /// <inheritdoc/>
    public override string Op => Pick == ClusterPick.Random ? RandomDefinition.Op : ClosestDefinition.Op;

    internal static StepBinding RandomDefinition { get; } = Define("kmRandom", ClusterPick.Random, "Draws rows uniformly within clusters that share the budget.");

    internal static StepBinding ClosestDefinition { get; } = Define("kmClosest", ClusterPick.Closest, "Takes the rows nearest to their centroids, in clusters that share the budget.");

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        int rows = Candidates.CountRows(Clusters);
        int budget = Budget.Of(rows);
        ClusterShares shares = ClusterShares.Of(Clusters, budget, Allocation, repeats: false, Clusters.Of.Name);
        double[]? distances = Pick == ClusterPick.Closest ? Distances(Clusters, run) : null;
        RandomStream? stream = Pick == ClusterPick.Random ? run.Random() : null;
        List<int> chosen = new(budget);
        for (int cluster = 0; cluster < shares.Members.Length; cluster++)
        {
            run.Pass.Cancel.ThrowIfCancellationRequested();
            int[] members = shares.Members[cluster];
            int[] places = distances is null
                ? Draw(members.Length, stream!, shares.Counts[cluster])
                : ScoreRanking.LowestFirst(Array.ConvertAll(members, row => distances[row]))[..shares.Counts[cluster]];
            foreach (int place in places) chosen.Add(members[place]);
        }

        shares.Note(run, budget);
        int[] indices = [.. chosen];
        return new Selection
        {
            Indices = indices,
            PoolRows = rows,
            Pool = Clusters.Pool,
            Scores = distances is null ? null : Array.ConvertAll(indices, row => distances[row]),
            Clusters = Array.ConvertAll(indices, row => Clusters.Assignments[row]),
        };
    }

    /// <summary>Every row of the pool has a number of its own, so that what a cluster gives under a smaller share is the front of what it gives under a larger one.</summary>
    private static int[] Draw(int rows, RandomStream stream, int count)
    {
        double[] keys = new double[rows];
        for (int i = 0; i < rows; i++) keys[i] = stream.NextDouble();
        return ScoreRanking.HighestFirst(keys)[..count];
    }

    /// <summary>Euclidean distances of all rows to their centroids; of unit rows when the clusters are spherical.</summary>
    /// <exception cref="EngineException">A row is not in the cluster of its nearest centroid. Exit 4.</exception>
    internal static double[] Distances(Clustering clusters, StepRun run)
    {
        Pass quiet = new(cancel: run.Pass.Cancel);
        Embeddings vectors = clusters.Of;
        double[] norms = clusters.Spherical ? vectors.CosineNorms(run.Kernels, quiet) : [];
        run.Count(vectors.Bytes, 3.0 * vectors.Rows * clusters.Centroids.Length);
        try
        {
            return Array.ConvertAll(ClusterDistances.Squared(vectors.Matrix, norms, clusters.Centroids, clusters.Assignments, run.Kernels, quiet), Math.Sqrt);
        }
        catch (ArgumentException cause)
        {
            throw new EngineException(new EngineError(ExitCode.Input, "CLUSTERS", $"the clusters are not those of these vectors. {cause.Message} Cluster the same vectors.", vectors.Name), cause);
        }
    }

    private static StepBinding Define(string op, ClusterPick pick, string summary)
    {
        var keys = new ParameterSet();
        Parameter<Reference> clusters = keys.Required("clusters", Shapes.Reference(ValueKind.Clustering), "A clustering of the pool.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to take; a share is of the pool's rows.");
        Parameter<ClusterAllocation> allocation = keys.Optional("allocation", ClusterShares.Forms, ClusterAllocation.Proportional, "proportional",
            "How the budget is shared out: in proportion to the clusters' sizes, or floor(budget / k) each, which may leave rows unspent.");
        return new StepBinding(op, ValueKind.Selection, summary, keys, (arguments, inputs) => new SampleByCluster
        {
            Clusters = inputs.Get<Clustering>(arguments.Get(clusters)),
            Pick = pick,
            Budget = arguments.Get(budget),
            Allocation = arguments.Get(allocation),
        });
    }
}

/// <summary>Which rows a cluster gives.</summary>
public enum ClusterPick
{
    /// <summary>Uniformly drawn ones, in the order drawn.</summary>
    Random,

    /// <summary>Those nearest to the centroid, nearest first.</summary>
    Closest,
}
