using Engine.Data;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Takes one row of every source in turn until the budget is spent; sources that run out are passed over.</summary>
public sealed record Balanced : Step<Selection>
{
    /// <summary>Records that name their sources, or embeddings bound to such records.</summary>
    public required Value In { get; init; }

    /// <summary>How many rows; a share is of the pool's rows.</summary>
    public required Budget Budget { get; init; }

    /// <summary>Which of its rows a source gives first.</summary>
    public SourceDraw Draw { get; init; } = SourceDraw.InOrder;

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check()
    {
        Sourced();
        Budget.Of(Candidates.CountRows(In));
    }

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        int rows = Candidates.CountRows(In);
        Records records = Sourced();

        // Rows without a source take turns as one more source.
        int[] sources = new int[rows];
        for (int row = 0; row < rows; row++) sources[row] = records.SourceOf(row) is >= 0 and var source ? source : records.Sources.Count;
        int[] picks = Kernels.Algorithms.Draw.Balanced(sources, Budget.Of(rows), Draw == SourceDraw.Random ? run.Random() : null);
        return new Selection { Indices = picks, PoolRows = rows, Pool = records };
    }

    private Records Sourced() => In.Pool is { Sources.Count: > 0 } records
        ? records
        : throw EngineException.Input(In.Pool?.Name, "SOURCE",
            "the records name no source, expected one to balance by. Give the records input a \"source\" key that names the field, and embeddings a \"rowsOf\" key that names the records.");

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Records, ValueKind.Embeddings), "Records with a source, or embeddings bound to them.");
        keys.Optional("by", Shapes.Choice(("source", "source")), "source", "source", "What to balance over: the record's source.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to take.");
        Parameter<SourceDraw> draw = keys.Optional("draw", Shapes.Choice(("inOrder", SourceDraw.InOrder), ("random", SourceDraw.Random)), SourceDraw.InOrder, "inOrder",
            "Which of its rows a source gives first: in pool order, as the published code does, or at random.");
        return new StepBinding("balanced", ValueKind.Selection, "Takes one row of every source in turn.", keys, (arguments, inputs) => new Balanced
        {
            In = inputs.Get<Value>(arguments.Get(@in)),
            Budget = arguments.Get(budget),
            Draw = arguments.Get(draw),
        });
    }
}

/// <summary>Which of its rows a source gives first.</summary>
public enum SourceDraw
{
    /// <summary>In pool order, as the published code does.</summary>
    InOrder,

    /// <summary>At random.</summary>
    Random,
}
