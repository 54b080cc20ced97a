using Engine.Native.Files;

namespace Engine.Runs;

/// <summary>Locks on the folders of outputs outside the run folder, held from the last look at them until the outputs are there: of two runs with one output, one sees the other's.</summary>
internal sealed class OutputLocks : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly List<DirectoryLock> _held = [];

    private OutputLocks()
    {
    }

    /// <summary>Takes the locks, waiting for other runs that let their outputs appear there. A file system without locks is left alone.</summary>
    /// <param name="runFolder">Full path of the run folder, which is locked already.</param>
    /// <param name="targets">Full paths of the outputs; their folders exist.</param>
    /// <exception cref="EngineException">Exit 6: another run keeps a folder to itself. Exit 7: a folder cannot be opened.</exception>
    public static OutputLocks Acquire(string runFolder, IEnumerable<string> targets)
    {
        var locks = new OutputLocks();
        try
        {
            FileIdentity? own = FileFailure.Guard(runFolder, () => FileIdentity.Of(runFolder));
            List<(string Path, FileIdentity Identity)> folders = [];
            foreach (string path in targets.Select(t => Path.GetDirectoryName(t)!).Distinct(StringComparer.Ordinal))
                if (FileFailure.Guard(path, () => FileIdentity.Of(path)) is { } there && own?.IsSameFile(there) != true && !folders.Any(f => f.Identity.IsSameFile(there))) folders.Add((path, there));

            // One order for everybody, so that no two runs wait for each other.
            foreach ((string path, _) in folders.OrderBy(f => f.Identity.Device).ThenBy(f => f.Identity.Inode)) locks.Take(path);
            return locks;
        }
        catch
        {
            locks.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DirectoryLock held in _held) held.Dispose();
    }

    private void Take(string path)
    {
        long began = TimeProvider.System.GetTimestamp();
        for (; ; )
        {
            DirectoryLock? held = null;
            LockOutcome outcome = FileFailure.Guard(path, () => DirectoryLock.TryAcquire(path, out held));
            if (held is not null) _held.Add(held);
            if (outcome != LockOutcome.HeldByAnother) return;
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new EngineException(new EngineError(ExitCode.OutputExists, "LOCKED", "another run holds the folder of an output. Wait for it, or choose another path.", path));
            Thread.Sleep(Pause);
        }
    }
}
