using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Takes rows from the highest score down and passes over those too similar to one already taken: score first, diversity aware.</summary>
/// <remarks>The score is the product of columns, complexity times quality. Source: DEITA (Liu et al. 2024) and its code, methods 5.1.</remarks>
public sealed record SelectByDeita : Step<Selection>
{
    /// <summary>The pool's vectors.</summary>
    public required Embeddings In { get; init; }

    /// <summary>The scores of every row.</summary>
    public required ScoreTable Scores { get; init; }

    /// <summary>The columns that are multiplied, or null for all of them.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>A row is passed over when its cosine to one taken is above this.</summary>
    public double Threshold { get; init; } = 0.9;

    /// <summary>How many rows; a share is of the pool's rows. Fewer are taken when no others are dissimilar enough.</summary>
    public required Budget Budget { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check() => Budget.Of(Candidates.CountRows(In));

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        int rows = Candidates.CountRows(In);
        int budget = Budget.Of(rows);
        double[] scores = Product(rows);
        double[] norms = In.CosineNorms(run.Kernels, new Pass(cancel: run.Pass.Cancel));
        SimilarityFilterResult result = SimilarityFilter.Run(
            In.Matrix, norms, ScoreRanking.HighestFirst(scores), Threshold, SimilarityAgainst.Kept, budget, run.Kernels, run.Pass);
        run.Count(In.Bytes, 2 * result.Comparisons * In.Dim);
        run.Note("visited", result.Kept.Length + result.Removed.Length);
        run.Note("passedOver", result.Removed.Length);
        run.Note("unspent", budget - result.Kept.Length);
        run.Note("distinctScores", scores.Distinct().Count());
        return new Selection { Indices = result.Kept, PoolRows = rows, Pool = In.Pool, Scores = Array.ConvertAll(result.Kept, row => scores[row]) };
    }

    private double[] Product(int rows)
    {
        double[] product = new double[rows];
        Array.Fill(product, 1);
        foreach (string name in Columns ?? [.. Scores.Columns.Keys])
        {
            double[] values = ScoreColumn.Of(Scores, name, rows).Values;
            int negative = Array.FindIndex(values, value => value < 0);
            if (negative >= 0 && (Columns ?? [.. Scores.Columns.Keys]).Count > 1)
            {
                throw EngineException.Input(Scores.Name, "NEGATIVE", FormattableString.Invariant(
                    $"row {negative} has {name} = {values[negative]}, but a product of scores needs numbers of at least 0. Score the row again or give it 0."));
            }

            for (int row = 0; row < rows; row++) product[row] *= values[row];
        }

        return product;
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Embeddings), "The pool's vectors.");
        Parameter<Reference> scores = keys.Required("scores", Shapes.Reference(ValueKind.Scores), "The scores of every row, higher is better: complexity and quality.");
        Parameter<IReadOnlyList<string>?> columns = keys.Optional("columns", Shapes.OneOrMore(Shapes.Text), "The columns that are multiplied; all of them when absent.");
        Parameter<double> threshold = keys.Optional("threshold", Shapes.Number(-1, 1), 0.9, 0.9, "A row is passed over when its cosine to one already taken is above this: a similarity, not a distance.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to take; a share is of the pool's rows.");
        return new StepBinding("deita", ValueKind.Selection, "Takes rows from the highest score down, unless too similar to one taken.", keys, (arguments, inputs) => new SelectByDeita
        {
            In = inputs.Get<Embeddings>(arguments.Get(@in)),
            Scores = inputs.Get<ScoreTable>(arguments.Get(scores)),
            Columns = arguments.Get(columns),
            Threshold = arguments.Get(threshold),
            Budget = arguments.Get(budget),
        });
    }
}
