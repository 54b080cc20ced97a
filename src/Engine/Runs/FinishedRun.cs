using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Kernels;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>A finished run as its folder tells it: the manifest, the plan, and what each step left.</summary>
internal sealed class FinishedRun : IDisposable
{
    private readonly JsonDocument _manifest;

    private FinishedRun(string folder, JsonDocument manifest, string sha256) => (Folder, _manifest, Sha256) = (folder, manifest, sha256);

    /// <summary>Full path of the run folder.</summary>
    public string Folder { get; }

    /// <summary>The manifest's hash.</summary>
    public string Sha256 { get; }

    /// <summary>The manifest.</summary>
    public JsonElement Manifest => _manifest.RootElement;

    /// <summary>The steps in the order they ran.</summary>
    public IEnumerable<string> Steps => Manifest.GetProperty("steps").EnumerateObject().Select(step => step.Name);

    /// <summary>The step whose selection is the run's, or null.</summary>
    public string? SelectionStep => Manifest.TryGetProperty("selection", out JsonElement step) ? step.GetString() : null;

    /// <summary>The plan after overrides and replaced variables.</summary>
    public JsonElement ResolvedPlan => Manifest.GetProperty("plan").GetProperty("resolved");

    /// <summary>Opens the folder of a finished run.</summary>
    /// <exception cref="EngineException">No finished run is there, or its manifest cannot be read: exit 10.</exception>
    public static FinishedRun Open(string folder)
    {
        string path = Path.GetFullPath(folder), manifest = Path.Combine(path, RunFiles.Manifest);
        if (!File.Exists(manifest))
        {
            throw Unusable("NO_RUN", new Staging(path).Exists
                ? $"found an unfinished run, expected a finished one. Go on with: engine resume {folder}"
                : "found no run, expected a folder with a finished run. Check the path.", folder);
        }

        // Whatever else is wrong with it is said by the reader that knows a manifest's shape.
        ManifestSummary.Read(manifest);
        byte[] text = FileFailure.GuardReading(manifest, () => File.ReadAllBytes(manifest));
        return new FinishedRun(path, ManifestShape.Parse(text, manifest), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(text)));
    }

    /// <summary>What the manifest says of a step.</summary>
    public JsonElement Step(string name) => Manifest.GetProperty("steps").GetProperty(name);

    /// <summary>A step's op.</summary>
    public string OpOf(string step) => Step(step).GetProperty("op").GetString()!;

    /// <summary>A step's arguments as resolved.</summary>
    public JsonElement Arguments(string step) => ResolvedPlan.GetProperty("steps").GetProperty(step);

    /// <summary>What a step's value is tied to, or null when its files cannot give it back.</summary>
    public ValueNote? Note(string step) => Step(step).TryGetProperty("value", out JsonElement note) ? ValueNote.Parse(note) : null;

    /// <summary>Whether a step left a file.</summary>
    public bool Has(string step, string file) => File.Exists(PathOf(RunFiles.OfStep(step, file)));

    /// <summary>Full path of a file of the run folder.</summary>
    public string PathOf(string relative) => Path.Combine(Folder, relative);

    /// <summary>Opens a file of the run folder.</summary>
    /// <exception cref="EngineException">It is gone: exit 4.</exception>
    public InputFile OpenFile(string relative) => InputFile.Open(PathOf(relative), PathOf(relative));

    /// <summary>Opens a file of the run folder after checking that its content is what the run wrote.</summary>
    /// <exception cref="EngineException">It is gone or changed: exit 10.</exception>
    public InputFile OpenChecked(string relative)
    {
        if (!File.Exists(PathOf(relative))) throw Unusable("GONE", "the file is gone, expected what the run wrote. Run the plan again.", PathOf(relative));
        InputFile file = OpenFile(relative);
        if (Manifest.GetProperty("files").TryGetProperty(relative, out JsonElement written) && file.Sha256(Pass.Unwatched) == written.GetProperty("sha256").GetString()) return file;
        file.Dispose();
        throw Unusable("CHANGED", "the file is not what the run wrote: its SHA-256 differs from the manifest's. Run the plan again.", PathOf(relative));
    }

    /// <summary>The rows a step chose, or a task's rows; null when it left none.</summary>
    public int[]? RowsOf(string step)
    {
        string? name = Has(step, RunFiles.Indices) ? RunFiles.Indices : Has(step, "rows.npy") ? "rows.npy" : null;
        if (name is null) return null;
        using InputFile file = OpenFile(RunFiles.OfStep(step, name));
        return Array.ConvertAll(NpyFile.ReadIntegers(file), row => row is >= 0 and <= int.MaxValue ? (int)row : throw Unusable("CHANGED", $"the file names row {row}, which no run writes. Run the plan again.", file.Path));
    }

    /// <summary>The plan as it was run.</summary>
    /// <param name="changes">Overrides on top of the run's own.</param>
    /// <exception cref="EngineException">The plan reads differently now: exit 10. A change is wrong: exit 2 or 3.</exception>
    public Plan ReadPlan(params IReadOnlyList<string> changes)
    {
        JsonElement plan = Manifest.GetProperty("plan");
        if (!plan.TryGetProperty("folder", out JsonElement folder))
            throw Unusable("VERSION", "the manifest does not say where the plan's folder is, expected a run of this version of the engine. Run the plan again.", Folder);
        byte[] given = Encoding.UTF8.GetBytes(plan.GetProperty("given").GetString()!);
        string file = plan.GetProperty("file").GetString()!;
        string[] overrides = [.. plan.GetProperty("overrides").EnumerateArray().Select(o => o.GetString()!)];
        if (PlanIdentity.Of(Parse(overrides)) != plan.GetProperty("identity").GetString())
            throw Unusable("OTHER_PLAN", "the run's plan reads differently now, expected the same values. Set the environment variables it names as they were.", Folder);
        return changes.Count == 0 ? Parse(overrides) : PlanReader.Parse(given, file, folder.GetString()!, [.. overrides, .. changes], StepCatalogue.Language);

        Plan Parse(string[] own)
        {
            try
            {
                return PlanReader.Parse(given, file, folder.GetString()!, own, StepCatalogue.Language);
            }
            catch (EngineException unreadable) when (unreadable.Exit is ExitCode.CommandLine or ExitCode.Plan)
            {
                throw Unusable("PLAN", $"the plan in the manifest cannot be read: {unreadable.Errors[0].Message} Set the environment variables it names as they were, or run the plan again.", Folder);
            }
        }
    }

    /// <summary>Opens an input of the run after checking that its files are what they were.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="name">The input.</param>
    /// <param name="records">The records inputs open so far, which others are bound to; those it needs are added.</param>
    /// <param name="files">Keeps the files open.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <exception cref="EngineException">A file is gone or has other content: exit 4.</exception>
    public OpenedInput OpenInput(Plan plan, string name, Dictionary<string, Records> records, InputFiles files, Pass pass)
    {
        PlanInput input = plan.Inputs.First(i => i.Name == name);
        if (plan.Resolved["inputs"]![name]!["rowsOf"]?.Text is { } pool && !records.ContainsKey(pool)) OpenInput(plan, pool, records, files, pass);
        OpenedInput opened = new InputOpener(plan, files, pass).Open(input, records);
        if (opened.Value is Records some) records[name] = some;
        if (!Manifest.GetProperty("inputs").TryGetProperty(name, out JsonElement read)) throw Unusable("INPUT", $"the manifest does not say which files the input \"{name}\" had. Run the plan again.", Folder);
        JsonElement[] then = [.. read.GetProperty("files").EnumerateArray()];
        if (then.Length != opened.Files.Count)
            throw EngineException.Input(string.Join(", ", input.Paths), "CHANGED", $"input \"{name}\" has {opened.Files.Count} files, but the run read {then.Length}. Restore the files, or run the plan again.");
        for (int i = 0; i < then.Length; i++)
        {
            InputFile file = opened.Files[i];
            if (file.Length != then[i].GetProperty("bytes").GetInt64() || file.Sha256(pass) != then[i].GetProperty("sha256").GetString())
                throw EngineException.Input(file.Name, "CHANGED", $"input \"{name}\" has changed since the run read it: its SHA-256 differs from the manifest's. Restore the file, or run the plan again.");
        }

        return opened;
    }

    /// <inheritdoc/>
    public void Dispose() => _manifest.Dispose();

    /// <summary>The error about a run that cannot be used: exit 10.</summary>
    public static EngineException Unusable(string code, string message, string path) => new(new EngineError(ExitCode.Checkpoint, code, message, path));
}
