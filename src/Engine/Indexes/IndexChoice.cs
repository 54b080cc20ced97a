using Engine.Data;

namespace Engine.Indexes;

/// <summary>Which kinds of index come into question, best first.</summary>
internal static class IndexChoice
{
    /// <summary>With fewer rows lists and graphs only get in the way.</summary>
    private const long FewestRows = 10_000;

    /// <summary>The kinds to try, in order: each costs more than the one before, in time or in memory, or is surer to find what it should.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="dim">Elements in a row.</param>
    /// <param name="queries">Queries that will be asked.</param>
    /// <param name="goal">What is asked for.</param>
    /// <exception cref="EngineException">No kind fits the memory: exit 8.</exception>
    public static IReadOnlyList<IndexKind> Of(long rows, int dim, long queries, SearchGoal goal)
    {
        if (goal.Index is { } named)
        {
            IndexKind kind = new(named);
            if (kind.IsKnown && kind.Bytes(rows, dim) > goal.IndexMemory) throw TooLarge(kind, rows, dim, goal.IndexMemory.Value);
            return [kind];
        }

        if (rows < FewestRows) return Fits(IndexKind.Flat) ? [IndexKind.Flat] : throw TooLarge(IndexKind.Flat, rows, dim, goal.IndexMemory!.Value);
        List<IndexKind> kinds = [];
        IndexKind lists = Fits(IndexKind.IvfFlat(rows)) ? IndexKind.IvfFlat(rows) : IndexKind.IvfSq8(rows);
        if (!Fits(lists)) throw TooLarge(lists, rows, dim, goal.IndexMemory!.Value);
        kinds.Add(lists);

        // A graph takes long to make; it is for so many queries that reading every row for each would take longer still.
        IndexKind graph = IndexKind.Hnsw;
        double made = IndexCosts.Build(graph, rows, dim) + IndexCosts.Search(graph, rows, queries, dim, 64);
        if (Fits(graph) && made < IndexCosts.WorthIt * IndexCosts.Search(IndexKind.Flat, rows, queries, dim, 1)) kinds.Add(graph);
        if (Fits(IndexKind.Flat)) kinds.Add(IndexKind.Flat);
        return kinds;

        bool Fits(IndexKind kind) => goal.IndexMemory is not { } most || kind.Bytes(rows, dim) <= most;
    }

    private static EngineException TooLarge(IndexKind kind, long rows, int dim, long most) => new(new EngineError(ExitCode.Memory, "MEMORY",
        $"\"indexMemory\" is {MemoryBudget.Text(most)}, but the index {kind.Factory} over {rows} rows of {dim} takes about {MemoryBudget.Text(kind.Bytes(rows, dim))}. Raise it, or use \"search\": \"exact\", which needs no index."));
}
