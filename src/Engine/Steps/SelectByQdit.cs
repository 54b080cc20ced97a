using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Picks rows that are good and that together stand for the whole pool: greedy on facility location and quality.</summary>
/// <remarks>The rules in full: <see cref="FacilityLocation"/>. Source: QDIT (Bukharin and Zhao 2024), methods 5.4.</remarks>
public sealed record SelectByQdit : Step<Selection>
{
    /// <summary>The pool's vectors.</summary>
    public required Embeddings In { get; init; }

    /// <summary>The quality of every row, higher is better.</summary>
    public required ScoreTable Quality { get; init; }

    /// <summary>The column of the scores, or null when there is only one.</summary>
    public string? Column { get; init; }

    /// <summary>The weight of quality, from 0 (coverage alone) to 1 (quality alone).</summary>
    public double Alpha { get; init; } = 0.5;

    /// <summary>How many rows; a share is of the pool's rows.</summary>
    public required Budget Budget { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check()
    {
        int rows = Candidates.CountRows(In);
        Budget.Of(rows);
        ScoreColumn.Of(Quality, Column, rows);
    }

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        int rows = Candidates.CountRows(In);
        int count = Budget.Of(rows);
        double[] quality = ScoreColumn.Of(Quality, Column, rows).Values;
        double[] norms = In.CosineNorms(run.Kernels, new Pass(cancel: run.Pass.Cancel));
        FacilityLocationResult result = FacilityLocation.Select(In.Matrix, norms, quality, Alpha, count, run.Kernels, run.Pass);
        double naive = ((double)rows * count) - ((double)count * (count - 1) / 2);
        run.Count(In.Bytes, 2 * naive * rows * In.Dim);
        run.Note("gainsEvaluated", result.Evaluations);
        run.Note("shareOfNaive", result.Evaluations / naive);
        return new Selection { Indices = result.Rows, PoolRows = rows, Pool = In.Pool, Scores = result.Values };
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Embeddings), "The pool's vectors.");
        Parameter<Reference> quality = keys.Required("quality", Shapes.Reference(ValueKind.Scores), "The quality of every row, higher is better.");
        Parameter<string?> column = keys.Optional("column", Shapes.Text, "The column of the scores; needed when there are several.");
        Parameter<double> alpha = keys.Optional("alpha", Shapes.Number(0, 1), 0.5, 0.5, "The weight of quality; coverage has the rest.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to pick; a share is of the pool's rows.");
        return new StepBinding("qdit", ValueKind.Selection, "Picks rows that are good and that together stand for the whole pool.", keys, (arguments, inputs) => new SelectByQdit
        {
            In = inputs.Get<Embeddings>(arguments.Get(@in)),
            Quality = inputs.Get<ScoreTable>(arguments.Get(quality)),
            Column = arguments.Get(column),
            Alpha = arguments.Get(alpha),
            Budget = arguments.Get(budget),
        });
    }
}
