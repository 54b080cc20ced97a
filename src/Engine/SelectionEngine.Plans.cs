using Engine.Native.Devices;
using Engine.Plans;
using Engine.Runs;
using Engine.Steps;

namespace Engine;

/// <content>Plans: read, check and run them.</content>
public sealed partial class SelectionEngine
{
    /// <summary>Reads a plan file.</summary>
    /// <param name="path">The file; relative paths inside start from its folder.</param>
    /// <param name="overrides">Values that replace the plan's own, each <c>path=value</c>.</param>
    /// <exception cref="EngineException">The plan is missing or wrong: exit 3, with every error. An override is malformed: exit 2.</exception>
    public static Plan ReadPlan(string path, params IReadOnlyList<string> overrides) => PlanReader.Read(path, overrides, StepCatalogue.Language);

    /// <summary>Reads a plan from memory.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="folder">The folder that relative paths start from.</param>
    /// <exception cref="EngineException">The plan is wrong: exit 3, with every error.</exception>
    public static Plan ParsePlan(ReadOnlyMemory<byte> json, string file, string folder) => PlanReader.Parse(json, file, folder, [], StepCatalogue.Language);

    /// <summary>Writes the plan language as JSON Schema (2020-12).</summary>
    /// <param name="stream">Where it goes; it stays open.</param>
    public static void WriteSchema(Stream stream) => PlanSchema.Write(StepCatalogue.Language, stream);

    /// <summary>Writes the plan language as JSON Schema (2020-12) to a file, which appears whole or not at all.</summary>
    /// <param name="path">Where it goes; replaced when it is there.</param>
    /// <exception cref="EngineException">It cannot be written: exit 7.</exception>
    public static void WriteSchema(string path) => PlanSchema.WriteFile(StepCatalogue.Language, path);

    /// <summary>Runs a plan: the run folder appears whole, or not at all. The engine's own threads are used, whatever <c>run.threads</c> says.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Told how far each step is, from any thread; or null.</param>
    /// <param name="cancel">Stops the run within one block of rows.</param>
    /// <exception cref="EngineException">Whatever is wrong with the plan's data, its place or the machine.</exception>
    /// <exception cref="RunStoppedException">It was cancelled; the steps it had finished are kept in the run folder.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before a step had finished; nothing is left behind.</exception>
    public RunResult Run(Plan plan, IProgress<ProgressEvent>? progress = null, CancellationToken cancel = default) =>
        InTurn(() => new PlanRunner(plan, _kernels, Device, progress, cancel).Run(), cancel);

    /// <summary>Runs a plan on a thread of its own.</summary>
    /// <inheritdoc cref="Run"/>
    public Task<RunResult> RunAsync(Plan plan, IProgress<ProgressEvent>? progress = null, CancellationToken cancel = default) =>
        Task.Run(() => Run(plan, progress, cancel), cancel);

    /// <summary>Opens every input of a plan, checks that all fits together, and works out what the run will need; writes nothing.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancel">Stops it.</param>
    /// <returns>What each input holds, and what each step will need of memory, whether it is there or not.</returns>
    /// <exception cref="EngineException">Whatever is wrong.</exception>
    public PlanPreview DryRun(Plan plan, CancellationToken cancel = default) =>
        InTurn(() => new PlanRunner(plan, _kernels, Device, null, cancel).DryRun(), cancel);

    /// <summary>Looks the machine over: kernel sets, optional native libraries, devices, and what <c>auto</c> takes. Nothing that is missing is an error.</summary>
    public static MachineReport Examine() => MachineInspection.Run(DeviceCatalog.OfMachine());

    /// <summary>Looks at a run folder: where the run stands, step by step. Changes nothing.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="EngineException">No run is there, or its record is damaged: exit 10.</exception>
    public static RunStatus ReadStatus(string folder) => RunStatus.Read(folder);

    /// <summary>Reads the plan of an unfinished run as it was given, whatever became of the plan's file, ready for <see cref="Run"/> to go on with.</summary>
    /// <param name="folder">The run folder.</param>
    /// <returns>The plan, or null when the run is finished.</returns>
    /// <exception cref="EngineException">No run is there, or its record is damaged or reads differently now: exit 10.</exception>
    public static Plan? ReadUnfinishedPlan(string folder) => RunStatus.ReadUnfinished(folder);

    /// <summary>Serves another budget of a finished run from the rankings that its <c>rds</c> step kept, in a new run folder; the vectors are not read.</summary>
    /// <param name="folder">The folder of the finished run.</param>
    /// <param name="options">The budget, and what else to choose anew.</param>
    /// <param name="cancel">Stops it; nothing is left behind.</param>
    /// <returns>The new folder, whose rows and reasons are those of a run with that budget.</returns>
    /// <exception cref="EngineException">No rankings, too shallow ones (the largest budget they serve is named), or other records: exit 4. Files in the way: exit 6. No finished run: exit 10.</exception>
    public static RunResult Reselect(string folder, ReselectOptions options, CancellationToken cancel = default)
    {
        using FinishedRun run = FinishedRun.Open(folder);
        return new Reselection(run, options, cancel).Run();
    }

    /// <summary>Explains what a finished run did with a record: why each selection step chose it, or what kept it out. Inputs that are needed are read again when they have not changed.</summary>
    /// <param name="folder">The folder of the finished run.</param>
    /// <param name="id">The record's id.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="EngineException">No record has the id: exit 4. No finished run is there: exit 10.</exception>
    public static RecordExplanation Explain(string folder, string id, CancellationToken cancel = default)
    {
        using FinishedRun run = FinishedRun.Open(folder);
        using var inquiry = new RecordInquiry(run, cancel);
        return inquiry.Explain(id);
    }

    /// <summary>Explains what a finished run did with a row of its pool.</summary>
    /// <param name="folder">The folder of the finished run.</param>
    /// <param name="row">The row, from 0.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="EngineException">The pool has no such row: exit 4. No finished run is there: exit 10.</exception>
    public static RecordExplanation Explain(string folder, long row, CancellationToken cancel = default)
    {
        using FinishedRun run = FinishedRun.Open(folder);
        using var inquiry = new RecordInquiry(run, cancel);
        return inquiry.Explain(row);
    }

    /// <summary>Compares the selections of two finished runs, their plans and their inputs, from what their folders hold.</summary>
    /// <param name="folderA">The folder of a finished run.</param>
    /// <param name="folderB">The folder of another.</param>
    /// <exception cref="EngineException">A run chose nothing: exit 4. No finished run is there: exit 10.</exception>
    public static RunDifference Compare(string folderA, string folderB)
    {
        using FinishedRun a = FinishedRun.Open(folderA);
        using FinishedRun b = FinishedRun.Open(folderB);
        return new RunComparison(a, b).Compare();
    }

    private T InTurn<T>(Func<T> work, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _turn.Wait(cancel);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return work();
        }
        catch (DeviceException fault)
        {
            throw DeviceError.Of(fault);
        }
        finally
        {
            _turn.Release();
        }
    }
}
