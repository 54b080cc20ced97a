using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Draws rows uniformly without replacement: the baseline every method is measured against.</summary>
public sealed record RandomSample : Step<Selection>
{
    /// <summary>What to draw from: records, embeddings, or the rows of a selection.</summary>
    public required Value In { get; init; }

    /// <summary>How many rows; a share is of the rows drawn from.</summary>
    public required Budget Budget { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check() => Budget.Of(Candidates.Of(In).Count);

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        Candidates candidates = Candidates.Of(In);
        int[] places = Draw.Uniform(candidates.Count, Budget.Of(candidates.Count), run.Random());
        return new Selection
        {
            Indices = [.. places.Select(place => candidates[place])],
            PoolRows = candidates.PoolRows,
            Pool = candidates.Pool,
        };
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Records, ValueKind.Embeddings, ValueKind.Selection), "What to draw from.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to draw.");
        return new StepBinding("random", ValueKind.Selection, "Draws rows uniformly without replacement.", keys, (arguments, inputs) => new RandomSample
        {
            In = inputs.Get<Value>(arguments.Get(@in)),
            Budget = arguments.Get(budget),
        })
        {
            Needs = (needs, name) =>
            {
                ValueShape pool = needs.Of(needs.Get(@in));
                long count = needs.Get(budget).UpTo((int)Math.Min(pool.Rows, Array.MaxLength));
                needs.Use("rows drawn", 48 * count);
                return needs.Selection(name, count, pool);
            },
        };
    }
}
