using System.Text;
using Engine.Data;
using Engine.Native.Files;
using Engine.Plans;

namespace Engine.Runs;

/// <summary>The folder a run leaves its results in. Everything is made in a staging folder inside it and appears, file by file and the manifest last, only when all of it is right.</summary>
/// <remarks>
/// A refused or failed run takes its staging away again, and the folders it made; earlier results stay as they were.
/// A run that was killed leaves the staging, which the next one may take over: <c>identity</c> in it says whose it is, and
/// <c>publishing</c>, present once files begin to appear, lists them.
/// </remarks>
internal sealed class RunFolder : IDisposable
{
    private const string StagingName = ".staging";
    private const string IdentityName = "identity";
    private const string PublishingName = "publishing";

    private readonly DirectoryLock _lock;
    private readonly FileIdentity _place;
    private readonly string? _firstCreated;
    private readonly IReadOnlyList<string> _old;
    private bool _published;

    private RunFolder(string path, DirectoryLock held, string? firstCreated, IReadOnlyList<string> old, bool finished)
    {
        Path = path;
        _lock = held;
        _place = FileFailure.Guard(path, () => FileIdentity.Of(path)) ?? throw Gone(path);
        _firstCreated = firstCreated;
        _old = old;
        IsFinished = finished;
        _published = finished;
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>True when the folder already holds this plan's finished results and the run was asked to resume.</summary>
    public bool IsFinished { get; }

    /// <summary>Files, relative to the folder, that a replaced run left and this one may overwrite or remove.</summary>
    public IReadOnlyList<string> Old => _old;

    /// <summary>Whether the path still leads to the folder that was locked; what stands there otherwise is somebody else's.</summary>
    private bool IsInPlace => FileFailure.Guard(Path, () => FileIdentity.Of(Path)) is { } there && there.IsSameFile(_place);

    private string Staging => System.IO.Path.Combine(Path, StagingName);

    /// <summary>Opens or makes the folder, locks it, and decides by <paramref name="onExisting"/> what to do with what it holds.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="onExisting">What to do with earlier results.</param>
    /// <param name="identity">The plan's identity.</param>
    /// <exception cref="EngineException">Exit 6: results are there, or another run holds the folder. Exit 7: it cannot be made. Exit 10: another plan's results.</exception>
    public static RunFolder Open(string path, OnExisting onExisting, string identity)
    {
        if (File.Exists(path) || (new FileInfo(path).LinkTarget is not null && !Directory.Exists(path)))
            throw Refuse(ExitCode.Io, "NOT_A_FOLDER", path, "found a file or a broken link, expected a folder or nothing. Choose another run.dir.");

        string? firstCreated = FileFailure.Guard(path, () => CreateFolders(path));
        DirectoryLock? held = null;
        try
        {
            LockOutcome outcome = FileFailure.Guard(path, () => DirectoryLock.TryAcquire(path, out held));
            if (held is null) throw NotLocked(path, outcome);
            (IReadOnlyList<string> old, bool finished) = Examine(path, onExisting, identity);
            var folder = new RunFolder(path, held, firstCreated, old, finished);
            if (!finished) folder.BeginStaging(identity);
            return folder;
        }
        catch
        {
            held?.Dispose();
            RemoveCreated(path, firstCreated);
            throw;
        }
    }

    /// <summary>Where a file of the run is made; its folders exist afterwards.</summary>
    /// <param name="relative">Its place in the run folder, such as <c>steps/pick/indices.npy</c>.</param>
    public string Stage(string relative)
    {
        if (!IsInPlace) throw Gone(Path);
        string path = System.IO.Path.Combine(Staging, "files", relative);
        FileFailure.Guard(path, () => Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!));
        return path;
    }

    /// <summary>Lets the staged files appear, the manifest last, and takes the staging and replaced files away.</summary>
    /// <param name="relative">Every staged file, the manifest last.</param>
    /// <param name="commitOutside">Lets outputs outside the folder appear, between the old files' end and the new manifest.</param>
    public void Publish(IReadOnlyList<string> relative, Action commitOutside)
    {
        if (!IsInPlace) throw Gone(Path);
        foreach (string file in relative)
        {
            string target = System.IO.Path.Combine(Path, file);
            if (!_old.Contains(file) && (File.Exists(target) || Directory.Exists(target)))
                throw Refuse(ExitCode.OutputExists, "EXISTS", target, "found a file that no manifest lists, expected nothing there. Move it away or choose another run.dir.");
        }

        FileFailure.Guard(Path, () =>
        {
            WriteDurably(System.IO.Path.Combine(Staging, PublishingName), string.Join('\n', _old.Union(relative)));
            foreach (string file in _old.Reverse()) File.Delete(System.IO.Path.Combine(Path, file));
            for (int i = 0; i < relative.Count; i++)
            {
                if (i == relative.Count - 1) commitOutside();
                string target = System.IO.Path.Combine(Path, relative[i]);
                string folder = System.IO.Path.GetDirectoryName(target)!;
                Directory.CreateDirectory(folder);
                File.Move(Stage(relative[i]), target, overwrite: true);
                Durable.FlushDirectory(folder);
            }
        });
        _published = true;
        RemoveEmptyFolders(Path, _old);
        DeleteStaging(Path);
    }

    /// <summary>Takes everything away that was not published, and gives the lock back.</summary>
    public void Dispose()
    {
        bool takeBack = !_published && IsInPlace;
        if (takeBack) DeleteStaging(Path);
        _lock.Dispose();
        if (takeBack) RemoveCreated(Path, _firstCreated);
    }

    private void BeginStaging(string identity)
    {
        DeleteStaging(Path);
        try
        {
            FileFailure.Guard(Staging, () =>
            {
                Directory.CreateDirectory(Staging);
                WriteDurably(System.IO.Path.Combine(Staging, IdentityName), identity);
            });
        }
        catch
        {
            DeleteStaging(Path);
            throw;
        }
    }

    private static (IReadOnlyList<string> Old, bool Finished) Examine(string path, OnExisting onExisting, string identity)
    {
        string[] entries = FileFailure.Guard(path, () => Directory.GetFileSystemEntries(path));
        if (entries.Length == 0) return ([], false);
        if (onExisting == OnExisting.Fail)
        {
            throw Refuse(ExitCode.OutputExists, "EXISTS", path,
                "found a folder that is not empty, expected none. Choose another run.dir, or set run.onExisting to \"replace\" or \"resume\".");
        }

        string manifest = System.IO.Path.Combine(path, RunFiles.Manifest);
        string left = System.IO.Path.Combine(path, StagingName);
        if (File.Exists(manifest))
        {
            ManifestSummary summary = ManifestSummary.Read(manifest);
            if (onExisting == OnExisting.Replace) return (summary.Files, false);
            return summary.Identity == identity
                ? (summary.Files, true)
                : throw Refuse(ExitCode.Checkpoint, "OTHER_PLAN", path, "found the results of another plan, expected this plan's. Choose another run.dir, or set run.onExisting to \"replace\".");
        }

        if (!Directory.Exists(left))
        {
            throw Refuse(ExitCode.OutputExists, "NOT_A_RUN", path,
                "found files but no manifest.json that says which of them a run may remove. Empty the folder or choose another run.dir.");
        }

        string owner = System.IO.Path.Combine(left, IdentityName);
        if (onExisting == OnExisting.Resume && File.Exists(owner) && File.ReadAllText(owner) != identity)
            throw Refuse(ExitCode.Checkpoint, "OTHER_PLAN", path, "found an unfinished run of another plan, expected this plan's. Choose another run.dir, or set run.onExisting to \"replace\".");
        string publishing = System.IO.Path.Combine(left, PublishingName);
        return (File.Exists(publishing) ? ManifestSummary.SafeRelative(File.ReadAllLines(publishing)) : [], false);
    }

    private static EngineException NotLocked(string path, LockOutcome outcome) => outcome == LockOutcome.HeldByAnother
        ? Refuse(ExitCode.OutputExists, "LOCKED", path, "another run holds this folder. Wait for it, or choose another run.dir.")
        : Refuse(ExitCode.Io, "NO_LOCKS", path, "the file system has no locks, so two runs could not be kept apart. Put run.dir on a local disk.");

    /// <summary>Makes a folder and those above it that are missing.</summary>
    /// <returns>The outermost one made, or null.</returns>
    internal static string? CreateFolders(string path)
    {
        string? first = null;
        for (string? at = path; at is not null && !Directory.Exists(at); at = System.IO.Path.GetDirectoryName(at)) first = at;
        try
        {
            Directory.CreateDirectory(path);
            return first;
        }
        catch
        {
            RemoveCreated(path, first);
            throw;
        }
    }

    /// <summary>Removes the folders this run made, from the inside out, as long as they are empty.</summary>
    internal static void RemoveCreated(string path, string? firstCreated)
    {
        if (firstCreated is null) return;
        for (string? at = path; at is not null && at.Length >= firstCreated.Length; at = System.IO.Path.GetDirectoryName(at))
        {
            if (!Directory.Exists(at)) continue;
            if (Directory.EnumerateFileSystemEntries(at).Any()) return;
            Directory.Delete(at);
        }
    }

    private static void RemoveEmptyFolders(string path, IReadOnlyList<string> files)
    {
        foreach (string folder in files.Select(f => System.IO.Path.GetDirectoryName(f)!).Where(f => f.Length > 0).Distinct().OrderByDescending(f => f.Length))
        {
            for (string at = folder; at.Length > 0; at = System.IO.Path.GetDirectoryName(at) ?? "")
            {
                string full = System.IO.Path.Combine(path, at);
                if (!Directory.Exists(full) || Directory.EnumerateFileSystemEntries(full).Any()) break;
                Directory.Delete(full);
            }
        }
    }

    private static void DeleteStaging(string path)
    {
        string staging = System.IO.Path.Combine(path, StagingName);
        if (Directory.Exists(staging)) FileFailure.Guard(staging, () => Directory.Delete(staging, recursive: true));
    }

    private static void WriteDurably(string path, string text)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        FileBytes.Write(stream, Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }

    private static EngineException Gone(string path) =>
        Refuse(ExitCode.Io, "GONE", path, "the run folder was removed, renamed or replaced while the run was at work. Run again when nothing else touches it.");

    private static EngineException Refuse(ExitCode exit, string code, string path, string message) => new(new EngineError(exit, code, message, path));
}
