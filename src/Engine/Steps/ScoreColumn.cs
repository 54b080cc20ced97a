using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>One column of scores that a step names, checked against the pool.</summary>
/// <param name="Name">Its header.</param>
/// <param name="Values">[rows], finite.</param>
internal sealed record ScoreColumn(string Name, double[] Values)
{
    /// <summary>Finds a column, or the only one there is.</summary>
    /// <param name="table">The scores.</param>
    /// <param name="column">A header, or null when there is one column.</param>
    /// <param name="poolRows">Rows of the pool the scores must belong to.</param>
    /// <exception cref="EngineException">No such column, none named among several, or another number of rows. Exit 4.</exception>
    public static ScoreColumn Of(ScoreTable table, string? column, long poolRows)
    {
        string known = string.Join(", ", table.Columns.Keys);
        if (column is null && table.Columns.Count != 1)
            throw EngineException.Input(table.Name, "COLUMN", $"found {table.Columns.Count} columns ({known}), expected the key \"column\" to name one of them.");
        string name = column ?? table.Columns.Keys.First();
        if (!table.Columns.TryGetValue(name, out double[]? values))
            throw EngineException.Input(table.Name, "COLUMN", $"found no column \"{name}\", expected one of: {known}.{Suggestion.For(name, table.Columns.Keys)}");
        return values.Length == poolRows
            ? new ScoreColumn(name, values)
            : throw EngineException.Input(table.Name, "ROWS",
                $"found {values.Length} scores for a pool of {poolRows} rows, expected one score per row. Bind the scores to the pool with \"rowsOf\".");
    }

    /// <summary>Finds a column that rows are drawn by.</summary>
    /// <param name="table">The scores.</param>
    /// <param name="column">A header, or null when there is one column.</param>
    /// <param name="poolRows">Rows of the pool the scores must belong to.</param>
    /// <param name="weighting">How a score becomes a weight.</param>
    /// <exception cref="EngineException">As for <see cref="Of"/>, or a linear weight would be negative. Exit 4.</exception>
    public static double[] ToDrawBy(ScoreTable table, string? column, long poolRows, QualityWeighting weighting)
    {
        (string name, double[] quality) = Of(table, column, poolRows);
        if (weighting == QualityWeighting.Linear && Array.FindIndex(quality, q => q < 0) is >= 0 and var negative)
        {
            throw EngineException.Input(table.Name, "NEGATIVE",
                FormattableString.Invariant($"row {negative} has {name} = {quality[negative]}, but a linear weight is at least 0. Shift the scores, or set \"weighting\": \"softmax\"."));
        }

        return quality;
    }

    /// <summary>A temperature where the weighting has none.</summary>
    public static KeyFault? TemperatureFault(QualityWeighting weighting, double temperature) => weighting != QualityWeighting.Linear || temperature == 1
        ? null
        : new("TEMPERATURE", FormattableString.Invariant($"the temperature is {temperature}, but the weighting is linear, which has none. Leave it out, or set \"weighting\": \"softmax\"."));
}
