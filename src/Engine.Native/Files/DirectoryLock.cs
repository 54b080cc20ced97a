using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Engine.Native.Files;

/// <summary>How an attempt to lock a directory ended.</summary>
internal enum LockOutcome
{
    /// <summary>The lock is held by the caller.</summary>
    Acquired,

    /// <summary>Another run holds it.</summary>
    HeldByAnother,

    /// <summary>The file system has no locks.</summary>
    Unsupported,
}

/// <summary>An exclusive lock on a directory, held until it is disposed or the process ends, however it ends.</summary>
/// <remarks>The lock is on the directory itself: there is no lock file that somebody could delete and so let a second run in.</remarks>
internal sealed class DirectoryLock : IDisposable
{
    private readonly SafeFileHandle _directory;

    private DirectoryLock(SafeFileHandle directory) => _directory = directory;

    /// <summary>Tries to lock a directory, without waiting.</summary>
    /// <param name="path">An existing directory.</param>
    /// <param name="held">The lock when the outcome is <see cref="LockOutcome.Acquired"/>, else null.</param>
    /// <exception cref="IOException">The directory cannot be opened or locked for another reason; <c>HResult</c> is the system's error number.</exception>
    public static LockOutcome TryAcquire(string path, out DirectoryLock? held)
    {
        held = null;
        SafeFileHandle directory = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloseOnExec | LibC.OpenDirectory);
        if (directory.IsInvalid)
        {
            IOException refused = Errno.Last("open directory", path);
            directory.Dispose();
            throw refused;
        }

        int errno;
        do
        {
            if (LibC.Flock(directory, LibC.LockExclusive | LibC.LockNonBlocking) == 0)
            {
                held = new DirectoryLock(directory);
                return LockOutcome.Acquired;
            }

            errno = Marshal.GetLastPInvokeError();
        }
        while (errno == Errno.Interrupted);

        directory.Dispose();
        return errno switch
        {
            Errno.TryAgain => LockOutcome.HeldByAnother,
            Errno.NoLocks or Errno.NotSupported => LockOutcome.Unsupported,
            _ => throw Errno.For(errno, "lock directory", path),
        };
    }

    /// <summary>Lets the next run in.</summary>
    public void Dispose()
    {
        // A process that was forked a moment ago may still hold a copy of the descriptor; unlocking lets go whoever holds copies, closing does not.
        if (!_directory.IsClosed) _ = LibC.Flock(_directory, LibC.Unlock);
        _directory.Dispose();
    }
}
