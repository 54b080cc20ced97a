using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Chooses a task's rows by their cosine to the task's centre: the most similar, the least similar, or half of each.</summary>
/// <remarks>Source: the ablation samplers of LTD (Chen et al. 2023), methods 2.2.</remarks>
public sealed record SampleByCosine : Step<Selection>
{
    /// <summary>The vectors.</summary>
    public required Embeddings In { get; init; }

    /// <summary>The task: its centre, and the rows that may be chosen.</summary>
    public required TaskCentre Centre { get; init; }

    /// <summary>Which end of the similarity is kept.</summary>
    public CosineKeep Keep { get; init; } = CosineKeep.Top;

    /// <summary>How many rows; a share is of the pool's rows.</summary>
    public required Budget Budget { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        if (Centre.PoolRows != In.Rows)
            throw EngineException.Input(In.Name, "ROWS", $"there are {In.Rows} vectors, but the task was found among {Centre.PoolRows} rows. Use the same vectors.");
        if (Centre.Centre.Length != In.Dim)
            throw EngineException.Input(In.Name, "DIM", $"the vectors have {In.Dim} elements, but the task's centre has {Centre.Centre.Length}. Use the same vectors.");
        if (Centre.Centre.All(x => x == 0))
            throw EngineException.Input(In.Name, "NO_DIRECTION", "the task's centre is zero and has no direction, so no cosine. Cluster with \"spherical\": true.");

        int count = Budget.Of(In.Rows);
        if (count > Centre.Rows)
            throw EngineException.Input(In.Name, "BUDGET", $"the budget is {count} rows, but the task has only {Centre.Rows}. Lower the budget.");
        double[] norms = In.CosineNorms(run.Kernels, new Pass(cancel: run.Pass.Cancel));
        int[] rows = Centre.Indices;
        using var members = new RowSubset(In.Matrix, rows);
        RankedRows chosen = CosineSample.Select(members, Array.ConvertAll(rows, row => norms[row]), Centre.Centre, Keep, count, run.Kernels, run.Pass);
        run.Count(checked(In.Bytes + (long)rows.Length * In.Dim * In.Matrix.Element.SizeInBytes()), 2.0 * rows.Length * In.Dim);
        return new Selection
        {
            Indices = Array.ConvertAll(chosen.Rows, i => rows[i]),
            PoolRows = In.Rows,
            Pool = In.Pool,
            Scores = chosen.Scores,
        };
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Embeddings), "The vectors.");
        Parameter<Reference> centre = keys.Required("centre", Shapes.Reference(ValueKind.TaskCentre), "The task, whose rows may be chosen.");
        Parameter<CosineKeep> keep = keys.Optional("keep", Shapes.Choice(("top", CosineKeep.Top), ("least", CosineKeep.Least), ("mixed", CosineKeep.Mixed)), CosineKeep.Top, "top",
            "Which end of the similarity to the centre is kept; mixed takes K - floor(K/2) from the top, then the least similar.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to choose; a share is of the pool's rows.");
        return new StepBinding("cosineSample", ValueKind.Selection, "Chooses a task's rows by their cosine to its centre.", keys, (arguments, inputs) => new SampleByCosine
        {
            In = inputs.Get<Embeddings>(arguments.Get(@in)),
            Centre = inputs.Get<TaskCentre>(arguments.Get(centre)),
            Keep = arguments.Get(keep),
            Budget = arguments.Get(budget),
        })
        {
            Needs = (needs, name) =>
            {
                ValueShape vectors = needs.Of(needs.Get(@in));
                long count = needs.Get(budget).UpTo((int)Math.Min(vectors.Rows, Array.MaxLength));
                needs.Vectors(vectors);
                needs.Use("norms of the task's rows", 8 * vectors.Rows);
                needs.Use("ranked lists", 64 * count);
                return needs.Selection(name, count, vectors);
            },
        };
    }
}
