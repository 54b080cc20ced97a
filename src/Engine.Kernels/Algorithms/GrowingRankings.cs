using System.Runtime.CompilerServices;

namespace Engine.Kernels.Algorithms;

/// <summary>Ranked lists that are made as deep as they turn out to be needed, and how far each has been popped.</summary>
internal sealed class GrowingRankings
{
    private readonly Func<int, RankedRows[]?> _rankings;
    private readonly int _deepest;
    private readonly int[] _popped;
    private RankedRows[] _lists;

    /// <summary>Asks for the first lists.</summary>
    /// <param name="rankings">Gives lists with at least so many entries, or as the pool has; null when it has no deeper ones than it gave.</param>
    /// <param name="firstDepth">Entries wanted at first.</param>
    /// <param name="deepest">Entries beyond which no list can be needed.</param>
    public GrowingRankings(Func<int, RankedRows[]?> rankings, int firstDepth, int deepest)
    {
        _rankings = rankings;
        _deepest = deepest;
        Depth = Math.Min(firstDepth, deepest);
        _lists = rankings(Depth) ?? throw new ArgumentException("There are no lists.", nameof(rankings));
        Measure();
        _popped = new int[_lists.Length];
    }

    /// <summary>Lists.</summary>
    public int Groups => _lists.Length;

    /// <summary>Entries per list that were asked for in the end.</summary>
    public int Depth { get; private set; }

    /// <summary>Entries popped of the list that was popped deepest.</summary>
    public int Popped => _popped.Length == 0 ? 0 : _popped.Max();

    /// <summary>True once a list ran dry that goes on in the pool but not in what can be had.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Takes the best entry left of a list.</summary>
    /// <returns>False when the list is exhausted or cut.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryPop(int group, out RankedEntry entry)
    {
        int place = _popped[group];
        while (place >= _lists[group].Rows.Length)
        {
            entry = default;
            if (_lists[group].Rows.Length < Depth || Depth >= _deepest || !Deepen()) return false;
        }

        _popped[group]++;
        RankedRows list = _lists[group];
        entry = new RankedEntry(list.Rows[place], list.Scores[place], list.Queries is null ? -1 : list.Queries[place], group);
        return true;
    }

    private bool Deepen()
    {
        int wanted = (int)Math.Min(_deepest, 4L * Depth);

        // Letting go of the lists makes room for the deeper ones; of what is cut, nothing more is popped.
        int[] lengths = Array.ConvertAll(_lists, list => list.Rows.Length);
        _lists = Array.ConvertAll(_lists, _ => new RankedRows([], []));
        if (_rankings(wanted) is not { } deeper)
        {
            IsCut = true;
            return false;
        }

        Depth = wanted;
        if (deeper.Length != lengths.Length) throw new ArgumentException($"{deeper.Length} deeper lists do not continue {lengths.Length}.");
        for (int group = 0; group < deeper.Length; group++)
            if (deeper[group].Rows.Length < lengths[group]) throw new ArgumentException($"The deeper list of group {group} is shorter.");
        _lists = deeper;
        Measure();
        return true;
    }

    /// <summary>Lists may be deeper than was asked for; then the next call asks for more than they have.</summary>
    private void Measure()
    {
        if (_lists.Length > 0) Depth = Math.Min(_deepest, Math.Max(Depth, _lists.Min(list => list.Rows.Length)));
    }
}

/// <summary>One entry of a list as it is popped.</summary>
/// <param name="Row">0-based row.</param>
/// <param name="Score">Its score.</param>
/// <param name="Query">The query behind the score, or -1.</param>
/// <param name="Group">The list.</param>
internal readonly record struct RankedEntry(int Row, double Score, int Query, int Group);
