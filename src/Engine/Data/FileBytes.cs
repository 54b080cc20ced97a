namespace Engine.Data;

/// <summary>Writing to a file so that everything the system refuses is an <see cref="IOException"/>.</summary>
internal static class FileBytes
{
    private const int FileTooLarge = 27;

    /// <summary>Writes bytes at the file's position.</summary>
    /// <exception cref="IOException">The system refuses; <c>HResult</c> is its error number.</exception>
    public static void Write(FileStream file, ReadOnlySpan<byte> bytes)
    {
        try
        {
            file.Write(bytes);
        }
        catch (ArgumentOutOfRangeException refused)
        {
            // .NET takes a file over the limit of sizes (EFBIG: ulimit -f, or the file system's own) for a wrong argument.
            throw new IOException(refused.Message, FileTooLarge);
        }
    }
}
