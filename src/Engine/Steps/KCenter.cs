using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Picks rows so that every other row is near a pick: greedy farthest-first traversal, at most twice the best possible radius.</summary>
/// <remarks>The selection carries the covering radius after every pick. The algorithm: <see cref="KCenterGreedy"/>. Source: Gonzalez 1985; Sener and Savarese 2018.</remarks>
public sealed record KCenter : Step<Selection>
{
    /// <summary>The vectors.</summary>
    public required Embeddings In { get; init; }

    /// <summary>New picks; a share is of the pool's rows, also with <see cref="Within"/>.</summary>
    public required Budget Budget { get; init; }

    /// <summary>How far two rows are apart.</summary>
    public KCenterMetric Metric { get; init; } = KCenterMetric.L2;

    /// <summary>What the traversal begins with; null for row 0, or the lowest row of <see cref="Within"/>.</summary>
    public FirstCentre? Start { get; init; }

    /// <summary>Picking ends as soon as the covering radius (not squared) is below this distance, and always at radius 0.</summary>
    public double StopRadius { get; init; }

    /// <summary>The rows that may be picked and must be covered: a selection, a task's rows, or null for all. A task's centre stands for the mean.</summary>
    public Value? Within { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check()
    {
        int rows = Candidates.CountRows(In);
        if (Start is FirstCentre.Row first) CheckRow(first.Index, rows);
        if (Within is null && Start is not FirstCentre.Rows) CheckBudget(Budget.Of(rows), rows, taken: 0);
    }

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        int rows = Candidates.CountRows(In);
        int[]? within = Within is null ? null : PoolRows.Of(Within, "within", In);
        KCenterStart start = Resolve(Start ?? new FirstCentre.Row(within is { Length: > 0 } ? within.Min() : 0), rows, within, run);
        int candidates = within?.Length ?? rows;
        int budget = Budget.Of(rows);
        int taken = start is KCenterStart.Rows { Preselected: var preselected } ? within?.Intersect(preselected).Count() ?? preselected.Length : 0;
        CheckBudget(budget, candidates, taken);
        Pass quiet = new(cancel: run.Pass.Cancel);
        double[] norms = Metric == KCenterMetric.Cosine ? In.CosineNorms(run.Kernels, quiet) : In.Norms(run.Kernels, quiet);
        KCenterResult result = Select(run, new KCenterOptions
        {
            Budget = budget,
            Metric = Metric,
            Start = start,
            StopRadius = StopRadius,
            Within = within,
            Norms = norms,
        });

        int centres = result.Picks.Length + start switch { KCenterStart.Rows given => given.Preselected.Length, KCenterStart.VirtualCentre => 1, _ => 0 };
        double naive = (double)candidates * centres;
        run.Count(checked(In.Bytes + (result.RowsRead * In.Dim * In.Matrix.Element.SizeInBytes())), naive * 3 * In.Dim);
        if (result.Radii.Length > 0) run.Note("radius", result.Radii[^1]);
        run.Note("distancesComputed", result.DistancesComputed);
        run.Note("shareOfNaive", result.DistancesComputed / naive);
        return new Selection { Indices = result.Picks, PoolRows = rows, Pool = In.Pool, Radii = result.Radii };
    }

    private KCenterResult Select(StepRun run, KCenterOptions options)
    {
        try
        {
            return KCenterGreedy.Select(In.Matrix, options, run.Kernels, run.Pass, run.Resume(PositionFormats.KCenter));
        }
        catch (ArgumentException cause) when (Metric == KCenterMetric.Cosine && Start is FirstCentre.NearestToCentre or FirstCentre.VirtualCentre)
        {
            // Everything else was checked above: what is left is rows that point everywhere alike.
            throw new EngineException(
                new EngineError(ExitCode.Input, "NO_DIRECTION", "the mean of the unit rows is zero and has no direction, so no row is nearest to it by cosine. Use another start, or the metric \"l2\".", In.Name),
                cause);
        }
    }

    /// <summary>The start as the algorithm takes it, checked against the rows.</summary>
    private KCenterStart Resolve(FirstCentre start, int rows, int[]? within, StepRun run)
    {
        switch (start)
        {
            case FirstCentre.Row row:
                CheckRow(row.Index, rows);
                if (within is not null && !within.Contains((int)row.Index))
                    throw EngineException.Input(In.Name, "ROW", $"the start row {row.Index} is not among the {within.Length} rows of \"within\". Name one of them.");
                return new KCenterStart.Row((int)row.Index);
            case FirstCentre.Rows given:
                int[] preselected = [.. PoolRows.Of(given.Selection, "start.rows", In).Distinct()];
                if (preselected.Length == 0)
                    throw EngineException.Input(null, "EMPTY", "\"start.rows\" is a selection without a row, expected at least one. Use another start.");
                return new KCenterStart.Rows(preselected);
            case FirstCentre.NearestToCentre:
                return new KCenterStart.NearestToCentre(GivenCentre());
            case FirstCentre.VirtualCentre:
                return new KCenterStart.VirtualCentre(GivenCentre());
            default:
                return new KCenterStart.Random(run.Random());
        }
    }

    private void CheckRow(long start, int rows)
    {
        if (start < 0 || start >= rows)
            throw EngineException.Input(In.Name, "ROW", $"the start row is {start}, but there are {rows} rows, numbered from 0. Name a row of the pool.");
    }

    private void CheckBudget(int budget, int candidates, int taken)
    {
        if (budget <= candidates - taken) return;
        string why = taken > 0 ? $": {taken} of {candidates} are centres already" : "";
        throw EngineException.Input(In.Name, "BUDGET",
            $"the budget is {budget} new rows, but only {candidates - taken} can be chosen from{why}. Lower the budget or enlarge the pool.");
    }

    /// <summary>A task's centre, which replaces the mean; of unit length when the metric is cosine.</summary>
    private double[]? GivenCentre()
    {
        if (Within is not TaskCentre task) return null;
        if (task.Centre.Length != In.Dim)
            throw EngineException.Input(In.Name, "DIM", $"the vectors have {In.Dim} elements, but the task's centre has {task.Centre.Length}. Use the same vectors.");
        return Array.ConvertAll(task.Centre, x => (double)x);
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Embeddings), "The vectors.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to pick.");
        Parameter<KCenterMetric> metric = keys.Optional("metric", Shapes.Choice(("l2", KCenterMetric.L2), ("cosine", KCenterMetric.Cosine)), KCenterMetric.L2, "l2",
            "How far two rows are apart; cosine is sqrt(2 - 2cos).");
        Parameter<Func<StepInputs, FirstCentre>?> start = keys.Optional("start", StartShape(), "What the traversal begins with; row 0 when absent, or the lowest row of \"within\".");
        Parameter<double> stopRadius = keys.Optional("stopRadius", Shapes.Number(0), 0, 0, "Stop as soon as the covering radius is below this distance.");
        Parameter<Reference?> within = keys.Optional("within", Shapes.Reference(ValueKind.Selection, ValueKind.TaskCentre), "The rows that may be picked and must be covered; of a task, its centre stands for the mean.");
        return new StepBinding("kcenter", ValueKind.Selection, "Picks rows so that every other row is near a pick.", keys, (arguments, inputs) => new KCenter
        {
            In = inputs.Get<Embeddings>(arguments.Get(@in)),
            Budget = arguments.Get(budget),
            Metric = arguments.Get(metric),
            Start = arguments.Get(start)?.Invoke(inputs),
            StopRadius = arguments.Get(stopRadius),
            Within = inputs.Find<Value>(arguments.Get(within)),
        })
        {
            Needs = (needs, name) =>
            {
                ValueShape vectors = needs.Of(needs.Get(@in));
                long n = vectors.Rows, count = needs.Get(budget).UpTo((int)Math.Min(n, Array.MaxLength));
                needs.Vectors(vectors);
                needs.Use("distances and the heap of the farthest", (needs.Get(metric) == KCenterMetric.Cosine ? 48 : 40) * n);
                needs.Use("centres", Math.Min(3L << 30, 12 * (count + 9 * IMinDistances.Step) * vectors.Dim));
                return needs.Selection(name, count, vectors);
            },
        };
    }

    /// <summary>A start becomes a function of the inputs, because one form of it refers to a selection.</summary>
    private static Shape<Func<StepInputs, FirstCentre>> StartShape()
    {
        static Func<StepInputs, FirstCentre> Always(FirstCentre start) => _ => start;
        return Shapes.OneOf(
            Shapes.Choice(
                ("nearestToCentre", Always(new FirstCentre.NearestToCentre())),
                ("virtualCentre", Always(new FirstCentre.VirtualCentre())),
                ("random", Always(new FirstCentre.Random()))),
            Shapes.Tagged("row", Shapes.Integer(0)).To(row => Always(new FirstCentre.Row(row))),
            Shapes.Tagged("rows", Shapes.Reference(ValueKind.Selection)).To<Func<StepInputs, FirstCentre>>(rows => inputs => new FirstCentre.Rows(inputs.Get<Selection>(rows))));
    }
}
