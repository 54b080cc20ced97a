using System.Text;
using Engine.Data;

namespace Engine.Runs;

/// <summary>Finds one record in a finished run and asks every selection step about it.</summary>
/// <param name="run">The run.</param>
/// <param name="cancel">Stops it.</param>
internal sealed class RecordInquiry(FinishedRun run, CancellationToken cancel) : IDisposable
{
    private readonly RunValues _values = new(run, cancel);

    private string[] Selections => [.. run.Steps.Where(step => run.Has(step, RunFiles.Indices) && run.Has(step, RunFiles.SelectionTable))];

    /// <summary>Explains a record by its id.</summary>
    /// <exception cref="EngineException">No record has it, or that cannot be told any more: exit 4.</exception>
    public RecordExplanation Explain(string id)
    {
        byte[] text = Encoding.UTF8.GetBytes(id);
        bool ids = false;
        foreach (string step in Selections)
        {
            using SelectionTable table = SelectionTable.Open(run, step);
            int column = table.Find("id"), row = table.Find("row");
            if (column < 0) continue;
            ids = true;
            while (table.Read())
                if (table.Is(column, text)) return Explain(table.Integer(row));
        }

        if (!ids) throw EngineException.Input(run.Folder, "ID", "the run's rows are not bound to records, so they have no ids. Name the row with --row.");
        (Records? pool, string? why) = Pool();
        if (pool is null)
            throw EngineException.Input(run.Folder, "ID", $"no step chose a record with the id \"{id}\", and the records cannot be asked for it: {why} Name the row with --row.");
        long found = pool.RowOf(id);
        return found >= 0 ? Explain(found) : throw EngineException.Input(pool.Name, "ID", $"no record has the id \"{id}\" (ids are compared exactly). Correct it, or name the row with --row.");
    }

    /// <summary>Explains a record by its row.</summary>
    /// <exception cref="EngineException">The pool has no such row, or the run chose nothing: exit 4.</exception>
    public RecordExplanation Explain(long row)
    {
        string[] steps = Selections;
        if (steps.Length == 0) throw EngineException.Input(run.Folder, "NO_SELECTION", "no step of the run chose rows, so there is nothing to explain.");
        long rows = steps.Max(step => run.Note(step)?.PoolRows ?? 0);
        if (row < 0 || row >= rows) throw EngineException.Input(run.Folder, "ROW", FormattableString.Invariant($"found row {row}, expected 0 to {rows - 1}: the pool has {rows} rows."));

        (Records? pool, string? why) = Pool();
        string? source = pool?.SourceOf(row) is >= 0 and var at ? pool.Sources[at] : null;
        List<StepExplanation> explained = [];
        foreach (string step in steps)
        {
            cancel.ThrowIfCancellationRequested();
            if (row >= (run.Note(step)?.PoolRows ?? long.MaxValue)) continue;
            explained.Add(new StepInquiry(run, _values, step, (int)row, source, pool).Explain());
        }

        if (why is not null) explained[0] = explained[0] with { Says = [.. explained[0].Says, $"Not looked up: the record's id and source, because {why}"] };
        return new RecordExplanation(run.Folder, row, pool?.Id(row) ?? FromTables(explained, "id"), source ?? FromTables(explained, "source"), explained);
    }

    public void Dispose() => _values.Dispose();

    private static string? FromTables(List<StepExplanation> steps, string column) =>
        steps.Select(step => step.Columns.GetValueOrDefault(column)).FirstOrDefault(text => !string.IsNullOrEmpty(text));

    /// <summary>The records that the selections are of, or why they cannot be read.</summary>
    private (Records? Pool, string? Why) Pool()
    {
        string? name = Selections.Select(step => run.Note(step)?.Pool).FirstOrDefault(pool => pool is not null);
        if (name is null) return (null, null);
        try
        {
            return ((Records)_values.Get(name), null);
        }
        catch (EngineException e)
        {
            return (null, $"{e.Errors[0].File}: {e.Errors[0].Message}");
        }
    }
}
