using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Engine.Native.Files;

/// <summary>The steps that make a new file survive a power cut: flush the file, rename it, flush its directory.</summary>
/// <remarks>A failed flush is final: the kernel may have dropped the pages already, so trying again would report a success that is none.</remarks>
internal static class Durable
{
    /// <summary>Writes a file's data and length to the disk.</summary>
    /// <exception cref="IOException">The disk refused; the file must be given up.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        if (LibC.FSync(file) != 0) throw Errno.Last("flush", path);
    }

    /// <summary>Gives a file its final name in one step, replacing what was there. Both paths lie in one file system.</summary>
    /// <exception cref="IOException">The system refuses; nothing was changed.</exception>
    public static void Rename(string from, string to)
    {
        if (LibC.Rename(from, to) != 0) throw Errno.Last($"rename '{from}' to", to);
    }

    /// <summary>Gives a file a second name, or copies it durably where the file system has no links or refuses one.</summary>
    /// <returns>True when both names are one file now.</returns>
    /// <exception cref="IOException">It can be neither linked nor copied.</exception>
    /// <exception cref="UnauthorizedAccessException">It may be neither linked nor read.</exception>
    public static bool LinkOrCopy(string from, string to)
    {
        if (LibC.Link(from, to) == 0) return true;
        using FileStream source = File.OpenRead(from);
        using var copy = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        source.CopyTo(copy);
        Flush(copy.SafeFileHandle, to);
        return false;
    }

    /// <summary>Writes a directory's entries to the disk. A file system that cannot flush directories (EINVAL) is left alone.</summary>
    /// <exception cref="IOException">The directory cannot be opened or flushed.</exception>
    public static void FlushDirectory(string path)
    {
        using SafeFileHandle directory = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloseOnExec | LibC.OpenDirectory);
        if (directory.IsInvalid) throw Errno.Last("open directory", path);
        if (LibC.FSync(directory) != 0 && Marshal.GetLastPInvokeError() != Errno.Invalid) throw Errno.Last("flush directory", path);
    }
}
