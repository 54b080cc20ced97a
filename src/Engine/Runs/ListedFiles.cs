namespace Engine.Runs;

/// <summary>Files of a run folder that a list such as a manifest names. The list may be hostile and the folder may hold links: what lies behind one is not the run's to change.</summary>
internal static class ListedFiles
{
    /// <summary>The link that a path in the run folder leads through.</summary>
    /// <param name="folder">Full path of the run folder, which may be a link itself.</param>
    /// <param name="relative">A path in it, without <c>..</c>; a link in its own place is part of the folder.</param>
    /// <returns>Its full path, or null when there is none.</returns>
    public static string? LinkOnTheWay(string folder, string relative)
    {
        string at = folder;
        foreach (string name in relative.Split('/').SkipLast(1))
        {
            at = Path.Combine(at, name);
            if (new FileInfo(at).LinkTarget is not null) return at;
        }

        return null;
    }

    /// <summary>Those that lie in the folder itself.</summary>
    public static IReadOnlyList<string> In(string folder, IEnumerable<string> files) => [.. files.Where(file => LinkOnTheWay(folder, file) is null)];

    /// <summary>Removes those that lie in the folder itself.</summary>
    public static void Remove(string folder, IEnumerable<string> files)
    {
        foreach (string file in In(folder, files)) File.Delete(Path.Combine(folder, file));
    }

    /// <summary>Removes the folders of files that are gone, as long as they are empty.</summary>
    public static void RemoveEmptyFolders(string folder, IEnumerable<string> files)
    {
        foreach (string inner in In(folder, files).Select(f => Path.GetDirectoryName(f)!).Where(f => f.Length > 0).Distinct().OrderByDescending(f => f.Length))
        {
            for (string at = inner; at.Length > 0; at = Path.GetDirectoryName(at) ?? "")
            {
                string full = Path.Combine(folder, at);
                if (!Directory.Exists(full) || Directory.EnumerateFileSystemEntries(full).Any()) break;
                Directory.Delete(full);
            }
        }
    }
}
