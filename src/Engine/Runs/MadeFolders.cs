using Engine.Native.Files;

namespace Engine.Runs;

/// <summary>Folders that a run makes for its files and takes away again when it leaves nothing in them.</summary>
internal static class MadeFolders
{
    /// <summary>Makes a folder and those above it that are missing, durably.</summary>
    /// <returns>The outermost one made, or null.</returns>
    public static string? Create(string path)
    {
        string? first = null;
        for (string? at = path; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at)) first = at;
        try
        {
            Directory.CreateDirectory(path);
            for (string? at = path; first is not null && at is not null && at.Length >= first.Length; at = Path.GetDirectoryName(at))
                if (Path.GetDirectoryName(at) is { } above) Durable.FlushDirectory(above);
            return first;
        }
        catch
        {
            Remove(path, first);
            throw;
        }
    }

    /// <summary>Removes the folders that were made, from the inside out, as long as they are empty.</summary>
    public static void Remove(string path, string? firstCreated)
    {
        if (firstCreated is null) return;
        for (string? at = path; at is not null && at.Length >= firstCreated.Length; at = Path.GetDirectoryName(at))
        {
            if (!Directory.Exists(at)) continue;
            if (Directory.EnumerateFileSystemEntries(at).Any()) return;
            Directory.Delete(at);
        }
    }
}
