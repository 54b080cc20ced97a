using System.Collections;
using Engine.Data;
using Engine.Indexes;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Chooses the rows most similar to what the tasks' queries look like.</summary>
/// <remarks>
/// A task's score of a row is the highest cosine of its queries. One task: its queries take turns; several tasks: the tasks do. Every row names its
/// task and query unless its score is a mean. The rules in full: <see cref="Engine.Kernels.Algorithms.Rds"/>. Source: RDS+ (Ivison et al. 2025) and its published code.
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

    /// <summary>
    /// Most rows of a source: a count, or a share of the budget. A key such as <c>*science*</c> means every source that fits, under one cap together; the key <c>*</c>
    /// stands for each source not named.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, Budget>> Caps { get; init; } = [];

    /// <summary>The rows that may be chosen, a selection or a task's rows, or null for all. To a visit another row is what one already chosen is.</summary>
    public Value? Within { get; init; }

    /// <summary>Entries of every ranking to keep with the selection: 0 none, otherwise at least so many and at least those the choice needed.</summary>
    public int KeepRankings { get; init; }

    /// <summary>Who searches.</summary>
    public SimilaritySearch Search { get; init; } = SimilaritySearch.Exact;

    /// <summary>What is asked of a search that is not exact.</summary>
    public SearchGoal Goal { get; init; } = new();

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check()
    {
        StepSearch.Fault(Search, Goal)?.Throw();
        ReduceFault(Reduce, Search)?.Throw();
        Budget.Of(Candidates.CountRows(In));
        foreach (QueryTask task in Queries) QueryTask.Check(task, In);
        if (Caps.Count > 0) SourceCaps.Check(Caps, In);
    }

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        Check();
        StepSearch search = new(run, Search, Goal);
        int rows = Candidates.CountRows(In);
        int count = Budget.Of(rows);
        Pass quiet = new(cancel: run.Pass.Cancel);
        double[] norms = In.CosineNorms(run.Kernels, quiet);
        QueryGroups groups = QueryTask.Gather(Queries, In, run.Kernels, quiet);
        RdsResult result = search.Begins(In, groups.Count)
            ? search.Run(In, norms, IndexMetric.Cosine, kernels => Kernels.Algorithms.Rds.Select(In.Matrix, norms, groups, Options(count) with { SamplesDepth = false }, kernels, run.Pass), Exactly)
            : Exactly();
        double product = (double)rows * groups.Count * In.Dim;
        run.Count(checked(In.Bytes * (1 + result.Passes)), 2 * product);
        run.Note("listDepth", result.Depth);
        return Chosen(result, count, run, keep: KeepRankings > 0);

        RdsResult Exactly() => Kernels.Algorithms.Rds.Select(In.Matrix, norms, groups, Options(count), run.Kernels, run.Pass, run.Resume(PositionFormats.Rds));
    }

    /// <summary>What a run with this budget, these caps and these rules would choose, from the rankings that an earlier run kept; the vectors are not looked at.</summary>
    /// <param name="rankings">The rankings kept under the same vectors, queries and <see cref="Reduce"/>.</param>
    /// <param name="run">What the manifest is told.</param>
    /// <exception cref="EngineException">The rankings end too early; the largest budget they serve is named. Or as for a run. Exit 4.</exception>
    public Selection Reselect(IReadOnlyList<RankedRows> rankings, StepRun run)
    {
        int count = Budget.Of(Candidates.CountRows(In));
        RdsResult result = Again(rankings, count, out bool isCut);
        if (!isCut) return Chosen(result, count, run, keep: false);

        // Caps that are shares shrink with the budget, so what the lists gave before they ended is tried as a budget of its own.
        int served = result.Rows.Length;
        while (served > 0)
        {
            int given = Again(rankings, served, out isCut).Rows.Length;
            if (!isCut) break;
            served = given;
        }

        throw EngineException.Input(In.Name, "DEPTH",
            $"the budget is {count} rows, but the rankings kept, {rankings[0].Rows.Length} entries each, serve at most {served} under these rules. Lower the budget, or run the plan with a larger \"keepRankings\".");
    }

    private static KeyFault? ReduceFault(RdsReduce reduce, SimilaritySearch search) => search == SimilaritySearch.Exact || reduce is not (RdsReduce.Mean or RdsReduce.NormalizedMean)
        ? null
        : new("REDUCE",
            $"\"reduce\" \"{(reduce == RdsReduce.Mean ? "mean" : "normalizedMean")}\" needs every row's cosine with every query, and an index finds only each query's nearest rows. Use \"search\": \"exact\", or \"reduce\": \"max\" or \"roundRobin\".");

    private RdsResult Again(IReadOnlyList<RankedRows> rankings, int count, out bool isCut)
    {
        int[] starts = new int[Queries.Count + 1];
        for (int task = 0; task < Queries.Count; task++) starts[task + 1] = checked(starts[task] + (int)Queries[task].Vectors.Rows);
        return Kernels.Algorithms.Rds.Reselect([.. rankings], Candidates.CountRows(In), starts, Options(count), out isCut);
    }

    private RdsOptions Options(int count)
    {
        int[]? within = Within is null ? null : PoolRows.Of(Within, "within", In);
        if (within is not null && count > within.Length)
            throw EngineException.Input(In.Name, "BUDGET", $"the budget is {count} rows, but \"within\" has only {within.Length}. Lower the budget or widen the selection.");
        BitArray? allowed = within is null ? null : new BitArray(Candidates.CountRows(In));
        foreach (int row in within ?? []) allowed![row] = true;
        return new RdsOptions
        {
            Count = count,
            Reduce = Reduce,
            Duplicates = Duplicates,
            Allowed = allowed is null ? null : row => allowed[row],
            AllowedRows = within?.Length ?? 0,
            Caps = Caps.Count == 0 ? null : SourceCaps.Of(Caps, In, count),
            LeastDepth = KeepRankings,
        };
    }

    private Selection Chosen(RdsResult result, int count, StepRun run, bool keep)
    {
        if (result.Rows.Length < count)
        {
            throw EngineException.Input(In.Name, "BUDGET",
                $"the budget is {count} rows, but the caps leave only {result.Rows.Length} that can be chosen. Raise a cap or lower the budget.");
        }

        run.Note("queries", Queries.Sum(task => (int)task.Vectors.Rows));
        run.Note("queriesOf", Queries.ToDictionary(task => task.Name, task => (object)task.Vectors.Rows));
        return new Selection
        {
            Indices = result.Rows,
            PoolRows = In.Rows,
            Pool = In.Pool,
            Scores = result.Scores,
            Tasks = Queries.Count > 1 && result.Tasks is { } tasks ? Array.ConvertAll(tasks, task => Queries[task].Name) : null,
            Queries = result.Queries,
            Rankings = keep ? result.Rankings : null,
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
            ("roundRobin", RdsReduce.RoundRobin), ("max", RdsReduce.Max), ("mean", RdsReduce.Mean), ("normalizedMean", RdsReduce.NormalizedMean), ("min", RdsReduce.Min)),
            RdsReduce.RoundRobin, "roundRobin", "How several rankings make one selection.");
        Parameter<Duplicates> duplicates = keys.Optional("duplicates", Shapes.Choice(("consume", Duplicates.Consume), ("skip", Duplicates.Skip)), Duplicates.Consume, "consume",
            "What a visit does when its row is already chosen: use itself up, as the published code does, or take the next row, as the paper's algorithm does.");
        Parameter<IReadOnlyList<KeyValuePair<string, Budget>>?> caps = keys.Optional("caps", Shapes.Map(Shapes.Budget),
            "Most rows of a source, as a count or a share of the budget; sources that fit a key such as \"*science*\" share one cap, \"*\" stands for each source not named.");
        Parameter<Reference?> within = keys.Optional("within", Shapes.Reference(ValueKind.Selection, ValueKind.TaskCentre), "The rows that may be chosen.");
        Parameter<int> keep = keys.Optional("keepRankings", Shapes.OneOf(Shapes.Flag.To(kept => kept ? 1 : 0), Shapes.Count(1)), 0, false,
            "Keep the rankings in the step's folder, so that engine reselect serves other budgets: true as deep as this budget needs, or at least so many entries each.");
        SearchKeys search = new(keys);
        keys.Rule(reduce, a => ReduceFault(a.Get(reduce), search.Search(a)));
        return new StepBinding("rds", ValueKind.Selection, "Chooses the rows most similar to what the tasks' queries look like.", keys, (arguments, inputs) => new Rds
        {
            In = inputs.Get<Embeddings>(arguments.Get(@in)),
            Queries = [.. arguments.Get(queries).Select(task => new QueryTask(task.Key, inputs.Get<Embeddings>(task.Value)))],
            Budget = arguments.Get(budget),
            Reduce = arguments.Get(reduce),
            Duplicates = arguments.Get(duplicates),
            Caps = arguments.Get(caps) ?? [],
            Within = inputs.Find<Value>(arguments.Get(within)),
            KeepRankings = arguments.Get(keep),
            Search = search.Search(arguments),
            Goal = search.Goal(arguments),
        })
        {
            ReadsFiles = search.Files,
            Needs = (needs, name) =>
            {
                ValueShape vectors = needs.Of(needs.Get(@in));
                ValueShape[] tasks = [.. needs.Get(queries).Select(task => needs.Of(task.Value))];
                long n = vectors.Rows, count = needs.Get(budget).UpTo((int)Math.Min(n, Array.MaxLength)), all = tasks.Sum(task => task.Rows);
                long lists = needs.Get(reduce) is not (RdsReduce.RoundRobin or RdsReduce.Min) ? 1 : tasks.Length > 1 ? tasks.Length : all;
                needs.Vectors(vectors);
                foreach (ValueShape task in tasks) needs.Vectors(task);
                search.Needs(needs, vectors);
                needs.Use("queries", 12 * all * vectors.Dim);

                // Four fair shares a list, deepened once, which never goes beyond the budget unless rows are left out: entries with a quarter to spare, and the
                // ranked ones they become, because the collector takes back what a list gives back when it likes.
                long allowed = needs.Get(within) is { } some ? Math.Clamp(needs.Of(some).Rows, 1, n) : n;
                long deepest = allowed < n || needs.Get(caps) is not null ? n : Math.Min(n, count);
                long share = (long)(4.0 * (count / Math.Max(1, lists) + 1) * n / Math.Max(1, allowed));
                long depth = Math.Max(Math.Min(deepest, Math.Max(64, 4 * Math.Min(share, n))), Math.Min(n, needs.Get(keep)));
                needs.Use("ranked lists", 36 * lists * depth);
                needs.Use("the round robin", 32 * count + (needs.Get(caps) is null ? 0 : 4 * n));
                if (needs.Get(within) is not null) needs.Use("the rows within", 16 * n);
                return needs.Selection(name, count, vectors);
            },
        };
    }
}
