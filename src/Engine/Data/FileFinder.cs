namespace Engine.Data;

/// <summary>Opens files that steps name, such as models, or feedback that appears while a plan is at work; they are checked for changes as inputs are.</summary>
/// <param name="files">Keeps the opened files.</param>
/// <param name="folder">The folder that relative paths start from.</param>
internal sealed class FileFinder(InputFiles files, string folder)
{
    /// <summary>Opens a file, or gives null when nothing is there yet.</summary>
    /// <param name="path">As the plan writes it.</param>
    /// <exception cref="EngineException">It is no regular file: exit 4. It cannot be opened: exit 7.</exception>
    public InputFile? Find(string path)
    {
        string full = FullPath(path);
        return Path.Exists(full) ? files.Open(full, path) : null;
    }

    /// <summary>Opens a file that must be there.</summary>
    /// <param name="path">As the plan writes it.</param>
    /// <exception cref="EngineException">Nothing is there or it is no regular file: exit 4. It cannot be opened: exit 7.</exception>
    public InputFile Open(string path) => files.Open(FullPath(path), path);

    /// <summary>The full path of a path in the plan.</summary>
    public string FullPath(string path) => Path.GetFullPath(Path.Combine(folder, path));
}
