using System.IO.Enumeration;
using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Caps on how many rows of a source may be chosen.</summary>
/// <remarks>
/// A key is a source's name, a pattern such as <c>*science*</c> (any characters where a <c>*</c> stands) whose sources share one cap, or <c>*</c> for each source
/// that no other key means. A name wins over a pattern, an earlier pattern over a later one.
/// </remarks>
internal static class SourceCaps
{
    private const string EveryOther = "*";

    /// <summary>The caps of a pool's sources; rows without a source have none.</summary>
    /// <param name="caps">Keys with a count, or a share of the budget.</param>
    /// <param name="pool">The pool, bound to records.</param>
    /// <param name="budget">Rows that will be chosen.</param>
    /// <exception cref="EngineException">No source is known, or a key means a source that no record has. Exit 4.</exception>
    public static CapTracker Of(IReadOnlyList<KeyValuePair<string, Budget>> caps, Embeddings pool, int budget)
    {
        Records records = Check(caps, pool);

        // The first trackers' places are the keys in their order; behind them each source that no key means has one of its own.
        long others = caps.Where(cap => cap.Key == EveryOther).Select(cap => (long)cap.Value.UpTo(budget)).LastOrDefault(long.MaxValue);
        List<long> limits = [.. caps.Select(cap => (long)cap.Value.UpTo(budget))];
        int[] capOfSource = new int[records.Sources.Count];
        for (int source = 0; source < capOfSource.Length; source++)
        {
            capOfSource[source] = KeyOf(caps, records.Sources[source]);
            if (capOfSource[source] >= 0) continue;
            capOfSource[source] = limits.Count;
            limits.Add(others);
        }

        int[] capOfRow = new int[Candidates.CountRows(pool)];
        for (int row = 0; row < capOfRow.Length; row++) capOfRow[row] = records.SourceOf(row) is >= 0 and var source ? capOfSource[source] : -1;
        return new CapTracker(capOfRow, [.. limits]);
    }

    /// <summary>Refuses caps that do not fit a pool.</summary>
    /// <returns>The pool's records.</returns>
    /// <exception cref="EngineException">No source is known, or a key means a source that no record has. Exit 4.</exception>
    public static Records Check(IReadOnlyList<KeyValuePair<string, Budget>> caps, Embeddings pool)
    {
        if (pool.Pool is not { Sources.Count: > 0 } records)
        {
            throw EngineException.Input(pool.Name, "SOURCE",
                "\"caps\" needs the records' sources, but there are none. Give the embeddings a \"rowsOf\" key that names the records, and the records a \"source\" key.");
        }

        foreach ((string key, _) in caps)
        {
            if (key != EveryOther && !records.Sources.Any(source => source == key || IsMeant(key, source)))
                throw EngineException.Input(records.Name, "SOURCE", $"\"caps\" names the source \"{key}\", which no record has.{Suggestion.For(key, records.Sources)} Correct or remove it.");
        }

        return records;
    }

    /// <summary>The place of the key that means a source by name or pattern, or -1 when only <c>*</c> does or none.</summary>
    internal static int KeyOf(IReadOnlyList<KeyValuePair<string, Budget>> caps, string source)
    {
        int pattern = -1;
        for (int i = 0; i < caps.Count; i++)
        {
            if (caps[i].Key == EveryOther) continue;
            if (caps[i].Key == source) return i;
            if (pattern < 0 && IsMeant(caps[i].Key, source)) pattern = i;
        }

        return pattern;
    }

    // A name that holds an asterisk itself is written with a backslash before it where the pattern would mean too much.
    private static bool IsMeant(string key, string source) =>
        key.Contains('*', StringComparison.Ordinal) && FileSystemName.MatchesSimpleExpression(key, source, ignoreCase: false);
}
