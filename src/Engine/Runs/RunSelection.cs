using Engine.Data.Matrices;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>Writes the run's own selection: that of the last selection step in the plan's order.</summary>
internal static class RunSelection
{
    /// <summary>Writes the chosen rows, the reasons, and the records when the pool has them.</summary>
    /// <returns>The selection, or null when no step gave one.</returns>
    public static Selection? Write(RunRecord run, RunOutputs outputs, CancellationToken cancel)
    {
        StepRecord? last = run.Steps.Where(s => s.Value is Selection).MaxBy(s => s.Step.Position);
        if (last is null) return null;
        var selection = (Selection)last.Value;
        run.SelectionStep = last.Step.Name;
        if (selection.Pool is not null) outputs.Write(RunFiles.Selected, stream => SelectionFiles.WriteRecords(selection, stream, cancel));
        outputs.Write(RunFiles.Indices, stream => NpyWriter.WriteIndices(stream, selection.Indices));
        outputs.Write(RunFiles.SelectionTable, stream => SelectionFiles.WriteTable(selection, stream));
        return selection;
    }
}
