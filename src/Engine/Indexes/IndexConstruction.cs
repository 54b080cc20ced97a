using Engine.Data;
using Engine.Kernels;
using Engine.Native.Files;

namespace Engine.Indexes;

/// <summary>Makes an index file of an embeddings input.</summary>
/// <param name="Source">The files to read.</param>
/// <param name="Target">Absolute path of the file to write.</param>
/// <param name="Written">How messages call the target.</param>
internal sealed record IndexConstruction(EmbeddingsInput Source, string Target, string Written)
{
    /// <summary>What the index ranks by.</summary>
    public IndexMetric Metric { get; init; }

    /// <summary>The kind, or null for the engine's choice.</summary>
    public string? Index { get; init; }

    /// <summary>Most memory for an index that the engine chooses, or null.</summary>
    public long? Memory { get; init; }

    /// <summary>Worker threads, 0 for one per processor; changes nothing but time.</summary>
    public int Threads { get; init; }

    /// <summary>Whether a file that stands at the target is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Makes it. The file appears whole or not at all.</summary>
    /// <param name="cancel">Stops the work and leaves nothing.</param>
    /// <returns>What the file says of itself, and what the user should know.</returns>
    /// <exception cref="EngineException">
    /// The matrix is missing, wrong, or has a zero row for cosines: exit 4. It changed meanwhile: exit 5. The target exists: exit 6. It cannot be written: exit 7. The memory does not suffice: exit 8.
    /// FAISS is missing or refuses: exit 9.
    /// </exception>
    public (IndexTrailer Trailer, IReadOnlyList<string> Warnings) Run(CancellationToken cancel)
    {
        if (Directory.Exists(Target)) throw Refuse(ExitCode.Io, "NOT_A_FILE", "found a folder where the index goes. Choose another path.");
        FileIdentity? there = At();
        if (there is not null && !Force) throw Refuse(ExitCode.OutputExists, "EXISTS", "found a file where the index goes. Move it away, choose another path, or give --force to replace it.");
        _ = FaissGate.Version;
        Pass pass = new(cancel: cancel);
        using InputFiles files = new();
        using Embeddings vectors = EmbeddingsFile.Open(Source, files, pass);
        if (there is { } target && files.Files.FirstOrDefault(file => file.Identity.IsSameFile(target)) is { } same)
            throw Refuse(ExitCode.CommandLine, "OUTPUT", $"the index would replace the input file {same.Name}. Choose another path.");
        if (vectors.Rows == 0) throw EngineException.Input(vectors.Name, "EMPTY", "the matrix has no row, so there is nothing to index.");
        using IKernels kernels = KernelSets.Best(Threads);
        double[] norms = Metric == IndexMetric.Cosine ? vectors.CosineNorms(kernels, pass) : vectors.Norms(kernels, pass);
        IndexKind kind = IndexChoice.Of(vectors.Rows, vectors.Dim, queries: 0, new SearchGoal { Index = Index, IndexMemory = Memory })[0];
        using VectorIndex index = IndexBuilder.Build(vectors.Matrix, norms, Metric, kind, kernels, pass);
        string matrix = MatrixHash.Of(vectors.Matrix, pass);
        files.Verify();
        return (IndexFile.Write(index, matrix, Target, pass), files.Warnings);
    }

    private FileIdentity? At()
    {
        try
        {
            return FileIdentity.Of(Target);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Writing(Written, refused);
        }
    }

    private EngineException Refuse(ExitCode exit, string code, string message) => new(new EngineError(exit, code, message, Written));
}
