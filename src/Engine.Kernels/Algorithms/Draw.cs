namespace Engine.Kernels.Algorithms;

/// <summary>Selections by chance: the baselines every method is compared with.</summary>
public static class Draw
{
    /// <summary>Distinct rows of a pool, uniformly, in random order.</summary>
    /// <param name="poolRows">Rows in the pool.</param>
    /// <param name="count">Rows wanted, 0 .. <paramref name="poolRows"/>.</param>
    /// <param name="stream">Who draws.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or over the pool's rows.</exception>
    public static int[] Uniform(int poolRows, int count, RandomStream stream)
    {
        CheckCount(count, poolRows);
        return stream.Sample(poolRows, count);
    }

    /// <summary>Distinct places of a list of candidates, uniformly, in random order.</summary>
    /// <param name="candidates">Rows to draw from; a row listed twice can be drawn twice.</param>
    /// <param name="count">Rows wanted, 0 .. the candidates.</param>
    /// <param name="stream">Who draws.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or over the candidates.</exception>
    public static int[] Uniform(int[] candidates, int count, RandomStream stream)
    {
        CheckCount(count, candidates.Length);
        return [.. stream.Sample(candidates.Length, count).Select(place => candidates[place])];
    }

    /// <summary>Round robin over groups: in each pass every group gives one row, groups in order of first appearance, exhausted ones passed over.</summary>
    /// <param name="groupOfRow">[rows], the group of each row; a negative one leaves the row out.</param>
    /// <param name="count">Rows wanted, 0 .. the rows that have a group.</param>
    /// <param name="stream">Puts each group's rows in random order; null keeps the order of the file, which is what the published code does.</param>
    /// <returns>Rows in the order they were given.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or over the rows that have a group.</exception>
    /// <remarks>Source: the balanced baseline of RDS+ (Ivison et al. 2025), methods 1.8.</remarks>
    public static int[] Balanced(int[] groupOfRow, int count, RandomStream? stream)
    {
        List<List<int>> groups = InOrderOfAppearance(groupOfRow);
        CheckCount(count, groups.Sum(group => group.Count));
        if (stream is not null)
            groups = [.. groups.Select(group => Uniform([.. group], group.Count, stream).ToList())];

        List<int> rows = new(count);
        for (int turn = 0; rows.Count < count; turn++)
        {
            groups.RemoveAll(group => group.Count <= turn);
            foreach (List<int> group in groups)
            {
                if (rows.Count == count) break;
                rows.Add(group[turn]);
            }
        }

        return [.. rows];
    }

    private static List<List<int>> InOrderOfAppearance(int[] groupOfRow)
    {
        Dictionary<int, List<int>> byGroup = [];
        List<List<int>> ordered = [];
        for (int row = 0; row < groupOfRow.Length; row++)
        {
            int group = groupOfRow[row];
            if (group < 0) continue;
            if (!byGroup.TryGetValue(group, out List<int>? rows))
            {
                rows = [];
                byGroup.Add(group, rows);
                ordered.Add(rows);
            }

            rows.Add(row);
        }

        return ordered;
    }

    private static void CheckCount(int count, int available)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > available) throw new ArgumentOutOfRangeException(nameof(count), count, $"{count} rows are wanted, but only {available} can be drawn.");
    }
}
