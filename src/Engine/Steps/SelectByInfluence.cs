using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Chooses the rows whose gradients point where the tasks' gradients point, over several checkpoints.</summary>
/// <remarks>The rules in full: <see cref="GradientInfluence"/>. Source: LESS (Xia et al. 2024) and its code, methods 5.3.</remarks>
public sealed record SelectByInfluence : Step<Selection>
{
    /// <summary>The checkpoints, at least one, over the same pool and with the same subtasks.</summary>
    public required IReadOnlyList<GradientCheckpoint> Checkpoints { get; init; }

    /// <summary>How many rows; a share is of the pool's rows.</summary>
    public required Budget Budget { get; init; }

    /// <summary>Equal, consecutive parts of every query set, each a subtask.</summary>
    public int Subtasks { get; init; } = 1;

    /// <summary>Whether gradients are compared by cosine rather than by dot product.</summary>
    public bool Normalize { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check()
    {
        int rows = Candidates.CountRows(Checkpoints[0].In);
        Budget.Of(rows);
        foreach (GradientCheckpoint checkpoint in Checkpoints) Check(checkpoint, Checkpoints[0], rows);
    }

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        GradientCheckpoint first = Checkpoints[0];
        int rows = Candidates.CountRows(first.In);
        int count = Budget.Of(rows);
        string[] names = [.. first.Queries.SelectMany(task => Enumerable.Range(0, Subtasks).Select(s => Subtasks == 1 ? task.Name : $"{task.Name}/{s}"))];
        Pass quiet = new(cancel: run.Pass.Cancel);
        List<InfluenceCheckpoint> features = [];
        foreach (GradientCheckpoint checkpoint in Checkpoints)
        {
            Check(checkpoint, first, rows);
            double[] norms = Normalize ? checkpoint.In.CosineNorms(run.Kernels, quiet) : checkpoint.In.Norms(run.Kernels, quiet);
            double[] means = [.. checkpoint.Queries.SelectMany(task => Means(task.Vectors, run.Kernels, quiet))];
            features.Add(new InfluenceCheckpoint(checkpoint.In.Matrix, Normalize ? norms : [], means, checkpoint.LearningRate));
            run.Count(checkpoint.In.Bytes, 2.0 * rows * means.Length);
        }

        (double[] scores, int[] subtasks) = GradientInfluence.Score(features, run.Kernels, run.Pass);
        int[] chosen = ScoreRanking.HighestFirst(scores)[..count];
        run.Note("checkpoints", Checkpoints.Count);
        run.Note("subtasks", names.Length);
        return new Selection
        {
            Indices = chosen,
            PoolRows = rows,
            Pool = first.In.Pool,
            Scores = Array.ConvertAll(chosen, row => scores[row]),
            Tasks = names.Length > 1 ? Array.ConvertAll(chosen, row => names[subtasks[row]]) : null,
            PoolScores = new ScoreTable(new Dictionary<string, double[]> { ["influence"] = scores }, run.Name) { Pool = first.In.Pool },
        };
    }

    private void Check(GradientCheckpoint checkpoint, GradientCheckpoint first, int rows)
    {
        if (checkpoint.In.Rows != rows)
            throw EngineException.Input(checkpoint.In.Name, "ROWS", $"the checkpoint has {checkpoint.In.Rows} rows, but \"{first.In.Name}\" has {rows}. Give features of the same pool.");
        QueriesFault([.. checkpoint.Queries.Select(task => task.Name)], [.. first.Queries.Select(task => task.Name)])?.Throw();
        foreach (QueryTask task in checkpoint.Queries)
        {
            if (task.Vectors.Dim != checkpoint.In.Dim)
                throw EngineException.Input(task.Vectors.Name, "DIM", $"the queries have {task.Vectors.Dim} elements, but the features \"{checkpoint.In.Name}\" have {checkpoint.In.Dim}. Project both alike.");
            if (task.Vectors.Rows * task.Vectors.Dim > Array.MaxLength)
            {
                throw new EngineException(new EngineError(ExitCode.Memory, "MEMORY",
                    $"{task.Vectors.Rows} queries of {task.Vectors.Dim} elements are more values than the {Array.MaxLength} that fit one array. Use fewer queries.", task.Vectors.Name));
            }

            if (task.Vectors.Rows == 0 || task.Vectors.Rows % Subtasks != 0)
                throw EngineException.Input(task.Vectors.Name, "ROWS", $"the {task.Vectors.Rows} queries do not make {Subtasks} equal subtasks. Give a multiple of {Subtasks}, at least one each.");
        }
    }

    private static KeyFault? QueriesFault(string[] queries, string[] first) => queries.SequenceEqual(first)
        ? null
        : new("QUERIES", $"one checkpoint has the queries {string.Join(", ", queries)}, another {string.Join(", ", first)}. Name the same in every checkpoint, in the same order.");

    private IEnumerable<double> Means(Embeddings queries, IKernels kernels, Pass pass)
    {
        double[] norms = Normalize ? queries.CosineNorms(kernels, pass) : queries.Norms(kernels, pass);
        float[] vectors = RowCopies.Of(queries.Matrix);
        int each = (int)(queries.Rows / Subtasks);
        return Enumerable.Range(0, Subtasks).SelectMany(s =>
            GradientInfluence.Mean(vectors.AsSpan(s * each * queries.Dim, each * queries.Dim), queries.Dim, Normalize ? norms.AsSpan(s * each, each) : []));
    }

    private static StepBinding Define()
    {
        var checkpoint = new ParameterSet();
        Parameter<Reference> @in = checkpoint.Required("in", Shapes.Reference(ValueKind.Embeddings), "Gradient features of the pool at this checkpoint.");
        Parameter<IReadOnlyList<KeyValuePair<string, Reference>>> queries = checkpoint.Required("queries", Shapes.Map(Shapes.Reference(ValueKind.Embeddings)),
            "Gradient features of each subtask's queries at this checkpoint, by the subtask's name.");
        Parameter<double> learningRate = checkpoint.Optional("learningRate", Shapes.Number(0, above: true), 1, 1, "The checkpoint's average learning rate; only ratios matter.");

        var keys = new ParameterSet();
        Parameter<IReadOnlyList<Arguments>> checkpoints = keys.Required("checkpoints", Shapes.OneOrMore(Shapes.Object(checkpoint)), "The checkpoints of the warm-up training.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to choose; a share is of the pool's rows.");
        Parameter<int> subtasks = keys.Optional("subtasks", Shapes.Count(1), 1, 1, "Equal, consecutive parts of every query set, each a subtask.");
        Parameter<bool> normalize = keys.Optional("normalize", Shapes.Flag, false, false, "Compare by cosine; not needed for features that are unit vectors already.");
        keys.Rule(checkpoints, a => a.Get(checkpoints).Select(c => QueriesFault(NamesOf(c), NamesOf(a.Get(checkpoints)[0]))).FirstOrDefault(fault => fault is not null));
        return new StepBinding("less", ValueKind.Selection, "Chooses the rows whose gradients point where the tasks' gradients point.", keys, (arguments, inputs) => new SelectByInfluence
        {
            Checkpoints =
            [
                .. arguments.Get(checkpoints).Select(c => new GradientCheckpoint(
                    inputs.Get<Embeddings>(c.Get(@in)), [.. c.Get(queries).Select(task => new QueryTask(task.Key, inputs.Get<Embeddings>(task.Value)))])
                {
                    LearningRate = c.Get(learningRate),
                }),
            ],
            Budget = arguments.Get(budget),
            Subtasks = arguments.Get(subtasks),
            Normalize = arguments.Get(normalize),
        });

        string[] NamesOf(Arguments given) => [.. given.Get(queries).Select(task => task.Key)];
    }
}

/// <summary>Gradient features at one checkpoint.</summary>
/// <param name="In">Of the pool.</param>
/// <param name="Queries">Of each subtask's queries.</param>
public sealed record GradientCheckpoint(Embeddings In, IReadOnlyList<QueryTask> Queries)
{
    /// <summary>The checkpoint's average learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 1;
}
