using Engine.Data;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>A linear rule that predicts the log of the loss of a model trained on a record: lower is better.</summary>
/// <remarks>log L = intercept + sum over i of coefficient[i] * indicator[i], summed in float64 in the order of the coefficients. Source: InstructMining (Cao et al. 2023), methods 3.1 and 3.2.</remarks>
/// <param name="Intercept">The constant.</param>
/// <param name="Coefficients">What each indicator is multiplied by, by column; at least one, in order.</param>
public sealed record QualityRule(double Intercept, IReadOnlyList<KeyValuePair<string, double>> Coefficients)
{
    /// <summary>The rule of the first version of the paper (July 2023).</summary>
    public static QualityRule InstructMiningV1 { get; } = new(1.0694, [new("reward", -0.1498), new("outputLength", 8.257e-5), new("knn6", -0.9350)]);

    /// <summary>The rule of the third version (COLM 2024).</summary>
    public static QualityRule InstructMiningV3 { get; } =
        new(0.0274, [new("reward", -0.0078), new("understandability", 0.4421), new("naturalness", -0.3212), new("coherence", -0.1520)]);

    /// <summary>The plan's forms of a rule.</summary>
    internal static Shape<QualityRule> Forms { get; } = Shapes.OneOf(
        Shapes.Choice(("instructMining-v1", InstructMiningV1), ("instructMining-v3", InstructMiningV3)),
        Given());

    /// <summary>The rule that a fit found.</summary>
    public static QualityRule Of(QualityFit fit) =>
        new(fit.Regression.Intercept.Beta, [.. fit.Indicators.Zip(fit.Regression.Terms, (name, term) => KeyValuePair.Create(name, term.Beta))]);

    /// <summary>Refuses a table without the rule's columns.</summary>
    /// <exception cref="EngineException">A column is missing. Exit 4.</exception>
    internal void Check(ScoreTable table)
    {
        string[] missing = [.. Coefficients.Select(c => c.Key).Where(name => !table.Columns.ContainsKey(name))];
        if (missing.Length > 0)
        {
            throw EngineException.Input(table.Name, "COLUMN",
                $"the rule needs the columns {string.Join(", ", Coefficients.Select(c => c.Key))}; {string.Join(", ", missing)} not found among: {string.Join(", ", table.Columns.Keys)}. Add the missing columns, or give a rule for those present.");
        }
    }

    /// <summary>Applies the rule to every row.</summary>
    /// <param name="table">Has every column the rule names; others are ignored.</param>
    /// <returns>[rows], predicted log-loss.</returns>
    /// <exception cref="EngineException">A column is missing, or a prediction is not finite; the 0-based row is named. Exit 4.</exception>
    public double[] Predict(ScoreTable table)
    {
        Check(table);
        double[] predicted = new double[Candidates.CountRows(table)];
        Array.Fill(predicted, Intercept);
        foreach ((string name, double coefficient) in Coefficients)
        {
            double[] column = table.Columns[name];
            for (int row = 0; row < predicted.Length; row++) predicted[row] += coefficient * column[row];
        }

        int bad = Array.FindIndex(predicted, value => !double.IsFinite(value));
        return bad < 0
            ? predicted
            : throw EngineException.Input(table.Name, "NOT_FINITE", $"the predicted log-loss of row {bad} is not finite, expected a number. Check the rule's coefficients and the row's indicators.");
    }

    private static Shape<QualityRule> Given()
    {
        var keys = new ParameterSet();
        Parameter<double> intercept = keys.Optional("intercept", Shapes.Number(), 0, 0, "The constant; it does not change the order.");
        Parameter<IReadOnlyList<KeyValuePair<string, double>>> coefficients =
            keys.Required("coefficients", Shapes.Map(Shapes.Number()), "What each column is multiplied by.");
        return Shapes.Keyed("coefficients", keys).To(arguments => new QualityRule(arguments.Get(intercept), arguments.Get(coefficients)));
    }
}
