namespace Engine.Native.Files;

/// <summary>Writing to a descriptor the process was born with. .NET's console stream hides a reader that went away, and its file stream keeps a position of its own; write(2) does neither.</summary>
internal static class StandardDescriptor
{
    /// <summary>Whether the process was born with the descriptor. When it was not, its number may belong to any file opened since, which must not be written to.</summary>
    /// <remarks>What came through exec cannot be marked close-on-exec, and what the runtime and the engine open is.</remarks>
    internal static bool IsInherited(int descriptor) =>
        LibC.FCntl(descriptor, LibC.GetDescriptorFlags) is >= 0 and var flags && (flags & LibC.DescriptorCloseOnExec) == 0;

    /// <summary>Writes all bytes.</summary>
    /// <param name="descriptor">1 for standard output.</param>
    /// <param name="bytes">What to write.</param>
    /// <exception cref="IOException">The descriptor is closed, full, or nobody reads it any more.</exception>
    internal static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        if (!IsInherited(descriptor)) throw Errno.For(Errno.BadDescriptor, "write", null);
        while (!bytes.IsEmpty)
        {
            nint written = LibC.Write(descriptor, bytes, (nuint)bytes.Length);
            if (written < 0)
            {
                if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Errno.Interrupted) continue;
                throw Errno.Last("write", null);
            }

            bytes = bytes[(int)written..];
        }
    }
}
