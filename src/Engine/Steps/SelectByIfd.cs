using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Chooses the rows whose instruction helps a model least to predict the answer: the highest instruction-following difficulty that is not over a bound.</summary>
/// <remarks>Difficulty comes ready as a column, or from two columns of mean losses. Source: Cherry LLM (Li et al. 2024), methods 5.2.</remarks>
public sealed record SelectByIfd : Step<Selection>
{
    private const string UsualColumn = "ifd";

    /// <summary>The difficulty, or the two losses, of every row.</summary>
    public required ScoreTable In { get; init; }

    /// <summary>The column with the difficulty, or null for <c>ifd</c> or the only one there is. Not with <see cref="Losses"/>.</summary>
    public string? Column { get; init; }

    /// <summary>The columns with the losses, or null when the difficulty comes ready.</summary>
    public IfdLosses? Losses { get; init; }

    /// <summary>Rows of higher difficulty are left out: above 1 the instruction does not help at all.</summary>
    public double Max { get; init; } = 1;

    /// <summary>How many rows; a share is of the table's rows.</summary>
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
        int count = Budget.Of(rows);
        double[] difficulty = Difficulty(rows);
        int[] left = [.. Enumerable.Range(0, rows).Where(row => difficulty[row] <= Max)];
        int unscored = difficulty.Count(double.IsNaN);
        run.Count(rows * (long)sizeof(double) * (Losses is null ? 1 : 2), rows);
        run.Note("overMax", rows - left.Length - unscored);
        run.Note("withoutAnswer", unscored);
        if (count > left.Length)
        {
            throw EngineException.Input(In.Name, "BUDGET",
                FormattableString.Invariant($"the budget is {count} rows, but only {left.Length} of {rows} have a difficulty of at most {Max} ({unscored} have no answer). Lower the budget or raise \"max\"."));
        }

        int[] chosen = [.. ScoreRanking.HighestFirst(Array.ConvertAll(left, row => difficulty[row])).Take(count).Select(place => left[place])];
        return new Selection { Indices = chosen, PoolRows = rows, Pool = In.Pool, Scores = Array.ConvertAll(chosen, row => difficulty[row]) };
    }

    private double[] Difficulty(int rows)
    {
        if (Losses is not { } losses)
        {
            // A difficulty of 0 is that of a record without an answer, as indicators gives it.
            return Array.ConvertAll(ScoreColumn.Of(In, Column ?? (In.Columns.ContainsKey(UsualColumn) ? UsualColumn : null), rows).Values, value => value == 0 ? double.NaN : value);
        }

        ColumnFault(Column, losses.Conditional)?.Throw();
        return FollowingDifficulty.Of(Loss(losses.Conditional, rows), Loss(losses.Alone, rows), losses.Ratio);
    }

    private double[] Loss(string column, int rows)
    {
        double[] values = ScoreColumn.Of(In, column, rows).Values;
        int negative = Array.FindIndex(values, loss => loss < 0);
        return negative < 0
            ? values
            : throw EngineException.Input(In.Name, "NEGATIVE", FormattableString.Invariant(
                $"row {negative} has {column} = {values[negative]}, but a mean negative log-likelihood is at least 0. Give losses, not log-likelihoods."));
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Scores), "The difficulty of every row, or its two losses.");
        Parameter<string?> column = keys.Optional("column", Shapes.Text, "The column with the difficulty; \"ifd\" or the only one when absent.");
        Parameter<string?> conditional = keys.Optional("conditional", Shapes.Text, "The column with the mean loss of the answer after its instruction; needs \"alone\".");
        Parameter<string?> alone = keys.Optional("alone", Shapes.Text, "The column with the mean loss of the answer alone; 0 for a record without an answer.");
        Parameter<IfdRatio?> ratio = keys.OptionalValue("ratio", Shapes.Choice(("loss", IfdRatio.Loss), ("perplexity", IfdRatio.Perplexity)),
            "How the two losses are compared: their ratio, as the published code does and as it is when absent, or the ratio of perplexities.");
        Parameter<double> max = keys.Optional("max", Shapes.Number(0), 1, 1, "Rows of higher difficulty are left out.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to choose; a share is of the table's rows.");
        keys.Rule(column, a => ColumnFault(a.Get(column), a.Get(conditional) ?? a.Get(alone)));
        keys.Rule(conditional, a => MissingFault("conditional", a.Get(conditional), a.Get(alone), a.Get(ratio)));
        keys.Rule(alone, a => MissingFault("alone", a.Get(alone), a.Get(conditional), a.Get(ratio)));
        return new StepBinding("ifd", ValueKind.Selection, "Chooses the rows with the highest instruction-following difficulty.", keys, (arguments, inputs) => new SelectByIfd
        {
            In = inputs.Get<ScoreTable>(arguments.Get(@in)),
            Column = arguments.Get(column),
            Losses = arguments.Get(conditional) is { } given ? new IfdLosses(given, arguments.Get(alone)!) { Ratio = arguments.Get(ratio) ?? IfdRatio.Loss } : null,
            Max = arguments.Get(max),
            Budget = arguments.Get(budget),
        });
    }

    private static KeyFault? ColumnFault(string? column, string? loss) => column is null || loss is null
        ? null
        : new("KEYS", $"found \"column\": \"{column}\" beside \"conditional\" and \"alone\", expected a ready difficulty or the two losses. Remove one of them.");

    private static KeyFault? MissingFault(string key, string? given, string? other, IfdRatio? ratio) => given is not null || (other is null && ratio is null)
        ? null
        : new("MISSING_KEY", $"the key \"{key}\" is missing: difficulty is computed from the losses \"conditional\" and \"alone\". Name both columns, or a ready one with \"column\".");
}

/// <summary>The columns that difficulty is computed from.</summary>
/// <param name="Conditional">Mean negative log-likelihood of the answer after its instruction.</param>
/// <param name="Alone">Mean negative log-likelihood of the answer alone; 0 for a record without an answer.</param>
public sealed record IfdLosses(string Conditional, string Alone)
{
    /// <summary>How the two are compared.</summary>
    public IfdRatio Ratio { get; init; } = IfdRatio.Loss;
}
