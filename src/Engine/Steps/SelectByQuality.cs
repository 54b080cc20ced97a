using Engine.Data;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Chooses the rows with the lowest predicted log-loss, lowest first; ties go to the lower row.</summary>
/// <remarks>The op <c>quality</c> with a budget. Source: InstructMining (Cao et al. 2023), methods 3.1.</remarks>
public sealed record SelectByQuality : Step<Selection>
{
    /// <summary>The indicators, one column each.</summary>
    public required ScoreTable In { get; init; }

    /// <summary>The rule.</summary>
    public required QualityRule Rule { get; init; }

    /// <summary>How many rows; a share is of the table's rows.</summary>
    public required Budget Budget { get; init; }

    /// <inheritdoc/>
    public override string Op => PredictQuality.Definition.Op;

    /// <inheritdoc/>
    public override void Check()
    {
        Budget.Of(In.Rows);
        Rule.Check(In);
    }

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        int count = Budget.Of(In.Rows);
        ScoreTable predicted = new PredictQuality { In = In, Rule = Rule }.Run(run);
        double[] scores = predicted.Columns[PredictQuality.Column];
        int[] order = new int[scores.Length];
        for (int row = 0; row < order.Length; row++) order[row] = row;
        Array.Sort(order, (a, b) => scores[a].CompareTo(scores[b]) is not 0 and var byScore ? byScore : a.CompareTo(b));
        int[] chosen = order[..count];
        return new Selection
        {
            Indices = chosen,
            PoolRows = scores.Length,
            Pool = In.Pool,
            Scores = Array.ConvertAll(chosen, row => scores[row]),
            PoolScores = predicted,
        };
    }
}
