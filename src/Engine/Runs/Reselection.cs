using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Kernels;
using Engine.Plans;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>Serves another budget of a finished run from the rankings a step kept: a new run folder, the same bytes as a run with that budget, and no look at the vectors.</summary>
/// <param name="run">The finished run.</param>
/// <param name="options">What to choose anew.</param>
/// <param name="cancel">Stops it; nothing is left behind.</param>
internal sealed class Reselection(FinishedRun run, ReselectOptions options, CancellationToken cancel)
{
    /// <summary>Chooses and writes.</summary>
    /// <exception cref="EngineException">No step kept its rankings, they end too early, or the records changed: exit 4. The folder is not empty: exit 6. The run cannot be used: exit 10.</exception>
    public RunResult Run()
    {
        long clock = Stopwatch.GetTimestamp();
        DateTimeOffset started = DateTimeOffset.UtcNow;
        string name = StepName();
        Plan plan = run.ReadPlan(Changes(name));
        PlanStep step = plan.Steps.First(s => s.Name == name);
        if (run.Note(name) is not { } note) throw EngineException.Input(run.Folder, "VALUE", $"the manifest does not say what step \"{name}\" chose from. Run the plan again.");

        using var files = new InputFiles();
        OpenedInput? pool = note.Pool is null ? null : run.OpenInput(plan, note.Pool, [], files, new Pass(cancel: cancel));
        using Value? records = pool?.Value;
        using IKernels kernels = KernelSets.Best(threads: 1);
        var stepRun = new StepRun(name, plan.Seed, kernels, new Pass(cancel: cancel), new MemoryMatrixStore());
        stepRun.Note("reselectedFrom", new Dictionary<string, object> { ["run"] = run.Folder, ["manifest"] = run.Sha256 });
        var rds = (Rds)((StepBinding)step.Definition).Bind(step.Arguments, new StepInputs(Values(plan, name, note, (Records?)records)));
        Selection selection = AtStep(step, () => rds.Reselect(RankingFiles.Read(run, name), stepRun));
        double seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;

        string path = Path.GetFullPath(options.Folder ?? FormattableString.Invariant($"{run.Folder}-{selection.Indices.Length}"));
        Plan part = plan with
        {
            Inputs = [.. plan.Inputs.Where(input => input.Name == note.Pool)],
            Steps = [step],
            Outputs = [],
            Run = plan.Run with { Dir = path, OnExisting = options.Replace ? OnExisting.Replace : OnExisting.Fail },
        };
        var record = new RunRecord { Plan = part, Identity = Identity(plan, name), Device = new EngineDevice { Kind = "cpu", Kernels = "none", Threads = 1, Why = "rankings were read, nothing was computed from vectors" }, Started = started };
        record.Steps.Add(new StepRecord(step, selection, seconds, stepRun.Bytes, stepRun.Flops, stepRun.Facts) { Note = note });
        using RunFolder folder = RunFolder.Open(path, part, record.Identity);
        using var outputs = new RunOutputs(folder);
        try
        {
            new StepFiles(outputs).Write(name, selection);
            RunSelection.Write(record, outputs, cancel);
            if (pool is not null) record.Inputs.Add(new InputRecord(pool.Input.Name, pool.Value, pool.Input, [.. pool.Files.Select(f => new InputFileRecord(f.Name, f.Length, f.Sha256(Pass.Unwatched)))]));
            files.Verify();
            record.Warnings = files.Warnings;
            record.Seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
            outputs.Write(RunFiles.Report, stream => RunReport.Write(record, stream));
            outputs.Write(RunFiles.Manifest, stream => ManifestWriter.Write(record, outputs.Written, stream));
            cancel.ThrowIfCancellationRequested();
            outputs.Publish();
        }
        finally
        {
            folder.Discard();
        }

        return new RunResult(folder.Path, AlreadyFinished: false, selection.Indices.Length);
    }

    private string StepName()
    {
        string[] kept = [.. run.Steps.Where(step => RankingFiles.Exist(run, step))];
        if (options.Step is { } asked)
        {
            if (kept.Contains(asked)) return asked;
            string why = run.Steps.Contains(asked) ? $"step \"{asked}\" kept no rankings" : $"the run has no step \"{asked}\".{Suggestion.For(asked, run.Steps)} It";
            throw EngineException.Input(run.Folder, "RANKINGS", $"{why}; with rankings: {(kept.Length == 0 ? "none" : string.Join(", ", kept))}. Run the plan with \"keepRankings\": true on the rds step.");
        }

        return kept.Length switch
        {
            1 => kept[0],
            0 => throw EngineException.Input(run.Folder, "RANKINGS", "no step of the run kept its rankings. Run the plan with \"keepRankings\": true on its rds step."),
            _ => throw EngineException.Input(run.Folder, "STEP", $"several steps kept their rankings: {string.Join(", ", kept)}. Name one with --step."),
        };
    }

    private string[] Changes(string step)
    {
        List<string> changes = [$"steps.{step}.budget={options.Budget}"];
        if (options.Duplicates is { } duplicates) changes.Add($"steps.{step}.duplicates={duplicates}");
        if (options.Caps is { } caps) changes.Add($"steps.{step}.caps={caps}");
        return [.. changes];
    }

    /// <summary>What the step's references stand for: rows the run left, and vectors of which only the number counts.</summary>
    private Func<string, Value> Values(Plan plan, string step, ValueNote note, Records? pool)
    {
        JsonElement queries = run.Step(step).GetProperty("queriesOf");
        Dictionary<string, long> rows = new(StringComparer.Ordinal);
        foreach (PlanMember task in plan.Resolved["steps"]![step]!["queries"]!.Members)
            if (queries.TryGetProperty(task.Name, out JsonElement count)) rows[task.Value.Text] = count.GetInt64();
        string @in = plan.Resolved["steps"]![step]!["in"]!.Text;
        return name => run.Steps.Contains(name) && run.RowsOf(name) is { } chosen ? new Selection { Indices = chosen, PoolRows = note.PoolRows }
            : name == @in ? new Embeddings(new UnreadRows(note.PoolRows), name) { Pool = pool }
            : new Embeddings(new UnreadRows(rows[name]), name);
    }

    private static Selection AtStep(PlanStep step, Func<Selection> choose)
    {
        try
        {
            return choose();
        }
        catch (EngineException e)
        {
            throw new EngineException([.. e.Errors.Select(error => error with { Message = $"step \"{step.Name}\": {error.Message}" })], e);
        }
    }

    // Other than the plan's own: a run of the plan in this folder must not take one step of it for the whole.
    private static string Identity(Plan plan, string step) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"reselect {step} {PlanIdentity.Of(plan)}")));
}
