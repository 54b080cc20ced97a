using Engine.Data;
using Engine.Kernels;
using Engine.Plans;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>The values of a finished run's inputs and steps, opened when first asked for, after checking that they are what they were.</summary>
/// <param name="run">The run.</param>
/// <param name="cancel">Stops reading.</param>
internal sealed class RunValues(FinishedRun run, CancellationToken cancel) : IDisposable
{
    private readonly InputFiles _files = new();
    private readonly Dictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Records> _records = new(StringComparer.Ordinal);
    private readonly ValueStore _none = new();
    private Plan? _plan;

    /// <summary>The run's plan.</summary>
    /// <exception cref="EngineException">It reads differently now: exit 10.</exception>
    public Plan Plan => _plan ??= run.ReadPlan();

    /// <summary>An input, or what a step gave.</summary>
    /// <exception cref="EngineException">It is gone, has changed, or was never written down. Exit 4 or 10.</exception>
    public Value Get(string name)
    {
        if (_values.TryGetValue(name, out Value? known)) return known;
        Value value = _records.TryGetValue(name, out Records? open) ? open
            : run.Steps.Contains(name) ? OfStep(name) : run.OpenInput(Plan, name, _records, _files, new Pass(cancel: cancel)).Value;
        _values.Add(name, value);
        return value;
    }

    /// <summary>A step with its inputs, as it ran.</summary>
    /// <exception cref="EngineException">An input is gone or has changed. Exit 4 or 10.</exception>
    public IStep Bind(string name)
    {
        PlanStep step = Plan.Steps.First(s => s.Name == name);
        return ((StepBinding)step.Definition).Bind(step.Arguments, new StepInputs(Get));
    }

    /// <summary>A file of numbers per row that a step left, one column, or null when it left none.</summary>
    public double[]? Scores(string step)
    {
        if (!run.Has(step, "scores.csv")) return null;
        var values = new StepValues(run.PathOf, _none, _files);
        var table = (ScoreTable?)values.Read(step, new ValueNote(nameof(ValueKind.Scores), null, step, 0));
        return table is null ? null : table.Columns.TryGetValue("score", out double[]? score) ? score : table.Columns.Count == 1 ? table.Columns.First().Value : null;
    }

    private Value OfStep(string name)
    {
        if (run.RowsOf(name) is { } rows) return new Selection { Indices = rows, PoolRows = run.Note(name)?.PoolRows ?? long.MaxValue };
        foreach (string file in (string[])["embeddings.npy", "assignments.npy", "scores.csv"])
        {
            if (!run.Has(name, file)) continue;
            run.OpenChecked(RunFiles.OfStep(name, file)).Dispose();
            using var store = new ValueStore();
            ValueNote note = run.Note(name) ?? throw Lost(name);
            if (note.Kind == nameof(ValueKind.Clustering)) store.Borrow(note.Of!, Get(note.Of!));
            if (new StepValues(run.PathOf, store, _files).Read(name, note with { Pool = null }) is { } value) return value;
        }

        throw Lost(name);
    }

    private EngineException Lost(string step) => EngineException.Input(run.Folder, "VALUE", $"the files of step \"{step}\" do not give back what it gave.");

    public void Dispose()
    {
        foreach (Value value in _values.Values.Union(_records.Values)) value.Dispose();
        _files.Dispose();
        _none.Dispose();
    }
}
