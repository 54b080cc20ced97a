using System.Runtime.CompilerServices;

namespace Engine.Kernels.Algorithms;

/// <summary>What a group does when its best remaining row is already chosen.</summary>
public enum Duplicates
{
    /// <summary>The visit pops exactly one entry; a row already chosen, blocked or over its cap uses the visit up. What the published code does.</summary>
    Consume,

    /// <summary>The visit pops entries until one can be taken: the group's best row that is neither chosen nor blocked. What the paper's algorithm says.</summary>
    Skip,
}

/// <summary>How <see cref="RoundRobin"/> chooses.</summary>
public sealed record RoundRobinOptions
{
    /// <summary>Distinct rows wanted, at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>What happens to rows already chosen.</summary>
    public Duplicates Duplicates { get; init; }

    /// <summary>Rows that may be chosen, or null for all.</summary>
    public Func<int, bool>? Allowed { get; init; }

    /// <summary>Caps per source, or null; used up by the run.</summary>
    public CapTracker? Caps { get; init; }

    /// <summary>Entries wanted per list at first, at least 1; lists grow fourfold when one runs dry. Never changes the result.</summary>
    public int FirstDepth { get; init; } = 64;
}

/// <summary>Distinct rows in the order they were chosen; all arrays have one length.</summary>
/// <param name="Rows">0-based rows; fewer than wanted only when every list was exhausted.</param>
/// <param name="Scores">Score under the group that first took the row.</param>
/// <param name="LowestScores">Lowest score under which any group popped the row until the run ended, the first one included.</param>
/// <param name="Groups">The group that first took the row.</param>
/// <param name="Queries">The query behind <paramref name="Scores"/>, as the lists name it; -1 where they name none.</param>
/// <param name="Depth">Entries per list that were asked for in the end.</param>
/// <param name="IsCut">True when it ended because a list could not be continued, though the pool has more.</param>
public sealed record RoundRobinResult(int[] Rows, double[] Scores, double[] LowestScores, int[] Groups, int[] Queries, int Depth, bool IsCut)
{
    /// <summary>Entries popped of the list that was popped deepest.</summary>
    internal int Popped { get; init; }
}

/// <summary>Round robin over ranked lists: groups take turns in order, each popping from the top of its own list.</summary>
/// <remarks>
/// Stops as soon as the wanted rows are held, checked before every visit; an exhausted group is passed over. Without blocked rows, every row a group
/// pops is chosen, so no list is needed deeper than the count. Source: RDS+ (Ivison et al. 2025) and its code, methods 1.4 and 1.6.
/// </remarks>
public static class RoundRobin
{
    /// <summary>Chooses from lists that cover the whole pool.</summary>
    /// <param name="rankings">One complete list per group, best first.</param>
    /// <param name="options">How many and by which rules.</param>
    public static RoundRobinResult Select(RankedRows[] rankings, RoundRobinOptions options) =>
        Select(_ => rankings, rankings.Length == 0 ? 0 : rankings.Max(list => list.Rows.Length), options with { FirstDepth = int.MaxValue }, Pass.Unwatched);

    /// <summary>Chooses from lists that are made as deep as they turn out to be needed.</summary>
    /// <param name="rankings">
    /// Gives one list per group, best first, with at least as many entries as asked for, or as the pool has. A deeper list begins with the shallower one.
    /// Null when there is nothing deeper than it gave before: the run ends where it first needs more.
    /// </param>
    /// <param name="poolRows">Rows in the pool.</param>
    /// <param name="options">How many and by which rules.</param>
    /// <param name="pass">Cancellation and progress in <c>rows</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count or the first depth is below 1.</exception>
    /// <exception cref="ArgumentException">A deeper call gave another number of lists or a list that ends earlier.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static RoundRobinResult Select(Func<int, RankedRows[]?> rankings, int poolRows, RoundRobinOptions options, Pass pass)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FirstDepth, 1);

        bool blocks = options.Allowed is not null || options.Caps is not null;
        GrowingRankings lists = new(rankings, options.FirstDepth, blocks ? poolRows : Math.Min(poolRows, options.Count));
        Chosen chosen = new(options);
        bool popped = true;
        while (popped && !chosen.IsFull && !lists.IsCut)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            popped = false;
            for (int group = 0; group < lists.Groups && !chosen.IsFull && !lists.IsCut; group++)
            {
                bool used = false;
                while (!used && lists.TryPop(group, out RankedEntry entry))
                {
                    popped = true;
                    used = chosen.Offer(entry) || options.Duplicates == Duplicates.Consume;
                }
            }

            pass.Report("rows", chosen.Count, options.Count);
        }

        return chosen.ToResult(lists);
    }

    /// <summary>The rows held so far, with room for all that are wanted.</summary>
    private sealed class Chosen(RoundRobinOptions options)
    {
        private readonly Dictionary<int, int> _placeOf = new(options.Count);
        private readonly int[] _rows = new int[options.Count];
        private readonly double[] _scores = new double[options.Count];
        private readonly double[] _lowest = new double[options.Count];
        private readonly int[] _groups = new int[options.Count];
        private readonly int[] _queries = new int[options.Count];

        public int Count { get; private set; }

        public bool IsFull => Count == options.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public bool Offer(in RankedEntry entry)
        {
            if (_placeOf.TryGetValue(entry.Row, out int place))
            {
                _lowest[place] = Math.Min(_lowest[place], entry.Score);
                return false;
            }

            if (options.Allowed?.Invoke(entry.Row) == false || options.Caps?.IsOpen(entry.Row) == false) return false;
            options.Caps?.Take(entry.Row);
            _placeOf.Add(entry.Row, Count);
            (_rows[Count], _scores[Count], _lowest[Count], _groups[Count], _queries[Count]) = (entry.Row, entry.Score, entry.Score, entry.Group, entry.Query);
            Count++;
            return true;
        }

        public RoundRobinResult ToResult(GrowingRankings lists) =>
            new(Held(_rows), Held(_scores), Held(_lowest), Held(_groups), Held(_queries), lists.Depth, lists.IsCut) { Popped = lists.Popped };

        private T[] Held<T>(T[] values) => IsFull ? values : values[..Count];
    }
}
