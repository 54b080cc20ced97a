using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Caps on how many rows of a source may be chosen.</summary>
internal static class SourceCaps
{
    private const string EveryOther = "*";

    /// <summary>The caps of a pool's sources; rows without a source have none.</summary>
    /// <param name="caps">Source names with a count, or a share of the budget; <c>*</c> for each source not named.</param>
    /// <param name="pool">The pool, bound to records.</param>
    /// <param name="budget">Rows that will be chosen.</param>
    /// <exception cref="EngineException">No source is known, or one is named that no record has. Exit 4.</exception>
    public static CapTracker Of(IReadOnlyList<KeyValuePair<string, Budget>> caps, Embeddings pool, int budget)
    {
        if (pool.Pool is not { Sources.Count: > 0 } records)
        {
            throw EngineException.Input(pool.Name, "SOURCE",
                "\"caps\" needs the records' sources, but there are none. Give the embeddings a \"rowsOf\" key that names the records, and the records a \"source\" key.");
        }

        Dictionary<string, int> limits = new(StringComparer.Ordinal);
        foreach ((string source, Budget cap) in caps) limits[source] = cap.UpTo(budget);
        foreach (string source in limits.Keys)
        {
            if (source != EveryOther && !records.Sources.Contains(source))
                throw EngineException.Input(records.Name, "SOURCE", $"\"caps\" names the source \"{source}\", which no record has.{Suggestion.For(source, records.Sources)} Correct or remove it.");
        }

        long others = limits.TryGetValue(EveryOther, out int limit) ? limit : long.MaxValue;
        long[] bySource = [.. records.Sources.Select(source => limits.TryGetValue(source, out int cap) ? cap : others)];
        int[] sourceOfRow = new int[Candidates.CountRows(pool)];
        for (int row = 0; row < sourceOfRow.Length; row++) sourceOfRow[row] = records.SourceOf(row);
        return new CapTracker(sourceOfRow, bySource);
    }
}
