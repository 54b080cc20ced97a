using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Fits the log of the losses of training runs to indicators of what they were trained on.</summary>
/// <remarks>Source: InstructMining (Cao et al. 2023), methods 3.4; the mathematics is <see cref="LossRegression"/>.</remarks>
public sealed record FitQuality : Step<QualityFit>
{
    /// <summary>The column that holds the raw losses.</summary>
    public const string LossColumn = "loss";

    /// <summary>One row per run: the loss, and in every other column the mean of an indicator over the run's data.</summary>
    public required ScoreTable Runs { get; init; }

    /// <summary>Parts for cross-validation, at least 2; never more than there are runs.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>How the fits of subsets are ranked.</summary>
    public SubsetRank Rank { get; init; } = SubsetRank.R2;

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override QualityFit Run(StepRun run)
    {
        double[] losses = Losses();
        string[] names = [.. Runs.Columns.Keys.Where(name => name != LossColumn)];
        CheckSizes(losses.Length, names.Length);
        double[][] indicators = [.. names.Select(name => Runs.Columns[name])];
        var regression = new LossRegression(indicators, losses);
        if (regression.Dependent is >= 0 and var dependent) throw Collinear(names[dependent], [.. regression.DependsOn().Select(i => names[i])]);

        int folds = Math.Min(Folds, losses.Length);
        run.Note("folds", folds);
        run.Note("rank", Rank switch { SubsetRank.R2 => "R2", SubsetRank.AdjustedR2 => "adjR2", _ => "AIC" });
        double coefficients = names.Length + 1;
        run.Count(checked((long)losses.Length * (names.Length + 1) * sizeof(double)), 2 * losses.Length * coefficients * coefficients);
        return new QualityFit
        {
            Runs = losses.Length,
            Indicators = names,
            Regression = regression.Fit(),
            CrossValidatedR2 = regression.CrossValidate(folds, run.Random("folds")),
            Subsets = regression.Subsets(Rank, run.Pass),
        };
    }

    private double[] Losses()
    {
        if (!Runs.Columns.TryGetValue(LossColumn, out double[]? losses))
        {
            throw EngineException.Input(Runs.Name, "COLUMN",
                $"found no column \"{LossColumn}\", expected the runs' raw losses in it; the columns are {string.Join(", ", Runs.Columns.Keys)}.{Suggestion.For(LossColumn, Runs.Columns.Keys)}");
        }

        int bad = Array.FindIndex(losses, loss => loss <= 0);
        if (bad >= 0)
            throw EngineException.Input(Runs.Name, "LOSS", FormattableString.Invariant($"the loss of row {bad} is {losses[bad]}, expected a number above 0, whose log is fitted. Give raw losses, not their logs."));
        return losses;
    }

    private void CheckSizes(int runs, int indicators)
    {
        if (indicators == 0)
            throw EngineException.Input(Runs.Name, "COLUMN", $"found no column besides \"{LossColumn}\", expected one per indicator. Add the indicators' means.");
        if (indicators > LossRegression.MostForSubsets)
            throw EngineException.Input(Runs.Name, "COLUMN", $"found {indicators} indicators, expected at most {LossRegression.MostForSubsets}, because every subset of them is fitted. Leave some out.");
        if (runs <= indicators + 1)
        {
            throw EngineException.Input(Runs.Name, "ROWS",
                $"found {runs} runs for {indicators + 1} coefficients ({indicators} indicators and the constant), expected at least {indicators + 2} runs. Add runs or leave indicators out.");
        }

        double[] losses = Runs.Columns[LossColumn];
        if (Array.TrueForAll(losses, loss => loss == losses[0]))
            throw EngineException.Input(Runs.Name, "LOSS", FormattableString.Invariant($"all {runs} losses are {losses[0]}, expected losses that differ. There is nothing to explain."));
    }

    private EngineException Collinear(string name, string[] others) => EngineException.Input(Runs.Name, "COLLINEAR", others.Length == 0
        ? $"the column \"{name}\" is constant, so its coefficient cannot be told from the constant's, expected indicators that vary. Leave it out."
        : $"the column \"{name}\" is a linear combination of {string.Join(", ", others.Select(o => $"\"{o}\""))}, expected independent indicators. Leave one of them out.");

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> runs = keys.Required("runs", Shapes.Reference(ValueKind.Scores), "One row per training run: its loss, and the mean of each indicator.");
        Parameter<int> folds = keys.Optional("folds", Shapes.Count(2), 5, 5, "Parts for cross-validation.");
        Parameter<SubsetRank> rank = keys.Optional("rank", Shapes.Choice(("R2", SubsetRank.R2), ("adjR2", SubsetRank.AdjustedR2), ("AIC", SubsetRank.Aic)), SubsetRank.R2, "R2",
            "How the fits of subsets of the indicators are ranked; R2 is the paper's.");
        return new StepBinding("fitQuality", ValueKind.Fit, "Fits a quality rule to the losses of training runs.", keys, (arguments, inputs) => new FitQuality
        {
            Runs = inputs.Get<ScoreTable>(arguments.Get(runs)),
            Folds = arguments.Get(folds),
            Rank = arguments.Get(rank),
        });
    }
}
