using Engine.Data;
using Engine.Kernels;

namespace Engine.Indexes;

/// <summary>Searches an index file for the nearest rows of other vectors.</summary>
/// <param name="File">The index file as the user wrote it.</param>
/// <param name="Matrix">The matrix that the index was made of.</param>
/// <param name="Queries">The vectors whose nearest rows are wanted.</param>
internal sealed record IndexLookup(string File, EmbeddingsInput Matrix, EmbeddingsInput Queries)
{
    /// <summary>Rows wanted for each query.</summary>
    public int Depth { get; init; } = 10;

    /// <summary>The share of the truly nearest rows that must be found.</summary>
    public double RecallAtLeast { get; init; } = 0.95;

    /// <summary>Worker threads, 0 for one per processor; changes nothing but time.</summary>
    public int Threads { get; init; }

    /// <summary>Reads what an index file says of itself and checks every byte of it; needs no library.</summary>
    /// <param name="path">The file as the user wrote it.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="EngineException">It is no index file or damaged: exit 4. It cannot be read: exit 7.</exception>
    public static IndexTrailer Describe(string path, CancellationToken cancel)
    {
        using InputFile file = InputFile.Open(Path.GetFullPath(path), path);
        IndexTrailer trailer = IndexTrailer.Read(file);
        trailer.Verify(file, new Pass(cancel: cancel));
        return trailer;
    }

    /// <summary>Searches.</summary>
    /// <param name="cancel">Stops it.</param>
    /// <returns>One list per query, and what was measured.</returns>
    /// <exception cref="EngineException">A file is missing, wrong or of another matrix: exit 4. FAISS is missing: exit 9. It found less than it must: exit 12.</exception>
    public IndexAnswer Run(CancellationToken cancel)
    {
        Pass pass = new(cancel: cancel);
        using InputFiles files = new();
        InputFile stored = files.Open(Path.GetFullPath(File), File);
        IndexTrailer trailer = IndexTrailer.Read(stored);
        using Embeddings rows = EmbeddingsFile.Open(Matrix, files, pass), asked = EmbeddingsFile.Open(Queries, files, pass);
        if (asked.Dim != rows.Dim) throw EngineException.Input(asked.Name, "DIM", $"the queries have {asked.Dim} elements, but {rows.Name} has {rows.Dim}. Embed both with one model.");
        if (asked.Rows == 0) throw EngineException.Input(asked.Name, "EMPTY", "there is no query, expected at least one.");
        if (Depth > rows.Rows) throw EngineException.Input(rows.Name, "DEPTH", $"{Depth} rows are wanted for each query, but the matrix has only {rows.Rows}. Ask for fewer.");
        using IKernels kernels = KernelSets.Best(Threads);
        bool cosine = trailer.Metric == IndexMetric.Cosine;
        double[] norms = cosine ? rows.CosineNorms(kernels, pass) : rows.Norms(kernels, pass);
        if (cosine) asked.CosineNorms(kernels, pass);
        else asked.Norms(kernels, pass);

        float[] vectors = new float[checked(asked.Rows * asked.Dim)];
        IndexRows.Copy(asked.Matrix, [], IndexMetric.L2, 0, vectors);
        QueryGroups queries = new(vectors, asked.Dim, [.. Enumerable.Range(0, (int)asked.Rows + 1)]);
        using IndexedSearch search = new(
            rows.Matrix, norms, new VectorQueries(rows.Matrix, norms, queries, kernels, trailer.Metric), trailer.Metric, new SearchGoal { RecallAtLeast = RecallAtLeast },
            () => IndexFile.Read(stored, rows.Matrix, rows.Name, trailer.Metric, pass), kernels, new RandomStream(0, "index search"), pass);
        search.Prepare(Depth);
        RecallEstimate recall = search.Recall!;
        if (recall.Recall < RecallAtLeast)
        {
            throw new EngineException(new EngineError(ExitCode.QualityGate, "RECALL",
                FormattableString.Invariant($"the index {trailer.Factory} found {recall.Recall:F4} of the {recall.Depth} truly nearest rows of {recall.Queries} sampled queries, expected {RecallAtLeast}. Build another kind of index, or ask for less: --recall-at-least."), File));
        }

        RankedRows[] lists = search.Find([.. Enumerable.Range(0, queries.Count)], Depth);
        files.Verify();
        IReadOnlyList<IndexHit> hits = [.. lists.SelectMany((list, query) => list.Rows.Select((row, i) => new IndexHit(query, i + 1, row, cosine ? list.Scores[i] : Math.Sqrt(list.Scores[i]))))];
        return new IndexAnswer(trailer.Metric, hits, recall, search.Index.Kind.Parameter, search.Index.Parameter);
    }
}

/// <summary>What a search found.</summary>
/// <param name="Metric">What it ranks by.</param>
/// <param name="Hits">By query, then by rank.</param>
/// <param name="Recall">What was measured.</param>
/// <param name="Parameter">The parameter that was tuned, or null.</param>
/// <param name="Value">Its value.</param>
internal sealed record IndexAnswer(IndexMetric Metric, IReadOnlyList<IndexHit> Hits, RecallEstimate Recall, string? Parameter, int Value);

/// <summary>A row that was found.</summary>
/// <param name="Query">The query, from 0.</param>
/// <param name="Rank">Its place in the query's list, from 1.</param>
/// <param name="Row">The row, from 0.</param>
/// <param name="Score">Its cosine, or its Euclidean distance.</param>
internal readonly record struct IndexHit(int Query, int Rank, int Row, double Score);
