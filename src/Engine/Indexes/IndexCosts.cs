namespace Engine.Indexes;

/// <summary>How much work searches are, in multiply-adds of the engine's exact kernels.</summary>
/// <remarks>
/// Counted, not clocked: a clock would let one plan give two results. What a product of FAISS weighs against one of the exact kernels is taken, rounded, from the table that
/// <c>Engine.Bench faiss</c> printed with Debian's library; a library for newer processors does better than is counted here.
/// </remarks>
internal static class IndexCosts
{
    /// <summary>Iterations and rows per centroid of the coarse k-means.</summary>
    public const int CoarseIterations = 8, CoarseRowsPerList = 48;

    /// <summary>A product of many queries with all rows through BLAS.</summary>
    private const double Blas = 1.5;

    /// <summary>A product with a centroid, when rows are put into lists.</summary>
    private const double Assign = 3;

    /// <summary>A product with a centroid, when a few queries choose their lists.</summary>
    private const double Coarse = 8;

    /// <summary>A product in a scan of an inverted list.</summary>
    private const double Scan = 80;

    /// <summary>The same in 8 bits.</summary>
    private const double QuantizedScan = 100;

    /// <summary>Adding a row to an HNSW graph, by element.</summary>
    private const double HnswAdd = 350_000;

    /// <summary>A query's search for each unit of <c>efSearch</c>, by element.</summary>
    private const double HnswStep = 6_500;

    /// <summary>Reading an index file and comparing it with its matrix, by element of the matrix.</summary>
    private const double Opening = 800;

    /// <summary>Below this share of the exact work an index is worth its trouble.</summary>
    public const double WorthIt = 2.0 / 3;

    /// <summary>The probes that are assumed before recall was measured.</summary>
    public const int UsualProbes = 4;

    /// <summary>All products of queries and rows.</summary>
    public static double Exact(double rows, double queries, int dim) => rows * queries * dim;

    /// <summary>Making an index.</summary>
    public static double Build(IndexKind kind, double rows, int dim)
    {
        if (kind.Links > 0) return rows * HnswAdd * dim;
        double coarse = Math.Min(rows, CoarseRowsPerList * (double)kind.Lists) * kind.Lists * CoarseIterations;
        return (coarse + (rows * kind.Lists * Assign) + rows) * dim;
    }

    /// <summary>Opening an index file.</summary>
    public static double Open(double rows, int dim) => rows * Opening * dim;

    /// <summary>Searching it.</summary>
    public static double Search(IndexKind kind, double rows, double queries, int dim, int parameter)
    {
        if (kind.Links > 0) return queries * parameter * HnswStep * dim;
        if (kind.Lists > 0) return queries * ((kind.Lists * Coarse) + (parameter * rows / kind.Lists * (kind.IsQuantized ? QuantizedScan : Scan))) * dim;
        return queries * rows * Blas * dim;
    }
}
