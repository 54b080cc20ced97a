using Engine.Data;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Predicts, for every row, the log of the loss of a model trained on it.</summary>
/// <remarks>The op <c>quality</c> without a budget; with one it is <see cref="SelectByQuality"/>. Source: InstructMining (Cao et al. 2023), methods 3.2.</remarks>
public sealed record PredictQuality : Step<ScoreTable>
{
    /// <summary>The one column of the result: predicted log-loss, lowest is best.</summary>
    public const string Column = "score";

    /// <summary>The indicators, one column each.</summary>
    public required ScoreTable In { get; init; }

    /// <summary>The rule.</summary>
    public required QualityRule Rule { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check() => Rule.Check(In);

    /// <inheritdoc/>
    public override ScoreTable Run(StepRun run)
    {
        double[] predicted = Rule.Predict(In);
        double values = (double)predicted.Length * Rule.Coefficients.Count;
        run.Count(checked((long)predicted.Length * Rule.Coefficients.Count * sizeof(double)), 2 * values);
        run.Note("intercept", Rule.Intercept);
        foreach ((string name, double coefficient) in Rule.Coefficients) run.Note($"coefficient.{name}", coefficient);
        return new ScoreTable(new Dictionary<string, double[]> { [Column] = predicted }, run.Name) { Pool = In.Pool };
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Scores), "The indicators, one column each.");
        Parameter<RuleSource> rule = keys.Required("rule", Shapes.OneOf(
            Shapes.Tagged("fit", Shapes.Reference(ValueKind.Fit)).To(fit => new RuleSource(null, fit)),
            QualityRule.Forms.To(given => new RuleSource(given, null))), "What predicts the log-loss: a published rule, coefficients, or those of a fitQuality step.");
        Parameter<Budget?> budget = keys.OptionalValue("budget", Shapes.Budget, "How many rows with the lowest predicted loss to choose; without it the step gives scores.");
        return new StepBinding("quality", ValueKind.Scores, "Predicts every row's log-loss and, with a budget, chooses the rows with the lowest.", keys,
            (arguments, inputs) =>
            {
                var table = inputs.Get<ScoreTable>(arguments.Get(@in));
                RuleSource source = arguments.Get(rule);
                QualityRule applied = source.Given ?? QualityRule.Of(inputs.Get<QualityFit>(source.Fit!));
                return arguments.Get(budget) is { } count
                    ? new SelectByQuality { In = table, Rule = applied, Budget = count }
                    : new PredictQuality { In = table, Rule = applied };
            },
            arguments => arguments.Gives(budget) ? ValueKind.Selection : ValueKind.Scores);
    }

    private sealed record RuleSource(QualityRule? Given, Reference? Fit);
}
