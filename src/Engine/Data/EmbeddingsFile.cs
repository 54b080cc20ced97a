using Engine.Kernels;

namespace Engine.Data;

/// <summary>Opens embeddings: .npy, .safetensors, .fbin, .u8bin, .i8bin, Parquet or raw rows, one file or shards. Rows stay in the files, mapped into memory; those of Parquet are unpacked into a temporary file.</summary>
public static class EmbeddingsFile
{
    /// <summary>Opens the files as one matrix, in the order given.</summary>
    /// <param name="input">The files and what the plan says about them.</param>
    /// <param name="files">Keeps the opened files; dispose it after the embeddings.</param>
    /// <param name="pass">Cancellation, and progress in rows of what must be unpacked; none when null.</param>
    /// <returns>[rows x dim]; float64 and unsigned bytes appear as float32. Values are not looked at.</returns>
    /// <exception cref="EngineException">A file is missing, broken, or disagrees with the plan or another shard: exit 4. It cannot be read, or unpacked: exit 7. Parquet needs libduckdb and it is not there: exit 9.</exception>
    public static Embeddings Open(EmbeddingsInput input, InputFiles files, Pass? pass = null)
    {
        FileRows found = MatrixFiles.Open(input, files, pass ?? Pass.Unwatched);
        RowSource rows = found.Matrix;
        if (rows.Rows <= Array.MaxLength) return new Embeddings(rows, input.Written) { Origin = found };
        rows.Dispose();
        throw EngineException.Input(input.Written, "ROWS", $"the input has {rows.Rows} rows, but at most {Array.MaxLength} can be chosen from. Split the pool.");
    }
}
