using System.Text.Json;

namespace Engine.Runs;

/// <summary>What a later run needs of an earlier run's manifest: whose it is and which files it left.</summary>
/// <param name="Identity">The plan's identity.</param>
/// <param name="Files">Files relative to the run folder, the manifest last; never outside it.</param>
/// <param name="Outputs">Full paths of the outputs it wrote elsewhere.</param>
/// <param name="Steps">Its steps in the order they ran.</param>
internal sealed record ManifestSummary(string Identity, IReadOnlyList<string> Files, IReadOnlyList<string> Outputs, IReadOnlyList<string> Steps)
{
    /// <summary>Reads a manifest that may be damaged or hostile.</summary>
    /// <exception cref="EngineException">It is no manifest of this engine. Exit 10.</exception>
    public static ManifestSummary Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            string identity = CheckedLine.Text(root.GetProperty("plan"), "identity");
            string[] files = [.. root.GetProperty("files").EnumerateObject().Select(f => f.Name)];
            string[] outputs = [.. root.GetProperty("outputs").EnumerateObject().Select(o => CheckedLine.Text(o.Value, "path"))];
            string[] steps = [.. root.GetProperty("steps").EnumerateObject().Select(s => s.Name)];
            return new ManifestSummary(identity, [.. SafeRelative(files), RunFiles.Manifest], outputs, steps);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException(new EngineError(ExitCode.Checkpoint, "MANIFEST",
                "found a manifest this engine cannot read. Empty the folder or choose another run.dir.", path), e);
        }
    }

    /// <summary>Keeps the paths that stay inside the run folder, so that no manifest can name a file elsewhere for removal.</summary>
    public static IReadOnlyList<string> SafeRelative(IEnumerable<string> files) =>
        [.. files.Where(f => f.Length > 0 && !f.Contains('\0', StringComparison.Ordinal) && !Path.IsPathRooted(f) && f.Split('/').All(part => part is not ("" or "." or "..")) && f != RunFiles.Manifest)];
}
