namespace Engine.Data;

/// <summary>A folder for files that another program reads while a step waits for it.</summary>
/// <param name="path">Where it is made.</param>
internal sealed class ScratchFolder(string path)
{
    /// <summary>A folder among the machine's temporary files, of which nobody else knows.</summary>
    public static ScratchFolder New() => new(Path.Combine(Path.GetTempPath(), $"engine-{Guid.NewGuid():N}"));

    /// <summary>Makes the folder, empty.</summary>
    /// <returns>Its path.</returns>
    public string Begin()
    {
        End();
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Takes the folder away with all it holds.</summary>
    public void End()
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }
}
