using Engine.Data;
using Engine.Native.Files;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>Checks where a run would write before it does anything.</summary>
internal static class OutputPaths
{
    private static readonly string[] OwnFiles = [RunFiles.Manifest, RunFiles.Report, RunFiles.Selected, RunFiles.Indices, RunFiles.SelectionTable];

    private static readonly string[] OwnFolders = ["steps", Staging.Name];

    /// <summary>A path of the plan as a full path.</summary>
    public static string Full(Plan plan, string written) => Path.GetFullPath(Path.Combine(plan.Folder, written));

    /// <summary>Refuses targets that exist, that cannot be made, that are an input (also through a link), or that another output or the run itself writes, however they are spelled.</summary>
    /// <exception cref="EngineException">Exit 3: a place is used twice, or is an input. Exit 4: an input is missing. Exit 6: it exists. Exit 7: a folder or a broken link stands there, or a file on the way to it.</exception>
    public static void CheckTargets(Plan plan, string folder)
    {
        if (plan.Outputs.Count == 0) return;
        Target[] targets = [.. plan.Outputs.Select(output => Target.Of(plan, output))];
        CheckAgainstEachOther(targets);
        CheckAgainstRun(targets, folder);
        CheckAgainstInputs(targets, InputFiles(plan));
        foreach (Target target in targets) CheckPlace(plan, folder, target);
    }

    private static void CheckAgainstEachOther(Target[] targets)
    {
        Dictionary<ResolvedPath, Target> seen = [];
        foreach (Target target in targets)
        {
            if (seen.TryAdd(target.Place, target)) continue;
            Target first = seen[target.Place];
            string how = first.Path == target.Path ? "" : $": {first.Output.Path} and {target.Output.Path} both lead to {target.Place}";
            throw Refuse(target, $"outputs \"{first.Output.Name}\" and \"{target.Output.Name}\" name the same file{how}. Give each its own path.");
        }

        foreach (Target target in targets)
        {
            if (target.Place.Above().Select(seen.GetValueOrDefault).FirstOrDefault(found => found is { Place.IsFolder: false }) is { } above)
                throw Refuse(target, $"output \"{target.Output.Name}\" lies below output \"{above.Output.Name}\", a file: {target.Output.Path} below {above.Output.Path}. Give each its own path.");
        }
    }

    private static void CheckAgainstRun(Target[] targets, string folder)
    {
        ResolvedPath run = ResolvedPath.OfFolder(folder);
        HashSet<ResolvedPath> missing = [.. run.Above().Where(place => !place.IsFolder)];
        HashSet<ResolvedPath> files = [.. OwnFiles.Select(name => ResolvedPath.OfFile(Path.Combine(folder, name)))];
        HashSet<ResolvedPath> folders = [.. OwnFolders.Select(name => ResolvedPath.OfFolder(Path.Combine(folder, name)))];
        foreach (Target target in targets)
        {
            if (target.Place.Equals(run) || files.Contains(target.Place) || folders.Contains(target.Place) || target.Place.Above().Any(folders.Contains))
                throw Refuse(target, $"found {target.Output.Path}, which the run itself writes. Choose another path.");
            if (target.Place.Above().Any(files.Contains))
                throw Refuse(target, $"found {target.Output.Path}, which lies below a file that the run itself writes. Choose another path.");
            if (missing.Contains(target.Place))
                throw Refuse(target, $"found {target.Output.Path}, in which the run folder lies, so no file can stand there. Choose another path.");
        }
    }

    private static void CheckAgainstInputs(Target[] targets, List<(FileIdentity Identity, string Path)> inputs)
    {
        foreach (Target target in targets)
        {
            if (FileFailure.Guard(target.Output.Path, () => FileIdentity.Of(target.Path)) is { } there && inputs.FirstOrDefault(i => i.Identity.IsSameFile(there)).Path is { } same)
                throw Refuse(target, $"output \"{target.Output.Name}\" is the input file {same}. Choose another path.");
        }
    }

    private static void CheckPlace(Plan plan, string folder, Target target)
    {
        string written = target.Output.Path;
        if (Obstacle.OnTheWayTo(target.Path) is { } blocked)
            throw Stands(ExitCode.Io, "NOT_A_FOLDER", $"found {blocked.What} at {blocked.Path}, where a folder is needed to hold the output. Choose another path.");
        if (Obstacle.At(target.Path) is not { } there) return;
        if (there.Kind is FileKind.Directory or FileKind.Link) throw Stands(ExitCode.Io, "NOT_A_FILE", $"found {there.What} where an output file goes. Choose another path.");
        if (there.Kind == FileKind.Regular && MayReplace(plan, folder, target.Path)) return;
        throw Stands(ExitCode.OutputExists, "EXISTS",
            $"found {there.What} where an output goes, expected none. Move it away, choose another path, or set run.onExisting to \"replace\" if an earlier run of this folder wrote it.");

        EngineException Stands(ExitCode exit, string code, string message) => new(new EngineError(exit, code, message, written));
    }

    /// <summary>Every file that is there and that an input or a step names, without opening one.</summary>
    private static List<(FileIdentity Identity, string Path)> InputFiles(Plan plan)
    {
        List<(FileIdentity, string)> found = [];
        foreach (PlanInput input in plan.Inputs)
        {
            IEnumerable<string> written = input.Kind == ValueKind.States ? input.Paths.Append(input.Arguments.Get(InputCatalogue.States.Offsets)) : input.Paths;
            foreach (string path in written.SelectMany(p => InputPaths.Resolve(plan.Folder, p)))
                if (FileFailure.Guard(path, () => FileIdentity.Of(path)) is { } identity) found.Add((identity, path));
        }

        foreach (PlanStep step in plan.Steps)
        {
            foreach (string path in ((StepBinding)step.Definition).ReadsFiles?.Invoke(step.Arguments) ?? [])
                if (FileFailure.Guard(path, () => FileIdentity.Of(Full(plan, path))) is { } identity) found.Add((identity, path));
        }

        return found;
    }

    /// <summary>Whether a file that stands where an output goes is one that a run of this folder wrote and that the plan lets go.</summary>
    public static bool MayReplace(Plan plan, string folder, string path)
    {
        if (plan.Run.OnExisting == OnExisting.Fail) return false;
        string manifest = Path.Combine(folder, RunFiles.Manifest);
        if (File.Exists(manifest) && ManifestSummary.Read(manifest).Outputs.Contains(path)) return true;

        // A run that was interrupted while its results appeared has let this one appear already.
        return Publication.Find(new Staging(folder))?.Outside.Any(o => o.Target == path) == true;
    }

    private static EngineException Refuse(Target target, string message) =>
        new(new EngineError(ExitCode.Plan, "OUTPUT", message, target.Output.Place.File, target.Output.Place.Line, target.Output.Place.Column));

    /// <summary>An output and where it goes.</summary>
    /// <param name="Output">The output.</param>
    /// <param name="Path">Its full path as the plan spells it.</param>
    /// <param name="Place">The place that path leads to.</param>
    private sealed record Target(PlanOutput Output, string Path, ResolvedPath Place)
    {
        public static Target Of(Plan plan, PlanOutput output)
        {
            string path = Full(plan, output.Path);
            return new Target(output, path, ResolvedPath.OfFile(path));
        }
    }
}
