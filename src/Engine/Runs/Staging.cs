using System.IO.Enumeration;
using System.Text.Json;
using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Native.Files;

namespace Engine.Runs;

/// <summary>The folder inside a run folder where a run makes its files and keeps its finished steps.</summary>
/// <remarks>
/// <c>plan.json</c> says whose it is and comes first and goes first: a staging without it is rubbish. <c>files/</c> holds what the run has made,
/// <c>journal</c> the finished steps, <c>tiles/</c> the position of the step at work, <c>trials</c> those of searches, <c>handed</c> the rounds whose files stand in the run folder while the run waits for feedback, and <c>publishing</c>,
/// present once files begin to appear, what is to appear.
/// </remarks>
/// <param name="runFolder">Full path of the run folder.</param>
internal sealed class Staging(string runFolder)
{
    /// <summary>The folder's name.</summary>
    public const string Name = ".staging";

    /// <summary>Full path of the run folder.</summary>
    public string RunFolder => runFolder;

    /// <summary>A file of each of its folders, by its place in the run folder.</summary>
    public static IReadOnlyList<string> Parts { get; } = [$"{Name}/journal", $"{Name}/files/file", $"{Name}/tiles/file", $"{Name}/scratch/file"];

    public string Folder { get; } = Path.Combine(runFolder, Name);

    public string Journal => Path.Combine(Folder, "journal");

    public string Publishing => Path.Combine(Folder, "publishing");

    public bool Exists => Directory.Exists(Folder);

    private string HandedOut => Path.Combine(Folder, "handed");

    private string TrialLines => Path.Combine(Folder, "trials");

    private string Outside => Path.Combine(Folder, "outside");

    private string PlanFile => Path.Combine(Folder, "plan.json");

    private string Files => Path.Combine(Folder, "files");

    private string Tiles => Path.Combine(Folder, "tiles");

    /// <summary>Where a file of the run folder is made.</summary>
    public string PathOf(string relative) => Path.Combine(Files, relative);

    /// <summary>Where a step keeps its position.</summary>
    public string TilesOf(string step) => Path.Combine(Tiles, step);

    /// <summary>Where a step's matrix stands until it is whole; its folder exists afterwards.</summary>
    public string PartialMatrix(string step)
    {
        FileFailure.Guard(TilesOf(step), () => Directory.CreateDirectory(TilesOf(step)));
        return Path.Combine(TilesOf(step), "matrix");
    }

    /// <summary>The steps that keep a position.</summary>
    public IReadOnlyList<string> StepsWithTiles() => Directory.Exists(Tiles) ? [.. Directory.GetDirectories(Tiles).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)] : [];

    /// <summary>Forgets the position of a step.</summary>
    public void RemoveTiles(string step) => FileFailure.Guard(TilesOf(step), () =>
    {
        if (Directory.Exists(TilesOf(step))) Directory.Delete(TilesOf(step), recursive: true);
    });

    /// <summary>The plan whose run this is, or null when there is none.</summary>
    /// <exception cref="EngineException">The record is damaged. Exit 10.</exception>
    public StoredPlan? ReadPlan() => StoredPlan.Read(PlanFile);

    /// <summary>As <see cref="ReadPlan"/>, but null too when the record cannot be used.</summary>
    public StoredPlan? FindPlan()
    {
        try
        {
            return ReadPlan();
        }
        catch (EngineException damaged) when (damaged.Exit == ExitCode.Checkpoint)
        {
            // Of what nobody can read nothing is used again.
            return null;
        }
    }

    /// <summary>Clears the folder and makes it this plan's.</summary>
    public void Begin(StoredPlan plan)
    {
        Delete();
        FileFailure.Guard(Folder, () => Directory.CreateDirectory(Folder));
        plan.Write(PlanFile);
        FileFailure.Guard(runFolder, () => Durable.FlushDirectory(runFolder));
    }

    /// <summary>Makes an unfinished run another plan's: its finished steps stay, what it handed out is forgotten.</summary>
    public void Claim(StoredPlan plan)
    {
        FileFailure.Guard(HandedOut, () => File.Delete(HandedOut));
        plan.Write(PlanFile);
    }

    /// <summary>Removes every file that is not listed, such as those of a step that was not finished, and folders that are empty then.</summary>
    /// <param name="keep">Places in the run folder.</param>
    public void KeepOnly(IReadOnlySet<string> keep)
    {
        if (!Directory.Exists(Files)) return;
        FileFailure.Guard(Files, () =>
        {
            foreach (string file in Within(Files, folders: false))
                if (!keep.Contains(Path.GetRelativePath(Files, file).Replace(Path.DirectorySeparatorChar, '/'))) File.Delete(file);
            foreach (string folder in Within(Files, folders: true).OrderByDescending(f => f.Length))
                if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        });
    }

    /// <summary>Remembers a temporary file elsewhere before it is made, so that it goes when the staging goes, also after a kill.</summary>
    public void NoteOutside(string path) => Append(Outside, CheckedLine.Write(json => json.WriteString("path", path)));

    /// <summary>Remembers that files of a round are about to appear in the run folder while the run is unfinished.</summary>
    public void NoteHanded(HandedRound round) => Append(HandedOut, round.ToLine());

    /// <summary>The rounds that were handed out, in that order.</summary>
    public IReadOnlyList<HandedRound> Handed() => [.. CheckedLine.ReadAll(HandedOut, HandedRound.Parse).OfType<HandedRound>()];

    /// <summary>True when a search has finished a trial.</summary>
    public bool HasTrials => File.Exists(TrialLines);

    /// <summary>Where a step keeps files that another program reads.</summary>
    public string Scratch(string step) => Path.Combine(Folder, "scratch", step);

    /// <summary>Keeps a trial of a search; it is on the disk when this returns.</summary>
    public void NoteTrial(string step, string key, SizeTrial trial) => Append(TrialLines, CheckedLine.Write(json =>
    {
        json.WriteString("step", step);
        json.WriteString("key", key);
        json.WriteNumber("trial", trial.Number);
        json.WriteNumber("size", trial.Size);
        json.WriteNumber("loss", trial.Loss);
    }));

    /// <summary>The trials of a step under a key, from the first on without a gap.</summary>
    public IEnumerable<SizeTrial> Trials(string step, string key)
    {
        Dictionary<int, SizeTrial> found = [];
        foreach (SizeTrial? trial in CheckedLine.ReadAll(TrialLines, line => line.GetProperty("step").GetString() == step && line.GetProperty("key").GetString() == key ? Trial(line) : null!))
            if (trial is not null) found[trial.Number] = trial;
        for (int number = 1; found.TryGetValue(number, out SizeTrial? kept); number++) yield return kept;
    }

    /// <summary>Takes the folder away, the plan's record first, so that nobody takes half of it for a checkpoint.</summary>
    public void Delete()
    {
        if (!Exists) return;
        FileFailure.Guard(Folder, () =>
        {
            File.Delete(PlanFile);
            foreach (string? path in CheckedLine.ReadAll(Outside, line => CheckedLine.Text(line, "path")))
                if (path is not null && AtomicFile.IsTemporaryName(Path.GetFileName(path)) && File.Exists(path)) File.Delete(path);
            Directory.Delete(Folder, recursive: true);
        });
    }

    /// <summary>Every folder below a folder, or everything else, links among it: what they lead to lies elsewhere.</summary>
    private static string[] Within(string above, bool folders)
    {
        FileSystemEnumerable<string> entries = new(above, (ref FileSystemEntry entry) => entry.ToFullPath(), new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false, RecurseSubdirectories = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => IsFolder(ref entry) == folders,
            ShouldRecursePredicate = IsFolder,
        };
        return [.. entries];

        static bool IsFolder(ref FileSystemEntry entry) => entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) == 0;
    }

    private static SizeTrial Trial(JsonElement line) => new(line.GetProperty("trial").GetInt32(), line.GetProperty("size").GetInt32(), line.GetProperty("loss").GetDouble());

    private static void Append(string file, byte[] line) => FileFailure.Guard(file, () =>
    {
        using var stream = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        FileBytes.Write(stream, line);
        Durable.Flush(stream.SafeFileHandle, file);
    });
}
