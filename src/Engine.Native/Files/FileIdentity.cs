using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Engine.Native.Files;

/// <summary>What a path leads to.</summary>
internal enum FileKind
{
    /// <summary>A regular file on a real file system.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link (only seen where links are not followed).</summary>
    Link,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A character or block device.</summary>
    Device,

    /// <summary>A file that the kernel makes up on reading, as under /proc and /sys: its size says nothing.</summary>
    Kernel,
}

/// <summary>Which file it is and which state of it: equal values mean that nobody wrote to it in between.</summary>
/// <param name="Device">Device number, major in the upper half.</param>
/// <param name="Inode">Inode number on that device.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedSeconds">Time of the last write, seconds since 1970.</param>
/// <param name="ModifiedNanoseconds">Nanoseconds to add.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, long Size, long ModifiedSeconds, uint ModifiedNanoseconds, FileKind Kind)
{
    // From linux/magic.h: proc, sysfs, cgroup, cgroup2, debugfs, tracefs, securityfs, bpf.
    private static readonly long[] KernelFileSystems = [0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163, 0x73636673, 0xcafe4a11];

    /// <summary>True when both name one file, whatever happened to its content.</summary>
    public bool IsSameFile(FileIdentity other) => Device == other.Device && Inode == other.Inode;

    /// <summary>Looks at a path without opening it, so that a pipe or a device can never block or react.</summary>
    /// <param name="path">The path.</param>
    /// <param name="followLinks">Whether a link stands for its target.</param>
    /// <returns>The identity, or null when nothing is there (a link to nothing included, when links are followed).</returns>
    /// <exception cref="IOException">The path cannot be looked at; <c>HResult</c> is the system's error number.</exception>
    public static FileIdentity? Of(string path, bool followLinks = true)
    {
        int flags = followLinks ? 0 : LibC.AtSymlinkNoFollow;
        if (LibC.Statx(LibC.AtFdCwd, path, flags, LibC.StatxBasicStats, out LibC.StatxBuffer stat) == 0) return From(stat);
        int errno = Marshal.GetLastPInvokeError();
        return errno is Errno.NoEntry or Errno.NotDirectory ? null : throw Errno.For(errno, "look at", path);
    }

    /// <summary>Looks at an open file, also after its path was given to another.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public static FileIdentity Of(SafeFileHandle file)
    {
        if (LibC.Statx(file, "", LibC.AtEmptyPath, LibC.StatxBasicStats, out LibC.StatxBuffer stat) != 0) throw Errno.Last("look at an open file", null);
        FileIdentity identity = From(stat);
        if (identity.Kind == FileKind.Regular && LibC.FStatFs(file, out LibC.StatFsBuffer system) == 0 && KernelFileSystems.Contains(system.Type))
            return identity with { Kind = FileKind.Kernel };
        return identity;
    }

    private static FileIdentity From(in LibC.StatxBuffer stat)
    {
        FileKind kind = (stat.Mode & 0xf000) switch
        {
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.Link,
            0x1000 => FileKind.Fifo,
            0xc000 => FileKind.Socket,
            0x8000 => FileKind.Regular,
            _ => FileKind.Device,
        };
        return new FileIdentity((ulong)stat.DeviceMajor << 32 | stat.DeviceMinor, stat.Inode, checked((long)stat.Size), stat.ModifiedSeconds, stat.ModifiedNanoseconds, kind);
    }
}
