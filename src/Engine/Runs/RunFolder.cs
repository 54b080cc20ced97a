using Engine.Native.Files;
using Engine.Plans;

namespace Engine.Runs;

/// <summary>The folder a run leaves its results in. Everything is made in a staging folder inside it and appears, file by file and the manifest last, only when all of it is right.</summary>
/// <remarks>
/// A refused or failed run takes its staging away again, and the folders it made; earlier results stay as they were. A run that was stopped or killed
/// leaves the staging with the steps it had finished, and the next run of the same plan goes on from there.
/// </remarks>
internal sealed class RunFolder : IDisposable
{
    private const int LockAttempts = 3;

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

    private readonly Plan _plan;
    private readonly DirectoryLock _lock;
    private readonly FileIdentity _place;
    private readonly string? _firstCreated;
    private IReadOnlyList<string> _old = [];
    private bool _keep;

    private RunFolder(string path, Plan plan, DirectoryLock held, string? firstCreated)
    {
        Path = path;
        _plan = plan;
        Staging = new Staging(path);
        _lock = held;
        _place = FileFailure.Guard(path, () => FileIdentity.Of(path)) ?? throw Gone(path);
        _firstCreated = firstCreated;
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Where the run makes its files.</summary>
    public Staging Staging { get; }

    /// <summary>True when the folder already holds this plan's finished results and the run was asked to resume.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>True when the results were made by an earlier run that was interrupted while they appeared, and appeared now.</summary>
    public bool WasCompleted { get; private set; }

    /// <summary>True when an unfinished run of this plan was found.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>Whether the path still leads to the folder that was locked; what stands there otherwise is somebody else's.</summary>
    private bool IsInPlace => FileFailure.Guard(Path, () => FileIdentity.Of(Path)) is { } there && there.IsSameFile(_place);

    /// <summary>Opens or makes the folder, locks it, and decides by <c>run.onExisting</c> what to do with what it holds.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="identity">The plan's identity.</param>
    /// <exception cref="EngineException">Exit 6: results are there, or another run holds the folder. Exit 7: it cannot be made. Exit 10: another plan's results, or a checkpoint that cannot be used.</exception>
    public static RunFolder Open(string path, Plan plan, string identity)
    {
        if (Obstacle.At(path) is { Kind: not FileKind.Directory } there)
            throw Refuse(ExitCode.Io, "NOT_A_FOLDER", path, $"found {there.What}, expected a folder or nothing. Choose another run.dir.");
        if (Obstacle.OnTheWayTo(path) is { } blocked)
            throw Refuse(ExitCode.Io, "NOT_A_FOLDER", path, $"found {blocked.What} at {blocked.Path}, where a folder is needed to hold the run folder. Choose another run.dir.");

        string? firstCreated = FileFailure.Guard(path, () => MadeFolders.Create(path));
        DirectoryLock? held = null;
        try
        {
            held = Acquire(path);
            var folder = new RunFolder(path, plan, held, firstCreated);
            folder.Examine(plan.Run.OnExisting, identity);
            if (!folder.IsFinished && !folder.IsResumed && !folder.IsOthers) folder.Begin(StoredPlan.Of(plan, identity));
            return folder;
        }
        catch
        {
            // Only who holds the lock may take the folder away: to the others it is the winner's.
            if (held is not null) MadeFolders.Remove(path, firstCreated);
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Where a file of the run is made; its folders exist afterwards.</summary>
    /// <param name="relative">Its place in the run folder, such as <c>steps/pick/indices.npy</c>.</param>
    public string Stage(string relative)
    {
        if (!IsInPlace) throw Gone(Path);
        string path = Staging.PathOf(relative);
        FileFailure.Guard(path, () => Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!));
        return path;
    }

    /// <summary>True once this run's results are what the folder will hold, whatever happens.</summary>
    public bool IsAppearing { get; private set; }

    /// <summary>True while the staging is another plan's unfinished run, whose steps are to be used again and which could still go on as it was.</summary>
    public bool IsOthers { get; private set; }

    /// <summary>Makes another plan's unfinished run this plan's.</summary>
    public void Claim(StoredPlan plan)
    {
        if (!IsOthers) return;
        RemoveHanded();
        Staging.Claim(plan);
        IsOthers = false;
    }

    /// <summary>Leaves the staging where it is, whatever happens: a later run goes on from there.</summary>
    public void Keep() => _keep = true;

    /// <summary>Takes the staging away when the run ends, also one that an earlier run left.</summary>
    public void Discard() => _keep = IsAppearing;

    /// <summary>Lets the files of a round appear while the run is unfinished; they become part of its results. Results that the run was to replace go first, because one folder cannot show two runs.</summary>
    /// <param name="round">The round; its files are staged.</param>
    public void HandOut(HandedRound round)
    {
        if (!IsInPlace) throw Gone(Path);
        RemoveReplaced();
        string folder = RoundFiles.FolderOf(round.Step, round.Round), target = System.IO.Path.Combine(Path, folder), staged = Staging.PathOf(folder);
        bool known = Staging.Handed().Any(h => h.Step == round.Step && h.Round == round.Round);
        if (!known && System.IO.Path.Exists(target)) throw Refuse(ExitCode.OutputExists, "EXISTS", target, "found a folder that no run made, expected nothing there. Move it away or choose another run.dir.");
        if (!known) Staging.NoteHanded(round);
        FileFailure.Guard(target, () =>
        {
            string above = System.IO.Path.GetDirectoryName(target)!;
            Directory.CreateDirectory(above);
            if (Directory.Exists(target)) foreach (StagedFile file in round.Files) Durable.Rename(Staging.PathOf(file.Path), System.IO.Path.Combine(Path, file.Path));
            else Directory.Move(staged, target);
            foreach (string changed in new[] { target, above, System.IO.Path.GetDirectoryName(above)!, Path }) Durable.FlushDirectory(changed);
            MadeFolders.Remove(System.IO.Path.GetDirectoryName(staged)!, Staging.PathOf("steps"));
        });
        Keep();
    }

    /// <summary>Lets the staged files appear, the manifest last, and takes the staging and replaced files away.</summary>
    /// <param name="files">Every staged file, the manifest last.</param>
    /// <param name="outside">Outputs outside the folder.</param>
    public void Publish(IReadOnlyList<PublishedFile> files, IReadOnlyList<PublishedFile> outside)
    {
        if (!IsInPlace) throw Gone(Path);
        HashSet<string> old = [.. _old.Select(file => System.IO.Path.Combine(Path, file))];
        foreach (PublishedFile file in files)
        {
            if (!old.Contains(file.Target) && (File.Exists(file.Target) || Directory.Exists(file.Target)))
                throw Refuse(ExitCode.OutputExists, "EXISTS", file.Target, "found a file that no manifest lists, expected nothing there. Move it away or choose another run.dir.");
        }

        using OutputLocks locks = OutputLocks.Acquire(Path, outside.Select(f => f.Target));
        foreach (PublishedFile file in outside)
        {
            if ((File.Exists(file.Target) || Directory.Exists(file.Target)) && !OutputPaths.MayReplace(_plan, Path, file.Target))
                throw Refuse(ExitCode.OutputExists, "EXISTS", file.Target, "found a file where an output goes that was not there when the run began, expected none. Move it away or choose another path.");
        }

        // What the list names must survive a power cut if the list does: a file's own flush says nothing of the folders on the way to it.
        FileFailure.Guard(Path, () =>
        {
            Publication.FlushFolders(files.Select(f => f.Staged), Staging.Folder);
            foreach (PublishedFile file in outside) Durable.FlushDirectory(System.IO.Path.GetDirectoryName(file.Staged)!);
        });
        var publication = new Publication(_old, files, outside);
        try
        {
            publication.Write(Staging);
        }
        catch when (File.Exists(Staging.Publishing))
        {
            // Written but perhaps not on the disk: whoever finds it will finish the job, so what it names must stay.
            Appears();
            throw;
        }

        Appears();
        Complete(publication);
    }

    // What was replaced may be gone from here on, so the new results must never be lost.
    private void Appears()
    {
        IsAppearing = true;
        Keep();
    }

    /// <summary>Takes everything away that was not published or kept, and gives the lock back.</summary>
    public void Dispose()
    {
        bool takeBack = !_keep && IsInPlace;
        if (takeBack) Staging.Delete();
        if (takeBack) MadeFolders.Remove(Path, _firstCreated);
        _lock.Dispose();
    }

    /// <summary>Takes away the finished results that this run replaces: manifest first, so that what is left is never taken for a whole, and the outputs it lists.</summary>
    private void RemoveReplaced()
    {
        string manifest = System.IO.Path.Combine(Path, RunFiles.Manifest);
        if (!File.Exists(manifest)) return;
        FileFailure.Guard(Path, () =>
        {
            IReadOnlyList<string> outputs = ManifestSummary.Read(manifest).Outputs;
            File.Delete(manifest);
            Durable.FlushDirectory(Path);
            ListedFiles.Remove(Path, _old);
            foreach (string file in outputs) File.Delete(file);
            ListedFiles.RemoveEmptyFolders(Path, _old);
        });
        _old = [];
    }

    /// <summary>Takes away what an unfinished run had handed out.</summary>
    private void RemoveHanded()
    {
        string[] files = [.. HandedFiles()];
        FileFailure.Guard(Path, () =>
        {
            ListedFiles.Remove(Path, files);
            ListedFiles.RemoveEmptyFolders(Path, files);
        });
    }

    private IEnumerable<string> HandedFiles() => Staging.Handed().SelectMany(round => round.Files.Select(f => f.Path));

    private void Begin(StoredPlan plan)
    {
        try
        {
            Staging.Begin(plan);
        }
        catch
        {
            Staging.Delete();
            throw;
        }
    }

    private void Complete(Publication publication)
    {
        publication.Complete(Path);
        FileFailure.Guard(Path, () => ListedFiles.RemoveEmptyFolders(Path, publication.Old));
        Staging.Delete();
    }

    private void Examine(OnExisting onExisting, string identity)
    {
        string[] entries = FileFailure.Guard(Path, () => Directory.GetFileSystemEntries(Path));
        if (entries.Length == 0) return;
        if (onExisting == OnExisting.Fail)
        {
            throw Refuse(ExitCode.OutputExists, "EXISTS", Path, Staging.Exists
                ? $"found an unfinished run, expected no folder. Go on with: engine resume {Path}. Or choose another run.dir, or set run.onExisting to \"update\" or \"replace\"."
                : "found a folder that is not empty, expected none. Choose another run.dir, or set run.onExisting to \"update\", \"replace\" or \"resume\".");
        }

        RefuseLinks(Staging.Parts);
        if (onExisting == OnExisting.Resume) ExamineToResume(identity);
        if (!IsFinished) RefuseLinks(_plan.Steps.Select(step => RunFiles.OfStep(step.Name, RunFiles.Indices)));
        if (onExisting == OnExisting.Replace) ExamineToReplace();
        else if (onExisting == OnExisting.Update) ExamineToUpdate(identity);
    }

    /// <summary>Refuses a folder in which files of the run would lie elsewhere, where no later run could replace them.</summary>
    private void RefuseLinks(IEnumerable<string> files)
    {
        if (files.Select(file => ListedFiles.LinkOnTheWay(Path, file)).FirstOrDefault(link => link is not null) is { } link)
            throw Refuse(ExitCode.Io, "NOT_A_FOLDER", Path, $"found a symbolic link at {link}, where the run has a folder of its own. Put a folder in its place or choose another run.dir.");
    }

    private void ExamineToReplace()
    {
        try
        {
            if (Staging.ReadPlan() is not null && Publication.Read(Staging) is { } half)
            {
                half.Verify();
                Complete(half);
            }
        }
        catch (EngineException damaged) when (damaged.Exit == ExitCode.Checkpoint)
        {
            // Nothing can be saved of a damaged checkpoint, and replacing it was asked for.
            _old = Publication.Find(Staging) is { } lost ? ListedFiles.In(Path, lost.Old.Union(lost.Files.Select(f => System.IO.Path.GetRelativePath(Path, f.Target)))) : [];
        }

        _old = [.. OldFiles().Union(_old)];
        RemoveHanded();
    }

    private void ExamineToUpdate(string identity)
    {
        if (Staging.FindPlan() is not { } unfinished || File.Exists(Staging.Publishing))
        {
            ExamineToReplace();
            return;
        }

        _old = [.. OldFiles().Union(HandedFiles())];
        _keep = true;
        IsResumed = unfinished.Identity == identity;
        IsOthers = !IsResumed;
    }

    private void ExamineToResume(string identity)
    {
        if (Staging.ReadPlan() is { } unfinished && unfinished.Identity == identity)
        {
            if (Publication.Read(Staging) is { } publication)
            {
                _keep = IsFinished = WasCompleted = true;
                publication.Verify();
                Complete(publication);
                return;
            }

            _old = [.. OldFiles().Union(HandedFiles())];
            _keep = IsResumed = true;
            return;
        }

        if (File.Exists(System.IO.Path.Combine(Path, RunFiles.Manifest)))
        {
            if (ManifestSummary.Read(System.IO.Path.Combine(Path, RunFiles.Manifest)).Identity != identity)
                throw Refuse(ExitCode.Checkpoint, "OTHER_PLAN", Path, "found the results of another plan, expected this plan's. Choose another run.dir, or set run.onExisting to \"update\" or \"replace\".");
            if (Staging.ReadPlan() is null) Staging.Delete();
            _keep = IsFinished = true;
            return;
        }

        if (Staging.ReadPlan() is not null)
            throw Refuse(ExitCode.Checkpoint, "OTHER_PLAN", Path, "found an unfinished run of another plan, expected this plan's. Choose another run.dir, or set run.onExisting to \"update\" or \"replace\".");
        if (!Staging.Exists)
            throw Refuse(ExitCode.OutputExists, "NOT_A_RUN", Path, "found files but no run that could be resumed: no manifest.json and no unfinished run. Choose the folder of a run, or another run.dir to start one.");
    }

    /// <summary>The files that the manifest lists; none when only a staging is there.</summary>
    private IReadOnlyList<string> OldFiles()
    {
        string manifest = System.IO.Path.Combine(Path, RunFiles.Manifest);
        if (File.Exists(manifest)) return ListedFiles.In(Path, ManifestSummary.Read(manifest).Files);
        return Staging.Exists ? [] : throw Refuse(ExitCode.OutputExists, "NOT_A_RUN", Path,
            "found files but no manifest.json that says which of them a run may remove. Empty the folder or choose another run.dir.");
    }

    private static DirectoryLock Acquire(string path)
    {
        for (int attempt = 1; ; attempt++)
        {
            DirectoryLock? held = null;
            LockOutcome outcome = FileFailure.Guard(path, () => DirectoryLock.TryAcquire(path, out held));
            if (held is not null) return held;
            if (outcome != LockOutcome.HeldByAnother)
                throw Refuse(ExitCode.Io, "NO_LOCKS", path, "the file system has no locks, so two runs could not be kept apart. Put run.dir on a local disk.");
            if (attempt == LockAttempts)
                throw Refuse(ExitCode.OutputExists, "LOCKED", path, "another run holds this folder. Wait for it, or choose another run.dir.");

            // Whoever asks for the folder's status holds the lock for a moment.
            Thread.Sleep(LockPause);
        }
    }

    private static EngineException Gone(string path) =>
        Refuse(ExitCode.Io, "GONE", path, "the run folder was removed, renamed or replaced while the run was at work. Run again when nothing else touches it.");

    private static EngineException Refuse(ExitCode exit, string code, string path, string message) => new(new EngineError(exit, code, message, path));
}
