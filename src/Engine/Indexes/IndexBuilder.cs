using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Native.Faiss;

namespace Engine.Indexes;

/// <summary>Makes indexes. The same rows and kind give the same index on one machine, for any number of threads.</summary>
/// <remarks>
/// Coarse centroids come from the engine's own k-means, which runs on all threads and gives the same bits everywhere; rows are added in order in blocks of one
/// fixed size on one thread, because FAISS's graphs and lists depend on that order.
/// </remarks>
internal static class IndexBuilder
{
    /// <summary>Values in the sample that an index is trained on, at most.</summary>
    private const long MostTrainingValues = 1L << 28;

    /// <summary>Rows that kinds the engine does not know are trained on.</summary>
    private const int OtherTrainingRows = 1 << 17;

    /// <summary>Products that one call to add rows may take: a fraction of a second.</summary>
    private const double CallProducts = 4e9;

    private const int MostRowsPerCall = 1 << 14;
    private const int GraphRowsPerCall = 64;

    /// <summary>Makes an index.</summary>
    /// <param name="rows">[rows x dim], finite; without a zero row for cosines.</param>
    /// <param name="norms">[rows], Euclidean norms.</param>
    /// <param name="metric">What it ranks by.</param>
    /// <param name="kind">What to make.</param>
    /// <param name="kernels">Who clusters.</param>
    /// <param name="pass">Cancellation, and progress in <c>rows</c>.</param>
    /// <exception cref="EngineException">FAISS is missing or knows no such kind: exit 9. Fewer rows than lists: exit 4.</exception>
    public static VectorIndex Build(RowSource rows, double[] norms, IndexMetric metric, IndexKind kind, IKernels kernels, Pass pass)
    {
        if (kind.Lists > rows.Rows)
            throw EngineException.Input(null, "INDEX", $"the index {kind.Factory} has {kind.Lists} lists, but there are only {rows.Rows} rows. Name a kind with fewer lists, or leave \"index\" out and let the engine choose.");
        FaissIndex faiss = FaissGate.Run(() => FaissIndex.Create(rows.Dim, kind.Factory, metric == IndexMetric.Cosine ? FaissMetric.InnerProduct : FaissMetric.SquaredL2));
        try
        {
            if (!faiss.IsTrained) Train(faiss, rows, norms, metric, kind, kernels, pass);
            Add(faiss, rows, norms, metric, kind, pass);
            return new VectorIndex(faiss, kind, metric);
        }
        catch
        {
            faiss.Dispose();
            throw;
        }
    }

    private static void Train(FaissIndex faiss, RowSource rows, double[] norms, IndexMetric metric, IndexKind kind, IKernels kernels, Pass pass)
    {
        Pass quiet = new(cancel: pass.Cancel);
        long wanted = kind.Lists > 0 ? (long)IndexCosts.CoarseRowsPerList * kind.Lists : OtherTrainingRows;
        int count = (int)Math.Min(rows.Rows, Math.Max(kind.Lists, Math.Min(wanted, MostTrainingValues / rows.Dim)));
        int[] drawn = new RandomStream(0, $"index/{kind.Factory}/sample").Sample((int)rows.Rows, count);
        Array.Sort(drawn);
        float[] sample = IndexRows.Copy(rows, norms, metric, drawn);
        if (kind.Lists > 0)
        {
            using ArrayRows trained = ArrayRows.From(sample, rows.Dim);
            KMeansOptions options = new()
            {
                K = kind.Lists,
                Init = KMeansInit.Random,
                MaxIterations = IndexCosts.CoarseIterations,
                Spherical = metric == IndexMetric.Cosine,
            };
            KMeansResult coarse = KMeans.Fit(trained, options, kernels, restart => new RandomStream(restart, $"index/{kind.Factory}/centroids"), quiet);
            FaissGate.Run(() => faiss.SetCentroids(coarse.Centroids));
        }

        FaissGate.Run(() => faiss.Train(sample, pass.Cancel));
    }

    private static void Add(FaissIndex faiss, RowSource rows, double[] norms, IndexMetric metric, IndexKind kind, Pass pass)
    {
        int most = kind.Links > 0 || !kind.IsKnown ? GraphRowsPerCall : (int)Math.Clamp(CallProducts / (Math.Max(1, kind.Lists) * (double)rows.Dim), GraphRowsPerCall, MostRowsPerCall);
        float[] block = new float[checked(most * rows.Dim)];
        for (long first = 0; first < rows.Rows; first += most)
        {
            pass.Report("rows", first, rows.Rows);
            int values = (int)Math.Min(most, rows.Rows - first) * rows.Dim;
            IndexRows.Copy(rows, norms, metric, first, block.AsSpan(0, values));
            FaissGate.Run(() => faiss.Add(block.AsSpan(0, values), pass.Cancel));
        }
    }
}
