using Engine.Kernels;
using Engine.Native.Faiss;

namespace Engine.Indexes;

/// <summary>An index over the rows of a matrix, ready for searches.</summary>
/// <param name="faiss">The index; owned from here on.</param>
/// <param name="kind">What it is.</param>
/// <param name="metric">What it ranks by.</param>
internal sealed class VectorIndex(FaissIndex faiss, IndexKind kind, IndexMetric metric) : IDisposable
{
    /// <summary>Work of one call into FAISS: a fraction of a second, and enough queries at a time for BLAS.</summary>
    private const double CallWork = 1e10;

    private const int MostQueriesPerCall = 256;

    /// <summary>What it is.</summary>
    public IndexKind Kind => kind;

    /// <summary>What it ranks by.</summary>
    public IndexMetric Metric => metric;

    /// <summary>Rows in it.</summary>
    public long Rows { get; } = faiss.Count;

    /// <summary>Elements in a row.</summary>
    public int Dim { get; } = faiss.Dim;

    /// <summary>FAISS's own index.</summary>
    public FaissIndex Faiss => faiss;

    /// <summary>What <see cref="IndexKind.Parameter"/> is set to; 0 before it was set.</summary>
    public int Parameter { get; private set; }

    /// <summary>Sets <see cref="IndexKind.Parameter"/>; nothing where the kind has none.</summary>
    public void Set(int value)
    {
        if (kind.Parameter is not { } parameter) return;
        FaissGate.Run(() => faiss.Set(parameter, value));
        Parameter = value;
    }

    /// <summary>Finds rows that may be the nearest to each query.</summary>
    /// <param name="queries">[n x dim] as <see cref="IndexRows"/> prepares them.</param>
    /// <param name="candidates">How many for each.</param>
    /// <param name="lanes">Threads.</param>
    /// <param name="pass">Cancellation.</param>
    /// <returns>[n x candidates]; -1 where there is none.</returns>
    public int[] Search(ReadOnlyMemory<float> queries, int candidates, int lanes, Pass pass)
    {
        double products = IndexCosts.Search(kind, Rows, 1, Dim, Math.Max(1, Parameter));
        int block = (int)Math.Clamp(CallWork / products, 1, MostQueriesPerCall);
        return FaissGate.Run(() => FaissLanes.Search(faiss, queries, candidates, block, lanes, pass));
    }

    /// <inheritdoc/>
    public void Dispose() => faiss.Dispose();
}
