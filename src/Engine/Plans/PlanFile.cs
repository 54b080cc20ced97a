namespace Engine.Plans;

/// <summary>Reads a plan's bytes without ever waiting for a pipe or a device.</summary>
internal static class PlanFile
{
    /// <summary>All bytes of a plan, or more than a plan may have.</summary>
    /// <param name="path">The file as the user wrote it.</param>
    /// <exception cref="EngineException">Missing, a folder, a pipe or a device: exit 3. It cannot be read: exit 7.</exception>
    public static byte[] Read(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) throw Refuse(path, "MISSING", "found no path, expected a plan file. Name one.");
        if (Directory.Exists(path)) throw Refuse(path, "FOLDER", "found a folder, expected a plan file. Name the plan inside it.");
        if (!File.Exists(path)) throw Refuse(path, "MISSING", "found no such file, expected a plan. Check the path.");
        using FileStream stream = File.OpenRead(path);
        return ReadAll(stream);
    }

    private static byte[] ReadAll(FileStream stream)
    {
        byte[] bytes = new byte[Math.Min(stream.Length, PlanParser.MostBytes) + 1];
        int filled = 0;
        for (int count; (count = stream.Read(bytes, filled, bytes.Length - filled)) > 0;)
        {
            filled += count;
            if (filled > PlanParser.MostBytes) break;
            if (filled == bytes.Length) Array.Resize(ref bytes, Math.Min(2 * filled, PlanParser.MostBytes + 1));
        }

        return bytes[..filled];
    }

    private static EngineException Refuse(string path, string code, string message) => new(new EngineError(ExitCode.Plan, code, message, path));
}
