using Engine.Native.Files;

namespace Engine.Runs;

/// <summary>Where a path leads once every symbolic link on the way is followed: equal for two spellings of one place, also while nothing stands there yet.</summary>
/// <remarks>
/// A place is the innermost folder on the way that exists, known by its device and inode, and the names below it. So a folder that is mounted
/// twice is one place too.
/// </remarks>
internal sealed class ResolvedPath : IEquatable<ResolvedPath>
{
    // As many as the system follows; a loop is refused before they are counted.
    private const int MostLinks = 40;

    private readonly string _folder;
    private readonly string _rest;
    private readonly FileIdentity _identity;

    private ResolvedPath(string folder, string rest)
    {
        _folder = folder;
        _rest = rest;
        _identity = FileIdentity.Of(folder) ?? default;
    }

    /// <summary>The place of a folder: a link in its place is followed.</summary>
    /// <param name="path">Full path.</param>
    /// <exception cref="EngineException">A folder on the way cannot be looked at, or links lead round in a circle. Exit 7.</exception>
    public static ResolvedPath OfFolder(string path) => FileFailure.Guard(path, () => Follow(path));

    /// <summary>The place of a file that is to appear: links on the way are followed, one in its place is not, because the file takes its place.</summary>
    /// <inheritdoc cref="OfFolder"/>
    public static ResolvedPath OfFile(string path) => FileFailure.Guard(path, () =>
    {
        if (Path.GetDirectoryName(path) is not { } above || FileIdentity.Of(path, followLinks: false)?.Kind == FileKind.Directory) return Follow(path);
        ResolvedPath place = Follow(above);
        return new ResolvedPath(place._folder, Path.Combine(place._rest, Path.GetFileName(path)));
    });

    /// <summary>True when a folder stands there.</summary>
    public bool IsFolder => _rest.Length == 0;

    /// <summary>The places of the folders that this one lies in, from the inside out.</summary>
    public IEnumerable<ResolvedPath> Above()
    {
        for (string? rest = Path.GetDirectoryName(_rest); rest is not null; rest = Path.GetDirectoryName(rest)) yield return new ResolvedPath(_folder, rest);
        for (string? folder = Path.GetDirectoryName(_folder); folder is not null; folder = Path.GetDirectoryName(folder)) yield return new ResolvedPath(folder, "");
    }

    /// <inheritdoc/>
    public bool Equals(ResolvedPath? other) => other is not null && _rest == other._rest && _identity.IsSameFile(other._identity);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ResolvedPath);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_identity.Device, _identity.Inode, _rest);

    /// <summary>The full path without links.</summary>
    public override string ToString() => Path.Combine(_folder, _rest);

    private static ResolvedPath Follow(string path)
    {
        // The system's own words for what it refuses, such as links that lead round in a circle.
        FileIdentity.Of(path);
        Stack<string> ahead = new();
        Push(ahead, path);
        string folder = "/";
        int links = 0;
        while (ahead.TryPop(out string? name))
        {
            string at = name == ".." ? Path.GetDirectoryName(folder) ?? folder : Path.Combine(folder, name);
            FileKind? kind = FileIdentity.Of(at, followLinks: false)?.Kind;
            if (kind == FileKind.Directory)
            {
                folder = at;
            }
            else if (kind == FileKind.Link && links++ < MostLinks && new FileInfo(at).LinkTarget is { } target)
            {
                if (Path.IsPathRooted(target)) folder = "/";
                Push(ahead, target);
            }
            else
            {
                return new ResolvedPath(folder, Path.Combine([name, .. ahead]));
            }
        }

        return new ResolvedPath(folder, "");
    }

    private static void Push(Stack<string> ahead, string path)
    {
        foreach (string name in path.Split('/').Where(name => name is not ("" or ".")).Reverse()) ahead.Push(name);
    }
}
