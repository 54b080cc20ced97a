using Engine.Selections;

namespace Engine.Steps;

/// <summary>A clustering the other way round: from clusters to rows.</summary>
internal static class ClusterRows
{
    /// <summary>[k][size], the rows of every cluster, ascending.</summary>
    public static int[][] Of(Clustering clusters)
    {
        int[][] members = Array.ConvertAll(clusters.Sizes, size => new int[size]);
        int[] filled = new int[members.Length];
        for (int row = 0; row < clusters.Assignments.Length; row++)
        {
            int cluster = clusters.Assignments[row];
            members[cluster][filled[cluster]++] = row;
        }

        return members;
    }
}
