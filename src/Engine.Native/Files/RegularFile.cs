using Microsoft.Win32.SafeHandles;

namespace Engine.Native.Files;

/// <summary>Opening of files to read that never blocks, whatever the path leads to.</summary>
internal static class RegularFile
{
    /// <summary>Opens a path for reading if a regular file is there.</summary>
    /// <param name="path">The path.</param>
    /// <param name="identity">What the path leads to; null when nothing is there.</param>
    /// <returns>The open file, or null when <paramref name="identity"/> is null or not <see cref="FileKind.Regular"/>.</returns>
    /// <exception cref="IOException">The system refuses; <c>HResult</c> is its error number.</exception>
    public static SafeFileHandle? Open(string path, out FileIdentity? identity)
    {
        identity = FileIdentity.Of(path);
        if (identity is not { Kind: FileKind.Regular }) return null;

        // The path may have been given to a pipe since: O_NONBLOCK makes that harmless, and the open file is looked at again.
        SafeFileHandle file = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloseOnExec | LibC.OpenNonBlock);
        if (file.IsInvalid)
        {
            IOException refused = Errno.Last("open", path);
            file.Dispose();
            throw refused;
        }

        try
        {
            identity = FileIdentity.Of(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        if (identity is { Kind: FileKind.Regular }) return file;
        file.Dispose();
        return null;
    }
}
