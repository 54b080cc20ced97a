using Engine.Data;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>One condition of a filter, ready to be asked row by row.</summary>
/// <param name="Key">The plan's key.</param>
/// <param name="Text">The condition as messages quote it.</param>
/// <param name="Keeps">Whether a row of the pool passes, given the characters of its text (0 where no condition asks for them).</param>
/// <param name="NeedsText">True when it looks at the characters.</param>
internal sealed record FilterCondition(string Key, string Text, Func<int, long, bool> Keeps, bool NeedsText = false)
{
    /// <summary>The conditions a filter gives, checked against the pool.</summary>
    /// <exception cref="EngineException">A condition does not fit the pool. Exit 4.</exception>
    public static IReadOnlyList<FilterCondition> All(Filter filter, Candidates candidates)
    {
        List<FilterCondition> conditions = [];
        if (filter.Sources is { } sources)
        {
            (Records records, HashSet<int> named) = Named("sources", sources, candidates);
            conditions.Add(new("sources", $"sources = {string.Join(", ", sources)}", (row, _) => named.Contains(records.SourceOf(row))));
        }

        if (filter.NotSources is { } notSources)
        {
            (Records records, HashSet<int> named) = Named("notSources", notSources, candidates);
            conditions.Add(new("notSources", $"notSources = {string.Join(", ", notSources)}", (row, _) => !named.Contains(records.SourceOf(row))));
        }

        if (filter.Without is { } without)
        {
            if (without.PoolRows != candidates.PoolRows)
            {
                throw EngineException.Input(null, "POOL",
                    $"\"without\" is a selection from a pool of {without.PoolRows} rows, but {candidates.PoolRows} rows are filtered. Select from the same input.");
            }

            HashSet<int> excluded = [.. without.Indices];
            conditions.Add(new("without", $"without {excluded.Count} rows", (row, _) => !excluded.Contains(row)));
        }

        if (filter.MinCharacters is { } least) conditions.Add(OfText("minCharacters", least, candidates, characters => characters >= least));
        if (filter.MaxCharacters is { } most) conditions.Add(OfText("maxCharacters", most, candidates, characters => characters <= most));
        if (filter.Scores is { } bounds) conditions.Add(OfScores(bounds, candidates));
        return conditions;
    }

    private static FilterCondition OfText(string key, long bound, Candidates candidates, Func<long, bool> keeps)
    {
        RecordsOf(key, candidates);
        return new(key, FormattableString.Invariant($"{key} = {bound}"), (_, characters) => keeps(characters), NeedsText: true);
    }

    private static FilterCondition OfScores(ScoreBounds bounds, Candidates candidates)
    {
        (string column, double[] scores) = ScoreColumn.Of(bounds.Table, bounds.Column, candidates.PoolRows);
        double min = bounds.Min ?? double.NegativeInfinity, max = bounds.Max ?? double.PositiveInfinity;
        return new("scores", FormattableString.Invariant($"{min} <= {column} <= {max}"), (row, _) => scores[row] >= min && scores[row] <= max);
    }

    private static (Records Records, HashSet<int> Named) Named(string key, IReadOnlyList<string> names, Candidates candidates)
    {
        Records records = RecordsOf(key, candidates);
        if (records.Sources.Count == 0)
            throw EngineException.Input(records.Name, "SOURCE", $"\"{key}\" needs the records' sources, but they name none. Give the records input a \"source\" key that names the field.");

        Dictionary<string, int> index = records.Sources.Select((name, i) => (name, i)).ToDictionary(s => s.name, s => s.i, StringComparer.Ordinal);
        HashSet<int> named = [];
        foreach (string name in names)
        {
            if (!index.TryGetValue(name, out int source))
            {
                string shown = string.Join(", ", records.Sources.Take(20)) + (records.Sources.Count > 20 ? ", ..." : "");
                throw EngineException.Input(records.Name, "SOURCE", $"\"{key}\" names the source \"{name}\", which no record has; there are {records.Sources.Count}: {shown}.{Suggestion.For(name, records.Sources)}");
            }

            named.Add(source);
        }

        return (records, named);
    }

    private static Records RecordsOf(string key, Candidates candidates) => candidates.Pool
        ?? throw EngineException.Input(null, "RECORDS", $"\"{key}\" needs the records behind the rows, but none are bound to them. Give the embeddings input a \"rowsOf\" key that names the records.");
}
