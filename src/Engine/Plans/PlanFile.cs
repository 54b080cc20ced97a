using Engine.Data;
using Engine.Native.Files;
using Microsoft.Win32.SafeHandles;

namespace Engine.Plans;

/// <summary>Reads a plan's bytes without ever waiting for a pipe or a device.</summary>
internal static class PlanFile
{
    /// <summary>All bytes of a plan, or one more than a plan may have.</summary>
    /// <param name="path">The file as the user wrote it.</param>
    /// <exception cref="EngineException">Missing, a folder, a pipe or a device: exit 3. It cannot be read: exit 7.</exception>
    public static byte[] Read(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) throw Refuse(path, "MISSING", "found no path, expected a plan file. Name one.");
        try
        {
            using SafeFileHandle? file = RegularFile.Open(path, out FileIdentity? identity);
            return file is null ? throw Refuse(path, identity) : ReadAll(file);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Reading(path, refused);
        }
    }

    private static byte[] ReadAll(SafeFileHandle file)
    {
        byte[] bytes = new byte[4096];
        int filled = 0;
        for (int count; (count = RandomAccess.Read(file, bytes.AsSpan(filled), filled)) > 0;)
        {
            filled += count;
            if (filled > PlanParser.MostBytes) break;
            if (filled == bytes.Length) Array.Resize(ref bytes, Math.Min(4 * filled, PlanParser.MostBytes + 1));
        }

        return bytes[..filled];
    }

    private static EngineException Refuse(string path, FileIdentity? identity) => identity?.Kind switch
    {
        null => Refuse(path, "MISSING", "found no such file, expected a plan. Check the path."),
        FileKind.Directory => Refuse(path, "FOLDER", "found a folder, expected a plan file. Name the plan inside it."),
        FileKind.Fifo => Refuse(path, "NOT_A_FILE", "found a named pipe (FIFO), expected a regular file. Write the plan to a file first."),
        FileKind.Socket => Refuse(path, "NOT_A_FILE", "found a socket, expected a regular file. Write the plan to a file first."),
        FileKind.Kernel => Refuse(path, "NOT_A_FILE", "found a file that the kernel makes up on reading (/proc, /sys), expected a regular file. Write the plan to a file first."),
        _ => Refuse(path, "NOT_A_FILE", "found a device, expected a regular file. Write the plan to a file first."),
    };

    private static EngineException Refuse(string path, string code, string message) => new(new EngineError(ExitCode.Plan, code, message, path.Length == 0 ? null : path));
}
