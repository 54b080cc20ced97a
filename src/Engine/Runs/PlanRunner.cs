using System.Diagnostics;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Kernels;
using Engine.Native.Devices;
using Engine.Plans;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>Walks a plan once: opens and checks the inputs, runs the steps in order, writes what they gave. Only this type knows the order.</summary>
/// <param name="plan">The plan.</param>
/// <param name="kernels">The kernel set that answers the steps.</param>
/// <param name="device">Where that set runs, for the manifest.</param>
/// <param name="progress">Told what happens; may be null.</param>
/// <param name="cancel">Stops the run within one block of rows; finished steps are kept for a run that resumes.</param>
internal sealed class PlanRunner(Plan plan, IKernels kernels, EngineDevice device, IProgress<ProgressEvent>? progress, CancellationToken cancel)
{
    /// <summary>Opens every input and checks it against the plan, and writes nothing.</summary>
    /// <returns>What each input holds, in the plan's order, and what the steps will need.</returns>
    public PlanPreview DryRun()
    {
        OutputPaths.CheckTargets(plan, OutputPaths.Full(plan, plan.Run.Dir));
        using var inputs = OpenInputs();
        CheckSteps(inputs);
        return new PlanPreview([.. inputs.Opened.Select(input => InputSummary.Of(input.Input, input.Value))], MemoryForecast.Of(plan, inputs, kernels.Threads), inputs.Warnings);
    }

    /// <summary>Runs the plan, or goes on with an unfinished run of it.</summary>
    /// <exception cref="EngineException">Whatever is wrong; then no file was left that was not there before.</exception>
    /// <exception cref="RunStoppedException">It was cancelled, and finished steps or the position of one were kept.</exception>
    public RunResult Run()
    {
        string identity = PlanIdentity.Of(plan);
        string path = OutputPaths.Full(plan, plan.Run.Dir);
        OutputPaths.CheckTargets(plan, path);
        using RunFolder folder = RunFolder.Open(path, plan, identity);
        if (folder.IsFinished) return new RunResult(path, AlreadyFinished: !folder.WasCompleted, Chosen: null);
        try
        {
            return Run(folder, identity);
        }
        catch (EngineException failed) when (failed.InnerException is DeviceException && !folder.IsOthers && Checkpoint.Entries(folder.Staging).Count > 0)
        {
            // A device may be lost after hours, and another one gives the same bits.
            folder.Keep();
            throw new EngineException([.. failed.Errors.Select(error => error with { Message = $"{error.Message} Finished steps are kept: engine resume {path} goes on with them, with another --device if you like." })], failed);
        }
        catch (EngineException) when (folder.Staging.HasTrials)
        {
            // A trial may have cost hours: what ends the run after it does not take it away.
            folder.Keep();
            throw;
        }
        catch (OperationCanceledException stopped) when (!folder.IsOthers)
        {
            int kept = Checkpoint.Entries(folder.Staging).Count;
            string? halfway = folder.Staging.StepsWithTiles() is [var first, ..] ? first : null;
            if (kept == 0 && halfway is null && folder.Staging.Handed().Count == 0 && !folder.Staging.HasTrials)
            {
                folder.Discard();
                throw;
            }

            folder.Keep();
            throw new RunStoppedException(path, kept, halfway, stopped);
        }
    }

    private RunResult Run(RunFolder folder, string identity)
    {
        var run = new RunRecord { Plan = plan, Identity = identity, Device = device, Started = DateTimeOffset.UtcNow };
        long clock = Stopwatch.GetTimestamp();
        using var inputs = OpenInputs();
        foreach (string warning in inputs.Warnings) progress?.Report(ProgressEvent.Warned(warning));
        CheckSteps(inputs);
        MemoryForecast memory = MemoryForecast.Of(plan, inputs, kernels.Threads);
        CheckMemory(memory);
        folder.Claim(StoredPlan.Of(plan, identity));
        using var outputs = new RunOutputs(folder, plan.Run.Io);
        using var values = new ValueStore();
        foreach (OpenedInput input in inputs.Opened) values.Borrow(input.Input.Name, input.Value);

        var keys = new StepKeys(plan, inputs);
        EarlierResults? earlier = plan.Run.OnExisting == OnExisting.Update ? new EarlierResults(folder.Path, plan, keys, new Pass(Watch("earlier results"), cancel)) : null;
        var checkpoint = new Checkpoint(folder.Staging, keys, plan, outputs, values, earlier);
        try
        {
            RunSteps(run, checkpoint, keys, memory, inputs, outputs, values, folder);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A file that changed can make a step fail in any way; then the change is what there is to say.
            inputs.Verify();
            throw;
        }

        Selection? chosen = RunSelection.Write(run, outputs, cancel);
        WriteOutputs(run, outputs, values);
        foreach (OpenedInput input in inputs.Opened)
            run.Inputs.Add(new InputRecord(input.Input.Name, input.Value, input.Input, [.. input.Files.Select(f => new InputFileRecord(f.Name, f.Length, f.Sha256(new Pass(Watch("hashing"), cancel))))]));
        inputs.Verify();
        run.Warnings = inputs.Warnings;
        run.Seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        outputs.Write(RunFiles.Report, stream => RunReport.Write(run, stream));
        outputs.Write(RunFiles.Manifest, stream => ManifestWriter.Write(run, outputs.Written, stream));
        cancel.ThrowIfCancellationRequested();
        outputs.Publish();
        return new RunResult(folder.Path, AlreadyFinished: false, chosen?.Indices.Length);
    }

    private void RunSteps(RunRecord run, Checkpoint checkpoint, StepKeys keys, MemoryForecast memory, OpenedInputs inputs, RunOutputs outputs, ValueStore values, RunFolder folder)
    {
        var files = new StepFiles(outputs);
        var earlier = new StepValues(folder.Staging.PathOf, values, outputs.Computed);
        var exchange = new RoundExchange(folder, outputs, cancel);
        foreach (PlanStep step in plan.Steps)
        {
            cancel.ThrowIfCancellationRequested();
            StepRecord record = checkpoint.Reuse(step, earlier) ?? RunStep(step, Begin(step), checkpoint, values, exchange);
            values.Own(step.Name, record.Value);
            run.Steps.Add(record with { Note = StepValues.Note(record.Value, values), Key = keys.Of(step.Name) });
            if (!record.Resumed)
            {
                exchange.Check(step.Name, record.Rounds);
                files.Write(step.Name, record.Value);
                if (record.Trials.Count > 0) outputs.Write(RunFiles.OfStep(step.Name, "trials.csv"), stream => TrialFiles.WriteTable(record.Trials, stream));
                foreach (SelectionRound round in record.Rounds) RoundFiles.Write(step.Name, round, outputs, cancel);

                // What was computed from a file that somebody wrote to meanwhile must not be kept under the file's earlier state.
                inputs.Verify();
                checkpoint.Save(record);
            }

            progress?.Report(record.Resumed
                ? ProgressEvent.Resumed(step.Name, record.Value.Rows)
                : ProgressEvent.Finished(step.Name, record.Value.Rows, TimeSpan.FromSeconds(record.Seconds)));
        }

        StepRun Begin(PlanStep step)
        {
            long peak = memory.Steps.First(s => s.Step == step.Name).Peak;
            var begun = new StepRun(step.Name, plan.Seed, kernels, new Pass(Watch(step.Name), cancel), outputs)
            {
                Files = inputs.Finder(plan.Folder),
                Named = inputs.Named.GetValueOrDefault(step.Name),
                Tiles = checkpoint.Tiles(step),
                Spare = memory.Limit - peak,
                Journal = new TrialFiles(folder.Staging, step.Name, keys.Of(step.Name)),
                Scratch = new ScratchFolder(folder.Staging.Scratch(step.Name)),
            };
            begun.Note("memory", peak);
            return begun;
        }
    }

    private void CheckMemory(MemoryForecast memory)
    {
        try
        {
            memory.Check();
        }
        catch (EngineException e)
        {
            PlanStep? worst = plan.Steps.FirstOrDefault(s => s.Name == memory.Steps.MaxBy(step => step.Peak)?.Step);
            throw new EngineException([.. e.Errors.Select(error => error with { File = plan.File, Line = worst?.Place.Line ?? 0, Column = worst?.Place.Column ?? 0 })], e);
        }
    }

    private OpenedInputs OpenInputs() => OpenedInputs.Open(plan, new MemoryBudget(plan.Run.Memory - MemoryForecast.Itself), new Pass(Watch("inputs"), cancel));

    private StepRecord RunStep(PlanStep step, StepRun run, Checkpoint checkpoint, ValueStore values, RoundExchange exchange)
    {
        progress?.Report(ProgressEvent.Started(step.Name));

        // What earlier steps left behind would stay with the heap, which then has no room for large arrays although nobody uses them.
        if (plan.Run.Memory is not null) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        long clock = Stopwatch.GetTimestamp();
        Value value;
        try
        {
            value = ((StepBinding)step.Definition).Bind(step.Arguments, new StepInputs(values.Get)).Run(run);
        }
        catch (FeedbackAwaitedException awaited)
        {
            throw exchange.Wait(step.Name, run.Rounds, awaited);
        }
        catch (DeviceException fault)
        {
            throw new EngineException([.. DeviceError.Of(fault).Errors.Select(error => AtStep(step, error))], fault);
        }
        catch (EngineException e)
        {
            throw new EngineException([.. e.Errors.Select(error => AtStep(step, error))], e);
        }
        catch (OperationCanceledException) when (!checkpoint.HasTiles(step))
        {
            // A matrix whose position nobody kept is of no use.
            checkpoint.Forget(step);
            throw;
        }

        double seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        return new StepRecord(step, value, seconds, run.Bytes, run.Flops, run.Facts) { Rounds = run.Rounds, Trials = run.Trials };
    }

    /// <summary>Lets every step that takes inputs alone look at their shapes before the first one works: what is wrong with the last should not wait for the others.</summary>
    /// <exception cref="EngineException">The errors of all of them.</exception>
    private void CheckSteps(OpenedInputs inputs)
    {
        Dictionary<string, Value> given = inputs.Opened.ToDictionary(input => input.Input.Name, input => input.Value, StringComparer.Ordinal);
        List<EngineError> errors = [];
        foreach (PlanStep step in plan.Steps.Where(step => step.References.All(reference => given.ContainsKey(reference.Name))))
        {
            try
            {
                ((StepBinding)step.Definition).Bind(step.Arguments, new StepInputs(name => given[name])).Check();
            }
            catch (EngineException e)
            {
                errors.AddRange(e.Errors.Select(error => AtStep(step, error)));
            }
        }

        if (errors.Count > 0) throw new EngineException(errors);
    }

    /// <summary>Says which step an error is about, and points at it in the plan where no file caused it.</summary>
    private static EngineError AtStep(PlanStep step, EngineError error) => error.File is not null
        ? error with { Message = $"{error.Message} (step \"{step.Name}\")" }
        : error with { File = step.Place.File, Line = step.Place.Line, Column = step.Place.Column, Message = $"step \"{step.Name}\": {error.Message}" };

    private void WriteOutputs(RunRecord run, RunOutputs outputs, ValueStore values)
    {
        foreach (PlanOutput output in plan.Outputs)
        {
            string path = OutputPaths.Full(plan, output.Path);
            Value value = values.Get(output.From.Name);
            WrittenFile written = outputs.WriteOutside(path, stream => WriteOutput(output, value, stream));
            run.Outputs.Add(new OutputRecord(output, path, written));
        }
    }

    private void WriteOutput(PlanOutput output, Value value, Stream stream)
    {
        switch (output.Format, value)
        {
            case (OutputFormat.Jsonl, Selection { Pool: not null } selection): SelectionFiles.WriteRecords(selection, stream, cancel); break;
            case (OutputFormat.Npy, Selection selection): NpyWriter.WriteIndices(stream, selection.Indices); break;
            case (OutputFormat.Csv, Selection selection): SelectionFiles.WriteTable(selection, stream); break;
            case (OutputFormat.Csv, ScoreTable scores): ScoreTableFile.Write(scores, stream); break;
            case (OutputFormat.Npy, Embeddings embeddings): WriteMatrix(embeddings.Matrix, stream); break;
            default:
                throw new EngineException(new EngineError(ExitCode.Input, "OUTPUT",
                    $"output \"{output.Name}\": the rows of \"{output.From.Name}\" are not bound to records, so there is no record to write. Name the records with rowsOf, or write npy or csv.",
                    output.Place.File, output.Place.Line, output.Place.Column));
        }
    }

    private void WriteMatrix(RowSource matrix, Stream stream)
    {
        float[] row = new float[matrix.Dim];
        NpyWriter.BeginMatrix(stream, matrix.Rows, matrix.Dim);
        for (long r = 0; r < matrix.Rows; r++)
        {
            cancel.ThrowIfCancellationRequested();
            matrix.CopyRow(r, row);
            NpyWriter.WriteRows(stream, row);
        }
    }

    private Meter? Watch(string step) => progress is null ? null : new Meter(step, progress);

    /// <summary>Turns a step's work into progress events with an estimate.</summary>
    private sealed class Meter(string step, IProgress<ProgressEvent> progress) : IProgress<WorkDone>
    {
        private readonly long _started = Stopwatch.GetTimestamp();

        public void Report(WorkDone value) => progress.Report(ProgressEvent.Working(step, value, Stopwatch.GetElapsedTime(_started)));
    }
}
