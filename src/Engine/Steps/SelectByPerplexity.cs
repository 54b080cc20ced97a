using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Chooses rows by a language model's perplexity: the highest, the lowest, or a band of the ranking.</summary>
/// <remarks>Any number that grows with perplexity gives the same rows, the mean negative log-likelihood among them. Source: the Top-PPL and Mid-PPL baselines of RDS+ (Ivison et al. 2025), methods 1.8.</remarks>
public sealed record SelectByPerplexity : Step<Selection>
{
    private const string UsualColumn = "perplexity";
    private const double UsualFrom = 0.33;

    /// <summary>Perplexity or mean negative log-likelihood of every row.</summary>
    public required ScoreTable In { get; init; }

    /// <summary>The column, or null for <c>perplexity</c> or the only one there is.</summary>
    public string? Column { get; init; }

    /// <summary>Which part of the ranking is kept.</summary>
    public PerplexityKeep Keep { get; init; } = PerplexityKeep.Top;

    /// <summary>For <see cref="PerplexityKeep.Mid"/>: the share of the ranking, highest first, that is passed over; from 0, below 1. Null for 0.33.</summary>
    public double? From { get; init; }

    /// <summary>How many rows; a share is of the table's rows.</summary>
    public required Budget Budget { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check()
    {
        int rows = Candidates.CountRows(In);
        Budget.Of(rows);
        Scores(rows);
    }

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        FromFault(Keep, From)?.Throw();
        int rows = Candidates.CountRows(In);
        int count = Budget.Of(rows);
        ScoreColumn scores = Scores(rows);
        int first = Keep == PerplexityKeep.Mid ? (int)Math.Floor((From ?? UsualFrom) * rows) : 0;
        if (count > rows - first)
        {
            throw EngineException.Input(In.Name, "BUDGET",
                $"the budget is {count} rows, but the band begins at place {first} of {rows} and has only {rows - first}. Lower the budget or \"from\".");
        }

        int[] order = Keep == PerplexityKeep.Least ? ScoreRanking.LowestFirst(scores.Values) : ScoreRanking.HighestFirst(scores.Values);
        int[] chosen = order[first..(first + count)];
        run.Count(rows * (long)sizeof(double), 0);
        run.Note("firstPlace", first);
        return new Selection { Indices = chosen, PoolRows = rows, Pool = In.Pool, Scores = Array.ConvertAll(chosen, row => scores.Values[row]) };
    }

    private ScoreColumn Scores(int rows) => ScoreColumn.Of(In, Column ?? (In.Columns.ContainsKey(UsualColumn) ? UsualColumn : null), rows);

    private static KeyFault? FromFault(PerplexityKeep keep, double? from) => from is null || keep == PerplexityKeep.Mid
        ? null
        : new("FROM", FormattableString.Invariant($"\"from\" is {from}, but only \"keep\": \"mid\" passes rows over. Leave \"from\" out, or keep \"mid\"."));

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Scores), "Perplexity or mean negative log-likelihood of every row.");
        Parameter<string?> column = keys.Optional("column", Shapes.Text, "The column; \"perplexity\" or the only one when absent.");
        Parameter<PerplexityKeep> keep = keys.Optional("keep",
            Shapes.Choice(("top", PerplexityKeep.Top), ("mid", PerplexityKeep.Mid), ("least", PerplexityKeep.Least)), PerplexityKeep.Top, "top",
            "Which part of the ranking is kept: the highest, a band from \"from\" on, or the lowest.");
        Parameter<double?> from = keys.OptionalValue("from", Shapes.Number(0, 0.9999), "For mid: the share of the ranking, highest first, that is passed over; 0.33 when absent.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to choose; a share is of the table's rows.");
        keys.Rule(from, a => FromFault(a.Get(keep), a.Get(from)));
        return new StepBinding("perplexity", ValueKind.Selection, "Chooses rows by a language model's perplexity: highest, middle or lowest.", keys, (arguments, inputs) => new SelectByPerplexity
        {
            In = inputs.Get<ScoreTable>(arguments.Get(@in)),
            Column = arguments.Get(column),
            Keep = arguments.Get(keep),
            From = arguments.Get(from),
            Budget = arguments.Get(budget),
        });
    }
}

/// <summary>Which part of a ranking by perplexity is kept.</summary>
public enum PerplexityKeep
{
    /// <summary>The highest, highest first: Top-PPL.</summary>
    Top,

    /// <summary>Consecutive places, highest first, after a share of the ranking was passed over: Mid-PPL.</summary>
    Mid,

    /// <summary>The lowest, lowest first.</summary>
    Least,
}
