using System.Globalization;
using System.Security.Cryptography;
using Engine.Data;
using Engine.Kernels;
using Engine.Native.Faiss;

namespace Engine.Indexes;

/// <summary>Index files: written whole or not at all, and given to FAISS only when every byte is what was written, because FAISS trusts what it reads.</summary>
internal static class IndexFile
{
    /// <summary>Writes an index with its trailer.</summary>
    /// <param name="index">The index.</param>
    /// <param name="matrix">The <see cref="MatrixHash"/> of its rows.</param>
    /// <param name="path">Where; replaced when it is there.</param>
    /// <param name="pass">Cancellation.</param>
    /// <exception cref="EngineException">It cannot be written: exit 7.</exception>
    public static IndexTrailer Write(VectorIndex index, string matrix, string path, Pass pass)
    {
        using AtomicFile target = new(path);
        using FileStream scratch = Nameless(target.Temporary + "-faiss", path);
        try
        {
            // FAISS wants a name; that of an open file is one that nobody else can take.
            index.Faiss.Write(NameOf(scratch.SafeFileHandle));
        }
        catch (FaissException refused)
        {
            throw IoError.Writing(path, new IOException(refused.Message.TrimEnd(), refused));
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        long length = 0;
        for (int count; (count = scratch.Read(buffer)) > 0; length += count)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, count));
            target.Stream.Write(buffer.AsSpan(0, count));
        }

        IndexTrailer trailer = new(index.Kind.Factory, index.Metric, index.Rows, index.Dim, matrix, length, Convert.ToHexStringLower(hash.GetHashAndReset()), FaissGate.Version);
        target.Stream.Write(trailer.ToBytes());
        target.Commit();
        return trailer;
    }

    /// <summary>Reads an index that must be of this matrix.</summary>
    /// <param name="file">The file.</param>
    /// <param name="rows">The matrix.</param>
    /// <param name="matrixName">How messages call the matrix.</param>
    /// <param name="metric">What must be ranked by.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <exception cref="EngineException">It is no index, damaged, or of another matrix or metric: exit 4. FAISS is missing: exit 9.</exception>
    public static VectorIndex Read(InputFile file, RowSource rows, string matrixName, IndexMetric metric, Pass pass)
    {
        IndexTrailer trailer = IndexTrailer.Read(file);
        if (trailer.Metric != metric)
            throw Other(file, "METRIC", $"the index ranks by {IndexTrailer.Word(trailer.Metric)}, but {IndexTrailer.Word(metric)} is needed here. Build one with --metric {IndexTrailer.Word(metric)}.");
        if (trailer.Dim != rows.Dim) throw Other(file, "DIM", $"the index has vectors of {trailer.Dim} elements, but those of {matrixName} have {rows.Dim}. Build an index of that matrix.");
        if (trailer.Rows != rows.Rows) throw Other(file, "ROWS", $"the index has {trailer.Rows} rows, but {matrixName} has {rows.Rows}. Build an index of that matrix.");
        string hash = MatrixHash.Of(rows, pass);
        if (trailer.Matrix != hash)
            throw Other(file, "MATRIX", $"the index is of other vectors: it was built of a matrix with the hash {Short(trailer.Matrix)}, but {matrixName} has {Short(hash)}. Build an index of that matrix.");
        return Open(file, trailer, pass);
    }

    /// <summary>Gives FAISS a file whose trailer was read.</summary>
    public static VectorIndex Open(InputFile file, IndexTrailer trailer, Pass pass)
    {
        trailer.Verify(file, pass);
        FaissIndex faiss;
        try
        {
            // The open file itself, and not what may lie at its path by now.
            faiss = FaissIndex.Read(NameOf(file.Handle));
        }
        catch (FaissException refused)
        {
            throw EngineException.Input(file.Name, "INDEX", $"FAISS {FaissGate.Version} cannot read the index, which FAISS {trailer.Library} wrote: {refused.Message.TrimEnd()}. Build it again with this library: engine index build.");
        }
        catch (Exception missing) when (missing is Native.NativeLibraryMissingException or InsufficientMemoryException)
        {
            FaissGate.Run(() => throw missing);
            throw;
        }

        VectorIndex index = new(faiss, new IndexKind(trailer.Factory), trailer.Metric);
        if (index.Rows == trailer.Rows && index.Dim == trailer.Dim && faiss.Metric == (trailer.Metric == IndexMetric.Cosine ? FaissMetric.InnerProduct : FaissMetric.SquaredL2)) return index;
        index.Dispose();
        throw EngineException.Input(file.Name, "DAMAGED", $"the index file is damaged: FAISS reads {index.Rows} rows of {index.Dim}, expected {trailer.Rows} of {trailer.Dim}. Build it again: engine index build.");
    }

    private static EngineException Other(InputFile file, string code, string message) => EngineException.Input(file.Name, code, message);

    private static string Short(string hash) => hash[..Math.Min(16, hash.Length)];

    private static string NameOf(Microsoft.Win32.SafeHandles.SafeFileHandle file) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}");

    private static FileStream Nameless(string path, string shown)
    {
        try
        {
            FileStream stream = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            File.Delete(path);
            return stream;
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Writing(shown, refused);
        }
    }
}
