namespace Engine.Kernels.Algorithms;

/// <summary>Which end of the similarity to a centre is kept.</summary>
public enum CosineKeep
{
    /// <summary>The most similar rows, most similar first.</summary>
    Top,

    /// <summary>The least similar rows, least similar first.</summary>
    Least,

    /// <summary>K - floor(K/2) of the most similar rows, then floor(K/2) of the least similar.</summary>
    Mixed,
}

/// <summary>Chooses rows by their cosine to a centre, from either end or both.</summary>
/// <remarks>Ties go to the lower row at both ends. Source: the ablation samplers of LTD (Chen et al. 2023).</remarks>
public static class CosineSample
{
    /// <summary>Chooses rows.</summary>
    /// <param name="rows">[rows x dim], finite, no zero row.</param>
    /// <param name="norms">[rows], Euclidean norms.</param>
    /// <param name="centre">[dim], finite, not zero.</param>
    /// <param name="keep">Which end.</param>
    /// <param name="count">Rows wanted, 1 .. rows.</param>
    /// <param name="kernels">Who ranks.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <returns>Rows in the order chosen, with their cosines.</returns>
    public static RankedRows Select(RowSource rows, double[] norms, float[] centre, CosineKeep keep, int count, IKernels kernels, Pass pass)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, rows.Rows);
        int nearest = keep switch { CosineKeep.Top => count, CosineKeep.Least => 0, _ => count - count / 2 };
        List<int> chosen = [];
        List<double> cosines = [];
        if (nearest > 0)
        {
            RankedRows top = Ranked(centre, nearest);
            chosen.AddRange(top.Rows);
            cosines.AddRange(top.Scores);
        }

        if (count > nearest)
        {
            // Ties may put a row at both ends; with as many entries as there are rows wanted, enough others follow it.
            HashSet<int> taken = [.. chosen];
            RankedRows least = Ranked(Array.ConvertAll(centre, x => -x), count);
            for (int i = 0; chosen.Count < count; i++)
            {
                if (!taken.Add(least.Rows[i])) continue;
                chosen.Add(least.Rows[i]);
                cosines.Add(-least.Scores[i]);
            }
        }

        return new RankedRows([.. chosen], [.. cosines]);

        RankedRows Ranked(float[] query, int depth) =>
            kernels.TopSimilarities(rows, norms, new QueryGroups(query, rows.Dim, [0, 1]), Combination.Each, [], depth, pass)[0];
    }
}
