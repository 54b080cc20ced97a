using System.IO.Enumeration;

namespace Engine.Data;

/// <summary>From a path or pattern in a plan to the files it means.</summary>
public static class InputPaths
{
    /// <summary>The files a path means, in natural order.</summary>
    /// <param name="planFolder">Folder that relative paths start from.</param>
    /// <param name="pattern">A path, or a pattern with <c>*</c>, <c>?</c>, <c>[a-z]</c> within a name and <c>**</c> for any number of folders. A file of exactly that name wins over the pattern.</param>
    /// <returns>Absolute paths, at least one.</returns>
    /// <exception cref="EngineException">The pattern fits no file: exit 4. A folder cannot be listed: exit 7. A path without pattern characters is returned as it is; opening it tells whether it exists.</exception>
    public static IReadOnlyList<string> Resolve(string planFolder, string pattern)
    {
        string full = Path.GetFullPath(Path.Combine(planFolder, pattern));
        if (!GlobPattern.IsPattern(pattern) || File.Exists(full)) return [full];

        string[] segments = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        List<string> found = [];
        try
        {
            Walk(Path.IsPathRooted(pattern) ? "/" : Path.GetFullPath(planFolder), segments, found);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Reading(pattern, refused);
        }

        if (found.Count == 0)
            throw EngineException.Input(pattern, "NO_MATCH", $"no file fits the pattern; it was looked for from '{Path.GetFullPath(planFolder)}'. Check the folder and the pattern.");
        string[] sorted = [.. found.Distinct(StringComparer.Ordinal)];
        Array.Sort(sorted, NaturalOrder.Instance);
        return sorted;
    }

    /// <summary>How messages call one of an input's files: as the plan wrote it where that names one file, else with as many folders as the pattern has.</summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="written">The path or pattern in the plan.</param>
    /// <param name="count">Files the input has.</param>
    internal static string Shown(string path, string written, int count)
    {
        if (!GlobPattern.IsPattern(written)) return count == 1 ? written : path;
        string[] pattern = written.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (Path.IsPathRooted(written) || pattern.Any(s => s is "**" or "." or "..")) return path;
        string[] segments = path.Split('/');
        return segments.Length < pattern.Length ? path : string.Join('/', segments[^pattern.Length..]);
    }

    private static void Walk(string folder, ReadOnlySpan<string> segments, List<string> found)
    {
        if (!Directory.Exists(folder)) return;
        string segment = segments[0];
        ReadOnlySpan<string> rest = segments[1..];
        if (segment == "**")
        {
            // "**" at the end means every file below.
            Walk(folder, rest.IsEmpty ? ["*"] : rest, found);
            foreach (string inner in Folders(folder, "*", followLinks: false)) Walk(inner, segments, found);
        }
        else if (!rest.IsEmpty)
        {
            if (!GlobPattern.IsPattern(segment)) Walk(Path.GetFullPath(Path.Combine(folder, segment)), rest, found);
            else
                foreach (string inner in Folders(folder, segment, followLinks: true)) Walk(inner, rest, found);
        }
        else if (!GlobPattern.IsPattern(segment))
        {
            string path = Path.Combine(folder, segment);
            if (File.Exists(path)) found.Add(path);
        }
        else
        {
            found.AddRange(Entries(folder, segment, (ref FileSystemEntry entry) => !entry.IsDirectory));
        }
    }

    // Links to folders are not followed below "**": they may lead back up.
    private static string[] Folders(string folder, string segment, bool followLinks) =>
        Entries(folder, segment, (ref FileSystemEntry entry) => entry.IsDirectory && (followLinks || (entry.Attributes & FileAttributes.ReparsePoint) == 0));

    private static string[] Entries(string folder, string segment, FileSystemEnumerable<string>.FindPredicate wanted)
    {
        EnumerationOptions options = new() { AttributesToSkip = 0, IgnoreInaccessible = false, RecurseSubdirectories = false };
        FileSystemEnumerable<string> entries = new(folder, (ref FileSystemEntry entry) => entry.ToFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => GlobPattern.Matches(segment, entry.FileName) && wanted(ref entry),
        };
        return [.. entries];
    }
}
