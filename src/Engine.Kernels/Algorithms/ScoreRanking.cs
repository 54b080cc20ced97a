namespace Engine.Kernels.Algorithms;

/// <summary>Rows in the order of a score.</summary>
public static class ScoreRanking
{
    /// <summary>All rows by score, highest first; ties go to the lower row.</summary>
    /// <param name="scores">[rows], finite.</param>
    public static int[] HighestFirst(ReadOnlySpan<double> scores)
    {
        // Keys fall with the score, and adding 0 makes -0 the 0 it is equal to.
        double[] keys = new double[scores.Length];
        for (int row = 0; row < keys.Length; row++) keys[row] = -scores[row] + 0.0;
        return Ascending(keys);
    }

    /// <summary>All rows by score, lowest first; ties go to the lower row.</summary>
    /// <param name="scores">[rows], finite.</param>
    public static int[] LowestFirst(ReadOnlySpan<double> scores)
    {
        double[] keys = new double[scores.Length];
        for (int row = 0; row < keys.Length; row++) keys[row] = scores[row] + 0.0;
        return Ascending(keys);
    }

    private static int[] Ascending(double[] keys)
    {
        int[] rows = new int[keys.Length];
        for (int row = 0; row < rows.Length; row++) rows[row] = row;
        Array.Sort(keys, rows);

        // The sort is not stable; runs of one key are put into row order afterwards.
        for (int first = 0, end; first < rows.Length; first = end)
        {
            for (end = first + 1; end < rows.Length && keys[end] == keys[first];) end++;
            if (end - first > 1) Array.Sort(rows, first, end - first);
        }

        return rows;
    }
}
