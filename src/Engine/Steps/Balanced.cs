using Engine.Data;
using Engine.Kernels;
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

    internal static StepDefinition Definition { get; } = Define();

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        int rows = Candidates.CountRows(In);
        if (In.Pool is not { Sources.Count: > 0 } records)
        {
            throw EngineException.Input(In.Pool?.Name, "SOURCE",
                "the records name no source, expected one to balance by. Give the records input a \"source\" key that names the field, and embeddings a \"rowsOf\" key that names the records.");
        }

        int budget = Budget.Of(rows);
        List<Queue<int>> queues = Queues(records, rows, run);
        var picks = new int[budget];
        for (int taken = 0; taken < budget;)
        {
            run.Pass.Cancel.ThrowIfCancellationRequested();
            foreach (Queue<int> queue in queues)
                if (taken < budget) picks[taken++] = queue.Dequeue();
            queues.RemoveAll(queue => queue.Count == 0);
        }

        return new Selection { Indices = picks, PoolRows = rows, Pool = records };
    }

    /// <summary>Every source's rows in the order it gives them; sources in order of first appearance, rows without one as a source of their own.</summary>
    private List<Queue<int>> Queues(Records records, int rows, StepRun run)
    {
        var rowsOf = new Dictionary<int, List<int>>();
        List<int> order = [];
        for (int row = 0; row < rows; row++)
        {
            int source = records.SourceOf(row);
            if (!rowsOf.TryGetValue(source, out List<int>? list))
            {
                rowsOf[source] = list = [];
                order.Add(source);
            }

            list.Add(row);
        }

        return [.. order.Select(source => new Queue<int>(Draw == SourceDraw.InOrder ? rowsOf[source] : Shuffled(rowsOf[source], StreamOf(source, records, run))))];
    }

    /// <summary>A source has its own stream, so that adding one changes no other's order.</summary>
    private static RandomStream StreamOf(int source, Records records, StepRun run) =>
        run.Random(source < 0 ? "no-source" : $"source/{records.Sources[source]}");

    private static IEnumerable<int> Shuffled(List<int> rows, RandomStream stream) => stream.Sample(rows.Count, rows.Count).Select(place => rows[place]);

    private static StepDefinition Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Records, ValueKind.Embeddings), "Records with a source, or embeddings bound to them.");
        keys.Optional("by", Shapes.Choice(("source", "source")), "source", "source", "What to balance over: the record's source.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to take.");
        Parameter<SourceDraw> draw = keys.Optional("draw", Shapes.Choice(("inOrder", SourceDraw.InOrder), ("random", SourceDraw.Random)), SourceDraw.InOrder, "inOrder",
            "Which of its rows a source gives first: in pool order, as the published code does, or at random.");
        return new StepDefinition("balanced", ValueKind.Selection, "Takes one row of every source in turn.", keys, (arguments, inputs) => new Balanced
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

    /// <summary>At random, each source from its own stream.</summary>
    Random,
}
