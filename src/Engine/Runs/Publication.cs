using System.Security.Cryptography;
using System.Text.Json;
using Engine.Data;
using Engine.Native.Files;

namespace Engine.Runs;

/// <summary>What is to appear when a run is done, written down before the first file moves: whoever finds it can finish the job, so the folder is either old or new.</summary>
/// <param name="Old">Files, relative to the run folder, of the run that is replaced.</param>
/// <param name="Files">Files of this run, the manifest last.</param>
/// <param name="Outside">Outputs elsewhere; they appear just before the manifest.</param>
internal sealed record Publication(IReadOnlyList<string> Old, IReadOnlyList<PublishedFile> Files, IReadOnlyList<PublishedFile> Outside)
{
    /// <summary>Reads the record.</summary>
    /// <returns>The record, or null when no file has begun to appear.</returns>
    /// <exception cref="EngineException">It is damaged. Exit 10.</exception>
    public static Publication? Read(Staging staging)
    {
        if (!File.Exists(staging.Publishing)) return null;
        return Find(staging) ?? throw Unusable(staging.Publishing, "a damaged list of the files that were about to appear");
    }

    /// <summary>Reads the record, or gives null when it is missing or damaged.</summary>
    public static Publication? Find(Staging staging) => CheckedLine.ReadAll(staging.Publishing, line => Parse(line, staging)) is [{ } publication] ? publication : null;

    /// <summary>Writes the record durably. From here on the run's results are what the folder will hold.</summary>
    public void Write(Staging staging)
    {
        using var file = new AtomicFile(staging.Publishing);
        file.Stream.Write(CheckedLine.Write(json =>
        {
            json.WriteStartArray("old");
            foreach (string old in Old) json.WriteStringValue(old);
            json.WriteEndArray();
            WriteFiles(json, "files", Files, staging.RunFolder);
            WriteFiles(json, "outside", Outside, null);
        }));
        file.Commit();
    }

    /// <summary>Checks that every file is still staged, or already in its place, with the right content.</summary>
    /// <exception cref="EngineException">One is not. Exit 10.</exception>
    public void Verify()
    {
        foreach (PublishedFile file in Files.Concat(Outside))
        {
            string at = File.Exists(file.Staged) ? file.Staged : file.Target;
            if (!File.Exists(at)) throw Unusable(file.Target, "neither the file nor its staged copy");
            string hash = FileFailure.GuardReading(at, () => HashOf(at));
            if (hash != file.Sha256) throw Unusable(at, $"content with SHA-256 {hash} where {file.Sha256} was about to appear");
        }
    }

    /// <summary>Lets everything appear that has not yet; may be repeated after any interruption.</summary>
    public void Complete(string runFolder) => FileFailure.Guard(runFolder, () =>
    {
        // Without its manifest a folder is no finished run, so half of an old one is never taken for a whole.
        PublishedFile manifest = Files[^1];
        if (File.Exists(manifest.Staged))
        {
            File.Delete(manifest.Target);
            Durable.FlushDirectory(runFolder);
        }

        HashSet<string> appearing = [.. Files.Select(f => f.Target)];
        ListedFiles.Remove(runFolder, Old.Where(file => Path.Combine(runFolder, file) is var old && !appearing.Contains(old) && File.Exists(old)));
        foreach (PublishedFile file in Files.SkipLast(1).Concat(Outside)) file.Appear();

        // All of it is on the disk before the manifest says so, also what an interrupted attempt moved but never flushed.
        FlushFolders(Files.Select(f => f.Target), runFolder);
        foreach (PublishedFile file in Outside) Durable.FlushDirectory(Path.GetDirectoryName(file.Target)!);
        manifest.Appear();
        Durable.FlushDirectory(runFolder);
    });

    /// <summary>Flushes the folders of files, and those between them and a folder above all of them, which is flushed last.</summary>
    public static void FlushFolders(IEnumerable<string> files, string above)
    {
        HashSet<string> folders = [above];
        foreach (string file in files)
            for (string folder = Path.GetDirectoryName(file)!; folder.Length > above.Length && folders.Add(folder);) folder = Path.GetDirectoryName(folder)!;
        foreach (string folder in folders.OrderByDescending(f => f.Length)) Durable.FlushDirectory(folder);
    }

    /// <summary>The hash of a file.</summary>
    public static string HashOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static void WriteFiles(Utf8JsonWriter json, string name, IReadOnlyList<PublishedFile> files, string? runFolder)
    {
        json.WriteStartArray(name);
        foreach (PublishedFile file in files)
        {
            json.WriteStartObject();
            if (runFolder is null) json.WriteString("staged", file.Staged);
            json.WriteString("path", runFolder is null ? file.Target : Path.GetRelativePath(runFolder, file.Target));
            json.WriteString("sha256", file.Sha256);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // The record may be hostile: it names files inside the run folder only, and elsewhere only what the engine itself made beside its target.
    private static Publication Parse(JsonElement line, Staging staging)
    {
        string[] old = [.. line.GetProperty("old").EnumerateArray().Select(o => CheckedLine.Text(o))];
        PublishedFile[] files = [.. line.GetProperty("files").EnumerateArray().Select(f => PublishedFile.Of(staging, CheckedLine.Text(f, "path"), CheckedLine.Text(f, "sha256")))];
        PublishedFile[] outside = [.. line.GetProperty("outside").EnumerateArray().Select(f => new PublishedFile(CheckedLine.FullPath(f, "staged"), CheckedLine.FullPath(f, "path"), CheckedLine.Text(f, "sha256")))];
        string[] inside = [.. line.GetProperty("files").EnumerateArray().Select(f => CheckedLine.Text(f, "path"))];
        bool safe = inside.Length > 0 && inside[^1] == RunFiles.Manifest && ManifestSummary.SafeRelative(inside.SkipLast(1)).Count == inside.Length - 1
            && ListedFiles.In(staging.RunFolder, inside).Count == inside.Length
            && ManifestSummary.SafeRelative(old).Count == old.Count(o => o != RunFiles.Manifest)
            && outside.All(f => AtomicFile.IsTemporaryName(Path.GetFileName(f.Staged)) && Path.GetDirectoryName(f.Staged) == Path.GetDirectoryName(f.Target));
        return safe ? new Publication(old, files, outside) : throw new FormatException("A path leads elsewhere.");
    }

    private static EngineException Unusable(string path, string found) => new(new EngineError(ExitCode.Checkpoint, "DAMAGED",
        $"found {found}, expected the results of a run that was interrupted while they appeared. Run the plan again with run.onExisting set to \"replace\".", path));
}

/// <summary>A file on its way to its place.</summary>
/// <param name="Staged">Where it was made.</param>
/// <param name="Target">Where it is to stand.</param>
/// <param name="Sha256">Its hash.</param>
internal sealed record PublishedFile(string Staged, string Target, string Sha256)
{
    /// <summary>A file of the run folder.</summary>
    public static PublishedFile Of(Staging staging, string relative, string sha256) => new(staging.PathOf(relative), Path.Combine(staging.RunFolder, relative), sha256);

    /// <summary>Moves it, unless it is there already. Its folder is not flushed yet.</summary>
    public void Appear()
    {
        if (!File.Exists(Staged)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        Durable.Rename(Staged, Target);
    }
}
