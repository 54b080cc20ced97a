using Engine.Kernels;

namespace Engine.Data;

/// <summary>Where computed matrices go: memory for programs, files for runs.</summary>
public interface IMatrixStore
{
    /// <summary>Begins a float32 matrix.</summary>
    /// <param name="name">The step it belongs to.</param>
    /// <param name="rows">Rows it will have.</param>
    /// <param name="dim">Elements in a row.</param>
    /// <param name="part">What <see cref="IMatrixWriter.Settle"/> gave in a run that was interrupted, or null. When it is not there any more, the matrix begins empty.</param>
    IMatrixWriter Create(string name, long rows, int dim, MatrixPart? part = null);
}

/// <summary>The first rows of a matrix that outlive the process.</summary>
/// <param name="Rows">How many; 0 for none.</param>
/// <param name="Bytes">Bytes of the file that holds them.</param>
/// <param name="Sha256">Their hash.</param>
public sealed record MatrixPart(long Rows, long Bytes, string Sha256)
{
    /// <summary>Nothing outlives the process.</summary>
    public static MatrixPart None { get; } = new(0, 0, "");
}

/// <summary>A matrix that is being written, block after block, in row order. Disposed without <see cref="Finish"/>, it leaves nothing.</summary>
public interface IMatrixWriter : IDisposable
{
    /// <summary>Rows it holds; above 0 from the start when it goes on with a part.</summary>
    long Rows { get; }

    /// <summary>Appends rows.</summary>
    /// <param name="rows">Row-major, a whole number of rows.</param>
    void Append(ReadOnlySpan<float> rows);

    /// <summary>Puts the rows so far where they outlive the process, if the store has such a place, and says what they are. Disposing leaves them there then.</summary>
    MatrixPart Settle();

    /// <summary>Ends the matrix, which must have all its rows, and opens it for reading.</summary>
    RowSource Finish();
}

/// <summary>Keeps matrices in memory; a matrix is limited to 2^31 elements there.</summary>
public sealed class MemoryMatrixStore : IMatrixStore
{
    /// <inheritdoc/>
    /// <exception cref="EngineException">The matrix has 2^31 elements or more. Exit 8.</exception>
    public IMatrixWriter Create(string name, long rows, int dim, MatrixPart? part = null)
    {
        if (rows > Array.MaxLength / dim)
        {
            throw new EngineException(new EngineError(ExitCode.Memory, "MEMORY",
                $"{name}: a matrix of {rows} x {dim} does not fit one array in memory. Run it as a plan, which keeps matrices in files."));
        }

        return new Writer(rows, dim);
    }

    private sealed class Writer(long rows, int dim) : IMatrixWriter
    {
        private readonly float[] _values = new float[rows * dim];
        private int _filled;

        public long Rows => _filled / dim;

        public MatrixPart Settle() => MatrixPart.None;

        public void Append(ReadOnlySpan<float> more)
        {
            more.CopyTo(_values.AsSpan(_filled));
            _filled += more.Length;
        }

        public RowSource Finish() => _filled == _values.Length
            ? ArrayRows.From(_values, dim)
            : throw new InvalidOperationException($"The matrix has {_filled / dim} of its {rows} rows.");

        public void Dispose()
        {
        }
    }
}
