using Engine.Data;

namespace Engine.Runs;

/// <summary>A written file's size and hash.</summary>
internal readonly record struct WrittenFile(long Bytes, string Sha256);

/// <summary>The files of one run on their way: made in the staging folder, or beside their target when they lie outside the run folder, and let appear together.</summary>
internal sealed class RunOutputs(RunFolder folder) : IMatrixStore, IDisposable
{
    private readonly List<string> _staged = [];
    private readonly Dictionary<string, WrittenFile> _written = [];
    private readonly List<AtomicFile> _outside = [];
    private readonly List<(string Path, string? FirstCreated)> _folders = [];
    private readonly InputFiles _computed = new();

    /// <summary>Every staged file by its place in the run folder.</summary>
    public IReadOnlyDictionary<string, WrittenFile> Written => _written;

    /// <summary>Makes a file of the run folder.</summary>
    public WrittenFile Write(string relative, Action<Stream> write)
    {
        using var file = new AtomicFile(folder.Stage(relative));
        write(file.Stream);
        long length = file.Length;
        file.Commit();
        var written = new WrittenFile(length, file.Sha256);
        Add(relative, written);
        return written;
    }

    /// <summary>Makes a file outside the run folder, which appears only when the run publishes.</summary>
    public WrittenFile WriteOutside(string path, Action<Stream> write)
    {
        string parent = Path.GetDirectoryName(path)!;
        _folders.Add((parent, FileFailure.Guard(path, () => RunFolder.CreateFolders(parent))));
        var file = new AtomicFile(path);
        _outside.Add(file);
        write(file.Stream);
        long length = file.Length;
        file.Seal();
        return new WrittenFile(length, file.Sha256);
    }

    /// <inheritdoc/>
    public IMatrixWriter Create(string name, long rows, int dim)
    {
        string relative = RunFiles.OfStep(name, "embeddings.npy");
        return new FileMatrixWriter(folder.Stage(relative), name, rows, dim, _computed, written => Add(relative, written));
    }

    /// <summary>Lets everything appear; <see cref="RunFiles.Manifest"/> must be the last file written.</summary>
    public void Publish() => folder.Publish(_staged, () =>
    {
        foreach (AtomicFile file in _outside) file.Commit();
    });

    /// <summary>Takes away what was written outside and not published, and the folders that were made for it.</summary>
    public void Dispose()
    {
        foreach (AtomicFile file in _outside) file.Dispose();
        foreach ((string path, string? firstCreated) in Enumerable.Reverse(_folders)) RunFolder.RemoveCreated(path, firstCreated);
        _computed.Dispose();
    }

    private void Add(string relative, WrittenFile written)
    {
        _staged.Add(relative);
        _written.Add(relative, written);
    }
}
