using Engine.Data;
using Engine.Data.Matrices;
using Engine.Kernels;

namespace Engine.Runs;

/// <summary>A computed matrix on its way into a .npy file of the run, mapped when it is whole.</summary>
internal sealed class FileMatrixWriter : IMatrixWriter
{
    private readonly AtomicFile _file;
    private readonly InputFiles _files;
    private readonly string _name;
    private readonly long _rows;
    private readonly int _dim;
    private readonly Action<WrittenFile> _written;

    /// <param name="path">Where the file goes.</param>
    /// <param name="name">The step's name.</param>
    /// <param name="rows">Rows it will have.</param>
    /// <param name="dim">Elements in a row.</param>
    /// <param name="files">Keeps the finished file open until the run is over.</param>
    /// <param name="partial">Full path of the file until it is whole, which a later run knows again.</param>
    /// <param name="part">The rows that an earlier run left there, or null.</param>
    /// <param name="written">Told of the file when it is whole.</param>
    public FileMatrixWriter(string path, string name, long rows, int dim, InputFiles files, string partial, MatrixPart? part, Action<WrittenFile> written)
    {
        _file = new AtomicFile(path, partial, part is null || part.Rows == 0 ? null : new FilePart(part.Bytes, part.Sha256));
        _files = files;
        _name = name;
        (_rows, _dim) = (rows, dim);
        _written = written;
        if (_file.GoesOn) Rows = part!.Rows;
        else NpyWriter.BeginMatrix(_file.Stream, rows, dim);
    }

    /// <inheritdoc/>
    public long Rows { get; private set; }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<float> rows)
    {
        NpyWriter.WriteRows(_file.Stream, rows);
        Rows += rows.Length / _dim;
    }

    /// <inheritdoc/>
    public MatrixPart Settle()
    {
        FilePart part = _file.Settle();
        return new MatrixPart(Rows, part.Bytes, part.Sha256);
    }

    /// <inheritdoc/>
    public RowSource Finish()
    {
        if (Rows != _rows) throw new InvalidOperationException($"{_name}: the matrix has {Rows} of its {_rows} rows.");
        long length = _file.Length;
        _file.Commit();
        _written(new WrittenFile(length, _file.Sha256));
        return EmbeddingsFile.Open(new EmbeddingsInput(_name, [_file.Path], _name), _files).Matrix;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
