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
    private readonly long _values;
    private readonly Action<WrittenFile> _written;
    private long _appended;

    /// <param name="path">Where the file goes.</param>
    /// <param name="name">The step's name.</param>
    /// <param name="rows">Rows it will have.</param>
    /// <param name="dim">Elements in a row.</param>
    /// <param name="files">Keeps the finished file open until the run is over.</param>
    /// <param name="written">Told of the file when it is whole.</param>
    public FileMatrixWriter(string path, string name, long rows, int dim, InputFiles files, Action<WrittenFile> written)
    {
        _file = new AtomicFile(path);
        _files = files;
        _name = name;
        _values = checked(rows * dim);
        _written = written;
        NpyWriter.BeginMatrix(_file.Stream, rows, dim);
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<float> rows)
    {
        NpyWriter.WriteRows(_file.Stream, rows);
        _appended += rows.Length;
    }

    /// <inheritdoc/>
    public RowSource Finish()
    {
        if (_appended != _values) throw new InvalidOperationException($"{_name}: the matrix has {_appended} of its {_values} values.");
        long length = _file.Length;
        _file.Commit();
        _written(new WrittenFile(length, _file.Sha256));
        return EmbeddingsFile.Open(new EmbeddingsInput(_name, [_file.Path], _name), _files).Matrix;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
