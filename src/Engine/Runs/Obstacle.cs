using Engine.Native.Files;

namespace Engine.Runs;

/// <summary>What stands where a file or a folder is to be made, in words.</summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Kind">What it is, links followed; a link only when it leads to nothing.</param>
internal sealed record Obstacle(string Path, FileKind Kind)
{
    /// <summary>What stands at a path itself.</summary>
    /// <returns>Null when nothing does.</returns>
    /// <exception cref="EngineException">It cannot be looked at, or it is a link that leads round in a circle. Exit 7.</exception>
    public static Obstacle? At(string path) => FileFailure.Guard(path, () => (FileIdentity.Of(path) ?? FileIdentity.Of(path, followLinks: false)) is { } there ? new Obstacle(path, there.Kind) : null);

    /// <summary>What is no folder on the way to a path, such as the file in <c>file/new</c>.</summary>
    /// <returns>Null when the folders on the way are there or can be made.</returns>
    /// <inheritdoc cref="At"/>
    public static Obstacle? OnTheWayTo(string path)
    {
        for (string? above = System.IO.Path.GetDirectoryName(path); above is not null; above = System.IO.Path.GetDirectoryName(above))
            if (At(above) is { } there) return there.Kind == FileKind.Directory ? null : there;
        return null;
    }

    /// <summary>What it is, such as <c>a file</c>.</summary>
    public string What => Kind switch
    {
        FileKind.Regular => "a file",
        FileKind.Directory => "a folder",
        FileKind.Link => $"a broken link (to {new FileInfo(Path).LinkTarget})",
        FileKind.Fifo => "a named pipe (FIFO)",
        FileKind.Socket => "a socket",
        _ => "a device",
    };
}
