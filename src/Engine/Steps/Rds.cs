using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Chooses the rows most similar to what the tasks' queries look like.</summary>
/// <remarks>
/// A task's score of a row is the highest cosine of its queries. One task: its queries take turns; several tasks: the tasks do. The rules in
/// full: <see cref="Engine.Kernels.Algorithms.Rds"/>. Source: RDS+ (Ivison et al. 2025) and its published code.
/// </remarks>
public sealed record Rds : Step<Selection>
{
    /// <summary>The pool's vectors; they need not be normalised.</summary>
    public required Embeddings In { get; init; }

    /// <summary>The tasks in the order they take turns, at least one.</summary>
    public required IReadOnlyList<QueryTask> Queries { get; init; }

    /// <summary>How many rows.</summary>
    public required Budget Budget { get; init; }

    /// <summary>How several rankings make one selection.</summary>
    public RdsReduce Reduce { get; init; } = RdsReduce.RoundRobin;

    /// <summary>What a visit of the round robin does when its row is already chosen.</summary>
    public Duplicates Duplicates { get; init; } = Duplicates.Consume;

    /// <summary>Most rows of a source: a count, or a share of the budget. The source <c>*</c> stands for each one not named.</summary>
    public IReadOnlyList<KeyValuePair<string, Budget>> Caps { get; init; } = [];

    /// <summary>Who searches.</summary>
    public SimilaritySearch Search { get; init; } = SimilaritySearch.Exact;

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        if (Search == SimilaritySearch.Faiss)
        {
            throw new EngineException(new EngineError(ExitCode.Native, "FAISS",
                "\"search\" is \"faiss\", but this engine is built without the FAISS library. Use \"exact\", which gives the exact result and needs no library."));
        }

        int rows = Candidates.CountRows(In);
        int count = Budget.Of(rows);
        Pass quiet = new(cancel: run.Pass.Cancel);
        double[] norms = In.CosineNorms(run.Kernels, quiet);
        QueryGroups groups = QueryTask.Gather(Queries, In, run.Kernels, quiet);
        var options = new RdsOptions
        {
            Count = count,
            Reduce = Reduce,
            Duplicates = Duplicates,
            Caps = Caps.Count == 0 ? null : SourceCaps.Of(Caps, In, count),
        };

        RdsResult result = Kernels.Algorithms.Rds.Select(In.Matrix, norms, groups, options, run.Kernels, run.Pass);
        if (result.Rows.Length < count)
        {
            throw EngineException.Input(In.Name, "BUDGET",
                $"the budget is {count} rows, but the caps leave only {result.Rows.Length} that can be chosen. Raise a cap or lower the budget.");
        }

        double product = (double)rows * groups.Count * In.Dim;
        run.Count(checked(In.Bytes * (1 + result.Passes)), 2 * product);
        run.Note("queries", groups.Count);
        run.Note("listDepth", result.Depth);
        bool named = Queries.Count > 1 && Reduce == RdsReduce.RoundRobin;
        return new Selection
        {
            Indices = result.Rows,
            PoolRows = rows,
            Pool = In.Pool,
            Scores = result.Scores,
            Tasks = named ? [.. result.Groups.Select(group => Queries[group].Name)] : null,
        };
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Embeddings), "The pool's vectors.");
        Parameter<IReadOnlyList<KeyValuePair<string, Reference>>> queries = keys.Required("queries", Shapes.Map(Shapes.Reference(ValueKind.Embeddings)),
            "The query vectors of each task, by the task's name; tasks take turns in this order.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to choose.");
        Parameter<RdsReduce> reduce = keys.Optional("reduce", Shapes.Choice(
            ("roundRobin", RdsReduce.RoundRobin), ("max", RdsReduce.Max), ("mean", RdsReduce.Mean), ("normalizedMean", RdsReduce.NormalizedMean)),
            RdsReduce.RoundRobin, "roundRobin", "How several rankings make one selection.");
        Parameter<Duplicates> duplicates = keys.Optional("duplicates", Shapes.Choice(("consume", Duplicates.Consume), ("skip", Duplicates.Skip)), Duplicates.Consume, "consume",
            "What a visit does when its row is already chosen: use itself up, as the published code does, or take the next row, as the paper's algorithm does.");
        Parameter<IReadOnlyList<KeyValuePair<string, Budget>>?> caps = keys.Optional("caps", Shapes.Map(Shapes.Budget),
            "Most rows of a source, as a count or a share of the budget; \"*\" stands for each source not named.");
        Parameter<SimilaritySearch> search = keys.Optional("search", Shapes.Choice(("exact", SimilaritySearch.Exact), ("faiss", SimilaritySearch.Faiss)), SimilaritySearch.Exact, "exact",
            "Who searches.");
        return new StepBinding("rds", ValueKind.Selection, "Chooses the rows most similar to what the tasks' queries look like.", keys, (arguments, inputs) => new Rds
        {
            In = inputs.Get<Embeddings>(arguments.Get(@in)),
            Queries = [.. arguments.Get(queries).Select(task => new QueryTask(task.Key, inputs.Get<Embeddings>(task.Value)))],
            Budget = arguments.Get(budget),
            Reduce = arguments.Get(reduce),
            Duplicates = arguments.Get(duplicates),
            Caps = arguments.Get(caps) ?? [],
            Search = arguments.Get(search),
        });
    }
}

/// <summary>Who finds the most similar rows.</summary>
public enum SimilaritySearch
{
    /// <summary>The engine's kernels, exactly.</summary>
    Exact,

    /// <summary>The FAISS library.</summary>
    Faiss,
}
