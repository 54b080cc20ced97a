namespace Engine.Indexes;

/// <summary>How much work searches are, in multiply-adds of the engine's exact kernels.</summary>
/// <remarks>
/// Counted, not clocked: a clock would let one plan give two results. What a step of FAISS weighs against one of the exact kernels is taken from
/// <c>bench/results</c>, rounded to what machines have in common.
/// </remarks>
internal static class IndexCosts
{
    /// <summary>Iterations and rows per centroid of the coarse k-means.</summary>
    public const int CoarseIterations = 8, CoarseRowsPerList = 48;

    /// <summary>A product through BLAS.</summary>
    private const double Blas = 1.5;

    /// <summary>A product in a scan of an inverted list.</summary>
    private const double Scan = 16;

    /// <summary>Products that adding a row to an HNSW graph takes, weighed.</summary>
    private const double HnswAdd = 100_000;

    /// <summary>Products for each unit of <c>efSearch</c>, weighed.</summary>
    private const double HnswStep = 1_500;

    /// <summary>Below this share of the exact work an index is worth its trouble.</summary>
    public const double WorthIt = 2.0 / 3;

    /// <summary>The probes that are assumed before recall was measured.</summary>
    public const int UsualProbes = 8;

    /// <summary>All products of queries and rows.</summary>
    public static double Exact(double rows, double queries, int dim) => rows * queries * dim;

    /// <summary>Making an index.</summary>
    public static double Build(IndexKind kind, double rows, int dim)
    {
        if (kind.Links > 0) return rows * HnswAdd * dim;
        double coarse = Math.Min(rows, CoarseRowsPerList * (double)kind.Lists) * kind.Lists * CoarseIterations;
        return (coarse + (rows * kind.Lists * Blas) + rows) * dim;
    }

    /// <summary>Searching it.</summary>
    public static double Search(IndexKind kind, double rows, double queries, int dim, int parameter)
    {
        if (kind.Links > 0) return queries * parameter * HnswStep * dim;
        if (kind.Lists > 0) return queries * ((kind.Lists * Blas) + (parameter * rows / kind.Lists * Scan)) * dim;
        return queries * rows * Blas * dim;
    }
}
