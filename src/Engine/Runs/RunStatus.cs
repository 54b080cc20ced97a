using Engine.Native.Files;
using Engine.Plans;

namespace Engine.Runs;

/// <summary>Where a run stands.</summary>
public enum RunState
{
    /// <summary>Its results are there.</summary>
    Finished,

    /// <summary>It was stopped or killed and can be resumed.</summary>
    Unfinished,

    /// <summary>A process is at work on it.</summary>
    Running,
}

/// <summary>Where a step of a run stands.</summary>
public enum StepState
{
    /// <summary>Its result is there.</summary>
    Done,

    /// <summary>Its result is kept; it is used again when its inputs have not changed.</summary>
    Resumable,

    /// <summary>It was interrupted and goes on from where it stood.</summary>
    Halfway,

    /// <summary>It has to run.</summary>
    Pending,

    /// <summary>It has drawn a round and waits for the feedback on it.</summary>
    Waiting,
}

/// <summary>A step and where it stands.</summary>
/// <param name="Name">Its name in the plan.</param>
/// <param name="State">Where it stands.</param>
public sealed record StepStatus(string Name, StepState State)
{
    /// <summary>The file a waiting step waits for, as the plan writes it; otherwise null.</summary>
    public string? Awaits { get; init; }
}

/// <summary>What a run folder holds.</summary>
/// <param name="Folder">Its full path.</param>
/// <param name="State">Where the run stands.</param>
/// <param name="Steps">Its steps in the order they run.</param>
public sealed record RunStatus(string Folder, RunState State, IReadOnlyList<StepStatus> Steps)
{
    /// <summary>Looks at a run folder and changes nothing.</summary>
    internal static RunStatus Read(string folder)
    {
        string path = Path.GetFullPath(folder);
        if (!Directory.Exists(path)) throw NoRun(folder);
        bool running = IsLocked(path);
        var staging = new Staging(path);
        if (staging.ReadPlan() is { } stored)
        {
            Plan plan = stored.Reopen(path);
            IReadOnlyDictionary<string, JournalEntry> kept = Checkpoint.Entries(staging);
            HashSet<string> halfway = running ? [] : [.. staging.StepsWithTiles()];
            bool appearing = !running && Publication.Read(staging) is not null;
            return new RunStatus(path, running ? RunState.Running : RunState.Unfinished, [.. plan.Steps.Select(step => Waiting(step.Name) ?? new StepStatus(step.Name, Of(step.Name)))]);

            StepStatus? Waiting(string step)
            {
                string? awaits = staging.Handed().LastOrDefault(round => round.Step == step)?.Awaits;
                bool waits = awaits is not null && !running && !appearing && !kept.ContainsKey(step) && !Path.Exists(OutputPaths.Full(plan, awaits));
                return waits ? new StepStatus(step, StepState.Waiting) { Awaits = awaits } : null;
            }

            StepState Of(string step)
            {
                if (appearing) return StepState.Done;
                if (!kept.TryGetValue(step, out JournalEntry? entry)) return halfway.Contains(step) ? StepState.Halfway : StepState.Pending;
                if (running) return StepState.Done;
                return Checkpoint.IsIntact(staging, entry) ? StepState.Resumable : StepState.Pending;
            }
        }

        string manifest = Path.Combine(path, RunFiles.Manifest);
        if (!File.Exists(manifest)) throw NoRun(folder);
        ManifestSummary summary = ManifestSummary.Read(manifest);
        return new RunStatus(path, running ? RunState.Running : RunState.Finished, [.. summary.Steps.Select(step => new StepStatus(step, StepState.Done))]);
    }

    /// <summary>The plan of an unfinished run, ready to go on, or null when the run is finished.</summary>
    internal static Plan? ReadUnfinished(string folder)
    {
        string path = Path.GetFullPath(folder);
        if (new Staging(path).ReadPlan() is { } stored) return stored.Reopen(path);
        string manifest = Path.Combine(path, RunFiles.Manifest);
        if (!File.Exists(manifest)) throw NoRun(folder);
        ManifestSummary.Read(manifest);
        return null;
    }

    private static bool IsLocked(string path)
    {
        DirectoryLock? held = null;
        LockOutcome outcome = FileFailure.GuardReading(path, () => DirectoryLock.TryAcquire(path, out held));
        held?.Dispose();
        return outcome == LockOutcome.HeldByAnother;
    }

    private static EngineException NoRun(string folder) =>
        new(new EngineError(ExitCode.Checkpoint, "NO_RUN", "found no run, expected a folder with a finished or unfinished run. Check the path, or start one with: engine run.", folder));
}
