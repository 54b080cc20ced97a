using Engine.Data;
using Engine.Native.Files;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>Checks where a run would write before it does anything.</summary>
internal static class OutputPaths
{
    /// <summary>A path of the plan as a full path.</summary>
    public static string Full(Plan plan, string written) => Path.GetFullPath(Path.Combine(plan.Folder, written));

    /// <summary>Refuses targets that exist, that are an input (also through a link), or that another output or the run itself writes.</summary>
    /// <exception cref="EngineException">Exit 3: a path is used twice, or is an input. Exit 4: an input is missing. Exit 6: it exists. Exit 7: a folder stands there.</exception>
    public static void CheckTargets(Plan plan, string folder)
    {
        Dictionary<string, PlanOutput> seen = [];
        List<(FileIdentity Identity, string Path)> inputs = plan.Outputs.Count > 0 ? InputFiles(plan) : [];
        foreach (PlanOutput output in plan.Outputs)
        {
            string path = Full(plan, output.Path);
            if (!seen.TryAdd(path, output))
                throw Refuse(ExitCode.Plan, "OUTPUT", output, $"outputs \"{seen[path].Name}\" and \"{output.Name}\" name the same file. Give each its own path.");
            if (path == folder || IsOwn(Path.GetRelativePath(folder, path)))
                throw Refuse(ExitCode.Plan, "OUTPUT", output, $"found {output.Path}, which the run itself writes. Choose another path.");
            if (FileFailure.Guard(output.Path, () => FileIdentity.Of(path)) is { } there && inputs.FirstOrDefault(i => i.Identity.IsSameFile(there)).Path is { } same)
                throw Refuse(ExitCode.Plan, "OUTPUT", output, $"output \"{output.Name}\" is the input file {same}. Choose another path.");
            if (Directory.Exists(path)) throw new EngineException(new EngineError(ExitCode.Io, "NOT_A_FILE", "found a folder where an output file goes. Choose another path.", output.Path));
            if (File.Exists(path) && !MayReplace(plan, folder, path))
            {
                throw new EngineException(new EngineError(ExitCode.OutputExists, "EXISTS",
                    "found a file where an output goes, expected none. Move it away, choose another path, or set run.onExisting to \"replace\" if an earlier run of this folder wrote it.", output.Path));
            }
        }
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

    private static bool IsOwn(string relative) =>
        relative is RunFiles.Manifest or RunFiles.Report or RunFiles.Selected or RunFiles.Indices or RunFiles.SelectionTable
        || relative.Split(Path.DirectorySeparatorChar)[0] is "steps" or Staging.Name;

    /// <summary>Whether a file that stands where an output goes is one that a run of this folder wrote and that the plan lets go.</summary>
    public static bool MayReplace(Plan plan, string folder, string path)
    {
        if (plan.Run.OnExisting == OnExisting.Fail) return false;
        string manifest = Path.Combine(folder, RunFiles.Manifest);
        if (File.Exists(manifest) && ManifestSummary.Read(manifest).Outputs.Contains(path)) return true;

        // A run that was interrupted while its results appeared has let this one appear already.
        return Publication.Find(new Staging(folder))?.Outside.Any(o => o.Target == path) == true;
    }

    private static EngineException Refuse(ExitCode exit, string code, PlanOutput output, string message) =>
        new(new EngineError(exit, code, message, output.Place.File, output.Place.Line, output.Place.Column));
}
