using System.Security.Cryptography;
using System.Text;
using Engine.Data;

namespace Engine.Runs;

/// <summary>A written file's size and hash.</summary>
internal readonly record struct WrittenFile(long Bytes, string Sha256);

/// <summary>The files of one run on their way: made in the staging folder, or beside their target when they lie outside the run folder, and let appear together.</summary>
internal sealed class RunOutputs(RunFolder folder, MatrixIo io = MatrixIo.Map) : IMatrixStore, IDisposable
{
    private readonly List<string> _staged = [];
    private readonly Dictionary<string, WrittenFile> _written = [];
    private readonly List<AtomicFile> _outside = [];
    private readonly List<(string Path, string? FirstCreated)> _folders = [];

    /// <summary>Every staged file by its place in the run folder.</summary>
    public IReadOnlyDictionary<string, WrittenFile> Written => _written;

    /// <summary>Staged files that are read again, open until the run is over.</summary>
    public InputFiles Computed { get; } = new() { Io = io };

    /// <summary>Makes a file of the run folder.</summary>
    public WrittenFile Write(string relative, Action<Stream> write)
    {
        using var file = new AtomicFile(folder.Stage(relative));
        write(file.Stream);
        long length = file.Length;
        file.Commit();
        var written = new WrittenFile(length, file.Sha256);
        Adopt(relative, written);
        return written;
    }

    /// <summary>Takes over a file that is staged already.</summary>
    public void Adopt(string relative, WrittenFile written)
    {
        _staged.Add(relative);
        _written.Add(relative, written);
    }

    /// <summary>Makes a file outside the run folder, which appears only when the run publishes.</summary>
    public WrittenFile WriteOutside(string path, Action<Stream> write)
    {
        string place = Path.GetDirectoryName(path)!;
        _folders.Add((place, FileFailure.Guard(path, () => MadeFolders.Create(place))));
        string temporary = TemporaryName(path);
        folder.Staging.NoteOutside(Path.Combine(place, temporary));
        var file = new AtomicFile(path, temporary);
        _outside.Add(file);
        write(file.Stream);
        long length = file.Length;
        file.Seal();
        return new WrittenFile(length, file.Sha256);
    }

    /// <inheritdoc/>
    public IMatrixWriter Create(string name, long rows, int dim, MatrixPart? part = null)
    {
        string relative = RunFiles.OfStep(name, "embeddings.npy");
        return new FileMatrixWriter(folder.Stage(relative), name, rows, dim, Computed, folder.Staging.PartialMatrix(name), part, written => Adopt(relative, written));
    }

    /// <summary>Lets everything appear; <see cref="RunFiles.Manifest"/> must be the last file written.</summary>
    public void Publish()
    {
        PublishedFile[] files = [.. _staged.Select(file => PublishedFile.Of(folder.Staging, file, _written[file].Sha256))];
        PublishedFile[] outside = [.. _outside.Select(file => new PublishedFile(file.Temporary, file.Path, file.Sha256))];
        folder.Publish(files, outside);
    }

    /// <summary>Takes away what was written outside, and the folders that were made for it, unless it is to appear.</summary>
    public void Dispose()
    {
        Computed.Dispose();
        if (folder.IsAppearing) return;
        foreach (AtomicFile file in _outside) file.Dispose();
        foreach ((string path, string? firstCreated) in Enumerable.Reverse(_folders)) MadeFolders.Remove(path, firstCreated);
    }

    // Two runs may write beside each other, never with one folder and one target: the name is this run's alone and the same when it is resumed.
    private string TemporaryName(string path)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{folder.Path}\n{path}"));
        string name = Path.GetFileName(path);
        return $".{(name.Length <= 50 ? name : name[..50])}.tmp-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}";
    }
}
