namespace Engine.Kernels;

/// <summary>Query vectors and the groups (tasks) they form.</summary>
public sealed class QueryGroups
{
    /// <summary>Checks shapes and takes the vectors over without a copy.</summary>
    /// <param name="vectors">[queries x dim], float32, row-major; finite and no zero row.</param>
    /// <param name="dim">Elements in a query.</param>
    /// <param name="starts">Group boundaries, [groups + 1]: group g holds queries starts[g] .. starts[g + 1] - 1, at least one.</param>
    /// <exception cref="ArgumentException">A shape disagrees or a group is empty.</exception>
    public QueryGroups(float[] vectors, int dim, int[] starts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        if (vectors.Length % dim != 0) throw new ArgumentException($"{vectors.Length} values do not fill queries of {dim}.", nameof(vectors));
        if (starts.Length < 2 || starts[0] != 0 || starts[^1] != vectors.Length / dim)
            throw new ArgumentException($"Group boundaries must run from 0 to {vectors.Length / dim}.", nameof(starts));
        for (int g = 0; g + 1 < starts.Length; g++)
            if (starts[g + 1] <= starts[g]) throw new ArgumentException($"Group {g} has no query.", nameof(starts));

        Vectors = vectors;
        Dim = dim;
        Starts = starts;
    }

    /// <summary>[queries x dim], row-major.</summary>
    public float[] Vectors { get; }

    /// <summary>Elements in a query.</summary>
    public int Dim { get; }

    /// <summary>Group boundaries, [groups + 1].</summary>
    public int[] Starts { get; }

    /// <summary>Queries in all groups.</summary>
    public int Count => Vectors.Length / Dim;

    /// <summary>Groups.</summary>
    public int Groups => Starts.Length - 1;

    /// <summary>The opposite queries in the same groups: every cosine changes its sign and nothing else, so the best rows are the least similar ones.</summary>
    public QueryGroups Negated() => new(Array.ConvertAll(Vectors, x => -x), Dim, Starts);

    /// <summary>The same queries with every query a group of its own.</summary>
    public QueryGroups Ungrouped() => new(Vectors, Dim, [.. Enumerable.Range(0, Count + 1)]);
}
