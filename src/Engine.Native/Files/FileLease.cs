using Microsoft.Win32.SafeHandles;

namespace Engine.Native.Files;

/// <summary>A read lease: the kernel holds up whoever opens the file for writing or truncates it until the lease is given back. Replacing the file by renaming is not held up.</summary>
/// <remarks>
/// Leases are granted to the file's owner (or CAP_LEASE) on local file systems, when nobody has the file open for writing. The kernel waits
/// /proc/sys/fs/lease-break-time seconds at most, 45 by default. It would tell by a signal; here nobody is signalled, because signals belong to the host
/// process: one thread asks every few milliseconds whether a lease is wanted back.
/// </remarks>
internal sealed class FileLease : IDisposable
{
    private const int Milliseconds = 10;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<SafeFileHandle, List<FileLease>> Leases = [];
    private static bool _asking;

    private readonly SafeFileHandle _file;
    private readonly Action _wanted;
    private bool _told;

    private FileLease(SafeFileHandle file, Action wanted) => (_file, _wanted) = (file, wanted);

    /// <summary>Asks for a lease.</summary>
    /// <param name="file">Open for reading; kept open until the lease is given back. The kernel knows one lease for each: several on one are given back with the last.</param>
    /// <param name="wanted">Called once, from another thread, when somebody wants to write: stop reading, then dispose the lease.</param>
    /// <returns>The lease, or null where it is not to be had.</returns>
    public static FileLease? TryTake(SafeFileHandle file, Action wanted)
    {
        var lease = new FileLease(file, wanted);
        lock (Gate)
        {
            if (Leases.TryGetValue(file, out List<FileLease>? sharing))
            {
                sharing.Add(lease);
                return lease;
            }

            bool added = false;
            file.DangerousAddRef(ref added);
            int descriptor = Descriptor(file);

            // SIGURG is ignored by default, unlike SIGIO, which ends the process: it stands in until the kernel knows that nobody is to be told.
            if (LibC.FCntl(descriptor, LibC.SetSignal, LibC.SignalUrgent) != 0 || LibC.FCntl(descriptor, LibC.SetLease, LibC.LeaseRead) != 0)
            {
                file.DangerousRelease();
                return null;
            }

            _ = LibC.FCntl(descriptor, LibC.SetOwner, 0);
            Leases.Add(file, [lease]);
            if (!_asking)
            {
                _asking = true;
                new Thread(Ask, maxStackSize: 256 << 10) { IsBackground = true, Name = "file leases" }.Start();
            }
        }

        return lease;
    }

    /// <summary>Lets the writer go on.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (!Leases.TryGetValue(_file, out List<FileLease>? sharing) || !sharing.Remove(this) || sharing.Count > 0) return;
            Leases.Remove(_file);
            _ = LibC.FCntl(Descriptor(_file), LibC.SetLease, LibC.LeaseNone);
        }

        _file.DangerousRelease();
    }

    private static void Ask()
    {
        List<FileLease> wanted = [];
        for (; ; )
        {
            Thread.Sleep(Milliseconds);
            lock (Gate)
            {
                if (Leases.Count == 0)
                {
                    _asking = false;
                    return;
                }

                // Within the gate no lease is given back, so every descriptor is still its file's. While somebody waits, the kernel answers with what the lease is to become.
                foreach ((SafeFileHandle file, List<FileLease> sharing) in Leases)
                {
                    if (sharing.TrueForAll(lease => lease._told) || LibC.FCntl(Descriptor(file), LibC.GetLease) == LibC.LeaseRead) continue;
                    wanted.AddRange(sharing.Where(lease => !lease._told));
                    sharing.ForEach(lease => lease._told = true);
                }
            }

            foreach (FileLease lease in wanted) lease._wanted();
            wanted.Clear();
        }
    }

    private static int Descriptor(SafeFileHandle file) => (int)file.DangerousGetHandle();
}
