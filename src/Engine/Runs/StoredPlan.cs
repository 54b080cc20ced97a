using System.Text.Json;
using Engine.Data;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>The plan of an unfinished run as it was given, so that the run can go on though the plan's file changed or went.</summary>
/// <param name="Identity">The plan's identity.</param>
/// <param name="File">The plan's file as the user wrote it.</param>
/// <param name="Folder">Full path of the folder that relative paths start from.</param>
/// <param name="Overrides">The overrides, each <c>path=value</c>.</param>
/// <param name="Given">The plan's bytes.</param>
/// <param name="Engine">The version of the engine that began the run.</param>
internal sealed record StoredPlan(string Identity, string File, string Folder, IReadOnlyList<string> Overrides, byte[] Given, string Engine)
{
    public static StoredPlan Of(Plan plan, string identity) => new(identity, plan.File, Path.GetFullPath(plan.Folder), plan.Overrides, plan.Given, EngineVersion.Text);

    /// <summary>Writes it durably; it appears whole or not at all.</summary>
    public void Write(string path)
    {
        using var file = new AtomicFile(path);
        file.Stream.Write(CheckedLine.Write(json =>
        {
            json.WriteString("engine", Engine);
            json.WriteString("identity", Identity);
            json.WriteString("file", File);
            json.WriteString("folder", Folder);
            json.WriteStartArray("overrides");
            foreach (string text in Overrides) json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteBase64String("given", Given);
        }));
        file.Commit();
    }

    /// <summary>Reads it.</summary>
    /// <returns>The plan, or null when the file is missing.</returns>
    /// <exception cref="EngineException">It is damaged, or of another major version of the engine. Exit 10.</exception>
    public static StoredPlan? Read(string path)
    {
        if (!System.IO.File.Exists(path)) return null;
        if (CheckedLine.ReadAll(path, Parse) is not [{ } plan])
        {
            throw new EngineException(new EngineError(ExitCode.Checkpoint, "DAMAGED",
                "found a damaged record of an unfinished run's plan, so the run cannot go on. Run the plan again with run.onExisting set to \"replace\".", path));
        }

        if (Major(plan.Engine) == Major(EngineVersion.Text)) return plan;
        throw new EngineException(new EngineError(ExitCode.Checkpoint, "OTHER_VERSION",
            $"found an unfinished run of engine {plan.Engine}, expected one of the same major version as this engine, {EngineVersion.Text}. Go on with that engine, or run the plan again with run.onExisting set to \"replace\".", path));
    }

    /// <summary>The plan to go on with, in its folder.</summary>
    /// <param name="runFolder">Full path of the run folder.</param>
    /// <exception cref="EngineException">The plan no longer reads as it did. Exit 10, or that of the plan's own errors.</exception>
    public Plan Reopen(string runFolder)
    {
        Plan plan = PlanReader.Parse(Given, File, Folder, Overrides, StepCatalogue.Language);
        if (PlanIdentity.Of(plan) != Identity)
        {
            throw new EngineException(new EngineError(ExitCode.Checkpoint, "OTHER_PLAN",
                "the plan of the unfinished run reads differently now, expected the same values. Set the environment variables it names as they were, or run the plan again with run.onExisting set to \"replace\".", runFolder));
        }

        return plan with { Run = plan.Run with { Dir = runFolder, OnExisting = OnExisting.Resume } };
    }

    private static StoredPlan Parse(JsonElement line) => new(
        CheckedLine.Text(line, "identity"),
        CheckedLine.Text(line, "file"),
        CheckedLine.FullPath(line, "folder"),
        [.. line.GetProperty("overrides").EnumerateArray().Select(o => CheckedLine.Text(o))],
        line.GetProperty("given").GetBytesFromBase64(),
        CheckedLine.Text(line, "engine"));

    private static string Major(string version) => version.Split('.')[0];
}
