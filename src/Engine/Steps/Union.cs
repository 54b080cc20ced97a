using Engine.Data;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Joins selections from one pool, in the order given; a row that several chose stays where it first stands.</summary>
/// <remarks>Scores, tasks and queries are kept when every selection has them (a query means nothing without its task); clusters and radii mean nothing across selections and are dropped.</remarks>
public sealed record Union : Step<Selection>
{
    /// <summary>The selections, at least one, all from the same pool.</summary>
    public required IReadOnlyList<Selection> In { get; init; }

    /// <summary>How many rows to keep from the front, or null for all; a share is of the pool's rows.</summary>
    public Budget? Budget { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        if (In.Count == 0) throw new ArgumentException("A union needs at least one selection.");
        long poolRows = In[0].PoolRows;
        Records? pool = CheckPool(poolRows);

        var seen = new HashSet<int>();
        List<(Selection From, int Rank)> kept = [];
        foreach (Selection selection in In)
        {
            run.Pass.Cancel.ThrowIfCancellationRequested();
            for (int rank = 0; rank < selection.Indices.Length; rank++)
                if (seen.Add(selection.Indices[rank])) kept.Add((selection, rank));
        }

        int duplicates = In.Sum(s => s.Indices.Length) - kept.Count;
        run.Note("duplicates", duplicates);
        if (Budget is { } budget)
        {
            int count = budget.Of(poolRows);
            if (count > kept.Count)
            {
                throw EngineException.Input(null, "BUDGET",
                    $"the budget is {count} rows, but the selections hold only {kept.Count} distinct ones. Lower the budget or enlarge the selections.");
            }

            kept.RemoveRange(count, kept.Count - count);
        }

        return new Selection
        {
            Indices = [.. kept.Select(k => k.From.Indices[k.Rank])],
            PoolRows = poolRows,
            Pool = pool,
            Scores = In.All(s => s.Scores is not null) ? [.. kept.Select(k => k.From.Scores![k.Rank])] : null,
            Tasks = In.All(s => s.Tasks is not null) ? [.. kept.Select(k => k.From.Tasks![k.Rank])] : null,
            Queries = In.All(s => s.Tasks is not null && s.Queries is not null) ? [.. kept.Select(k => k.From.Queries![k.Rank])] : null,
        };
    }

    private Records? CheckPool(long poolRows)
    {
        Records? pool = null;
        for (int i = 0; i < In.Count; i++)
        {
            if (In[i].PoolRows != poolRows)
            {
                throw EngineException.Input(null, "POOL",
                    $"selection 1 is from a pool of {poolRows} rows, selection {i + 1} from one of {In[i].PoolRows}; a union needs one pool. Select from the same input.");
            }

            if (In[i].Pool is not { } other || ReferenceEquals(other, pool)) continue;
            if (pool is not null)
            {
                throw EngineException.Input(other.Name, "POOL",
                    $"selection {i + 1} is from the records \"{other.Name}\", an earlier one from \"{pool.Name}\"; a union needs one pool. Select from the same input.");
            }

            pool = other;
        }

        return pool;
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<IReadOnlyList<Reference>> @in = keys.Required("in", Shapes.List(Shapes.Reference(ValueKind.Selection)), "The selections to join, in this order.");
        Parameter<Budget?> budget = keys.OptionalValue("budget", Shapes.Budget, "How many rows to keep from the front; all when absent.");
        return new StepBinding("union", ValueKind.Selection, "Joins selections from one pool without duplicates.", keys, (arguments, inputs) => new Union
        {
            In = [.. arguments.Get(@in).Select(inputs.Get<Selection>)],
            Budget = arguments.Get(budget),
        });
    }
}
