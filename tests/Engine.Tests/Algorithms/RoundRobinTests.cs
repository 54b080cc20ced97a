using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Round robin on rank lists: golden data B and C, a naive reference, refills, caps.</summary>
public sealed class RoundRobinTests
{
    private static readonly double[][] s_queries = [[.9, .8, .1, .5, .3, .8], [.9, .2, .7, .6, .1, .0], [.1, .95, .2, .3, .9, .4]];

    [Theory]
    [InlineData(1, new[] { 0 }, new[] { 0 })]
    [InlineData(2, new[] { 0, 1 }, new[] { 0, 2 })]
    [InlineData(3, new[] { 0, 1, 2 }, new[] { 0, 2, 1 })]
    [InlineData(4, new[] { 0, 1, 2, 4 }, new[] { 0, 2, 1, 5 })]
    [InlineData(5, new[] { 0, 1, 2, 4, 5 }, new[] { 0, 2, 1, 5, 3 })]
    [InlineData(6, new[] { 0, 1, 2, 4, 5, 3 }, new[] { 0, 2, 1, 5, 3, 4 })]
    public void Golden_B(int count, int[] consume, int[] skip)
    {
        RankedRows[] lists = Rank(s_queries);
        RoundRobinResult result = RoundRobin.Select(lists, new() { Count = count });
        Assert.Equal(consume, result.Rows);
        Assert.Equal(new[] { .9, .95, .7, .9, .8, .6 }[..count], result.Scores);
        Assert.Equal(new[] { 0, 2, 1, 2, 0, 1 }[..count], result.Groups);
        Assert.Equal(skip, RoundRobin.Select(lists, new() { Count = count, Duplicates = Duplicates.Skip }).Rows);
    }

    [Theory]
    [InlineData(2, new[] { 0, 2 }, new[] { .85, .8 })]
    [InlineData(3, new[] { 0, 2, 3 }, new[] { .85, .8, .7 })]
    [InlineData(4, new[] { 0, 2, 3, 1 }, new[] { .85, .8, .7, .3 })]
    [InlineData(5, new[] { 0, 2, 3, 1, 4 }, new[] { .85, .8, .7, .3, .65 })]
    public void Golden_C_keeps_the_lowest_score_popped(int count, int[] rows, double[] lowest)
    {
        RoundRobinResult result = RoundRobin.Select(Rank([[.9, .3, .8, .2, .3], [.85, .6, .5, .7, .65]]), new() { Count = count });
        Assert.Equal(rows, result.Rows);
        Assert.Equal(lowest, result.LowestScores);
        Assert.Equal(new[] { .9, .8, .7, .3, .65 }[..count], result.Scores);
        Assert.Equal(new[] { 0, 0, 1, 0, 1 }[..count], result.Groups);
    }

    [Fact]
    public void Equals_a_naive_reference_for_every_rule_and_depth()
    {
        RandomStream stream = new(11, "round robin");
        for (int round = 0; round < 400; round++)
        {
            int pool = 1 + (int)stream.NextBelow(40), groups = 1 + (int)stream.NextBelow(6), side = 2 + (int)stream.NextBelow(30);
            double[][] scores = [.. Enumerable.Range(0, groups).Select(_ => Enumerable.Range(0, pool).Select(_ => stream.NextBelow(side) / (double)side).ToArray())];
            int count = 1 + (int)stream.NextBelow(pool);
            Duplicates duplicates = (Duplicates)stream.NextBelow(2);
            int[] sources = [.. Enumerable.Range(0, pool).Select(_ => (int)stream.NextBelow(4) - 1)];
            long[]? caps = stream.NextBelow(2) == 0 ? null : [stream.NextBelow(4), stream.NextBelow(9), long.MaxValue];
            bool odd = stream.NextBelow(3) == 0;
            Func<int, bool>? allowed = odd ? row => row % 2 == 1 : null;

            RoundRobinResult expected = Naive(scores, count, duplicates, allowed, sources, caps);
            foreach (int depth in new[] { 1, 3, 64 })
            {
                RoundRobinOptions options = new()
                {
                    Count = count,
                    Duplicates = duplicates,
                    Allowed = allowed,
                    Caps = caps is null ? null : new CapTracker(sources, caps),
                    FirstDepth = depth,
                };
                RankedRows[] complete = Rank(scores);
                RoundRobinResult actual = RoundRobin.Select(d => Cut(complete, d), pool, options, Pass.Unwatched);
                Assert.Equal(expected.Rows, actual.Rows);
                Assert.Equal(expected.Scores, actual.Scores);
                Assert.Equal(expected.LowestScores, actual.LowestScores);
                Assert.Equal(expected.Groups, actual.Groups);
            }
        }
    }

    [Fact]
    public void Lists_grow_fourfold_and_never_past_the_count()
    {
        // Both groups rank alike, so the second one only ever pops what the first one took.
        double[] scores = [.. Enumerable.Range(0, 100).Select(row => 1 - row / 100.0)];
        RankedRows[] complete = Rank([scores, scores]);
        List<int> depths = [];
        RankedRows[] Lists(int depth)
        {
            depths.Add(depth);
            return Cut(complete, depth);
        }

        RoundRobinResult result = RoundRobin.Select(Lists, 100, new() { Count = 30, FirstDepth = 2 }, Pass.Unwatched);
        Assert.Equal(Enumerable.Range(0, 30), result.Rows);
        Assert.Equal([2, 8, 30], depths);
        Assert.Equal(30, result.Depth);
    }

    [Fact]
    public void Exhausted_lists_end_the_run_early()
    {
        RankedRows[] lists = Rank([[.9, .5, .7], [.1, .2, .3]]);
        Assert.Equal([0, 2, 1], RoundRobin.Select(lists, new() { Count = 9 }).Rows);
        Assert.Empty(RoundRobin.Select(lists, new() { Count = 2, Allowed = _ => false }).Rows);
        Assert.Equal([0], RoundRobin.Select(lists, new() { Count = 3, Caps = new CapTracker([0, 0, 0], [1]) }).Rows);
    }

    [Fact]
    public void A_blocked_row_uses_the_visit_up_only_when_duplicates_do()
    {
        RankedRows[] lists = Rank([[.9, .8, .7, .1], [.1, .2, .3, .9]]);
        RoundRobinOptions options = new() { Count = 3, Allowed = row => row != 0 };
        Assert.Equal([3, 1, 2], RoundRobin.Select(lists, options).Rows);
        Assert.Equal([1, 3, 2], RoundRobin.Select(lists, options with { Duplicates = Duplicates.Skip }).Rows);
    }

    [Fact]
    public void Deeper_lists_must_continue_the_shallower_ones()
    {
        RankedRows[] lists = Rank([[.9, .8, .7, .1]]);
        Assert.Throws<ArgumentException>(() => RoundRobin.Select(
            depth => depth == 1 ? Cut(lists, 1) : [], 4, new() { Count = 2, FirstDepth = 1 }, Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => new CapTracker([0, 1], [5]));
        Assert.Throws<ArgumentException>(() => new CapTracker([0], [-5]));
    }

    internal static RankedRows[] Rank(double[][] scores) => [.. scores.Select(group =>
    {
        int[] order = [.. Enumerable.Range(0, group.Length).OrderByDescending(row => group[row]).ThenBy(row => row)];
        return new RankedRows(order, [.. order.Select(row => group[row])]);
    })];

    private static RankedRows[] Cut(RankedRows[] lists, int depth) =>
        [.. lists.Select(list => new RankedRows([.. list.Rows.Take(depth)], [.. list.Scores.Take(depth)]))];

    /// <summary>The rules word for word: whole lists, entries removed from the head, the selection searched from its start.</summary>
    private static RoundRobinResult Naive(double[][] scores, int count, Duplicates duplicates, Func<int, bool>? allowed, int[] sources, long[]? caps)
    {
        List<List<int>> lists = [.. Rank(scores).Select(list => list.Rows.ToList())];
        List<int> rows = [], groups = [];
        List<double> first = [], lowest = [];
        bool Blocked(int row) => allowed?.Invoke(row) == false
            || (caps is not null && sources[row] >= 0 && rows.Count(r => sources[r] == sources[row]) >= caps[sources[row]]);

        while (lists.Any(list => list.Count > 0) && rows.Count < count)
        {
            for (int g = 0; g < lists.Count && rows.Count < count; g++)
            {
                while (lists[g].Count > 0)
                {
                    int row = lists[g][0];
                    lists[g].RemoveAt(0);
                    int held = rows.IndexOf(row);
                    if (held >= 0) lowest[held] = Math.Min(lowest[held], scores[g][row]);
                    bool take = held < 0 && !Blocked(row);
                    if (take)
                    {
                        rows.Add(row);
                        groups.Add(g);
                        first.Add(scores[g][row]);
                        lowest.Add(scores[g][row]);
                    }

                    if (take || duplicates == Duplicates.Consume) break;
                }
            }
        }

        return new RoundRobinResult([.. rows], [.. first], [.. lowest], [.. groups], [.. rows.Select(_ => -1)], 0, IsCut: false);
    }
}
