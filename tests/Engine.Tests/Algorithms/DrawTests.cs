using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

public sealed class DrawTests
{
    [Fact]
    public void Uniform_gives_distinct_rows_and_the_same_ones_again()
    {
        int[] rows = Draw.Uniform(1000, 300, new RandomStream(5, "a"));
        Assert.Equal(300, rows.Distinct().Count());
        Assert.All(rows, row => Assert.InRange(row, 0, 999));
        Assert.Equal(rows, Draw.Uniform(1000, 300, new RandomStream(5, "a")));
        Assert.NotEqual(rows, Draw.Uniform(1000, 300, new RandomStream(5, "b")));
        Assert.Equal(Enumerable.Range(0, 50), Draw.Uniform(50, 50, new RandomStream(1, "all")).Order());
    }

    [Fact]
    public void Uniform_gives_every_row_the_same_chance()
    {
        int[] hits = new int[10];
        for (int round = 0; round < 4000; round++)
            foreach (int row in Draw.Uniform(10, 3, new RandomStream(round, "chance"))) hits[row]++;

        // 1200 expected, standard deviation 29.
        Assert.All(hits, hit => Assert.InRange(hit, 1200 - 145, 1200 + 145));
    }

    [Fact]
    public void Uniform_over_candidates_names_the_candidates()
    {
        int[] candidates = [7, 3, 9, 100];
        Assert.Equal([3, 7, 9, 100], Draw.Uniform(candidates, 4, new RandomStream(2, "c")).Order());
        Assert.Throws<ArgumentOutOfRangeException>(() => Draw.Uniform(candidates, 5, new RandomStream(2, "c")));
        Assert.Throws<ArgumentOutOfRangeException>(() => Draw.Uniform(4, 5, new RandomStream(2, "c")));
        Assert.Throws<ArgumentOutOfRangeException>(() => Draw.Uniform(4, -1, new RandomStream(2, "c")));
    }

    [Fact]
    public void Balanced_takes_one_row_per_group_and_pass_in_file_order()
    {
        // Groups appear in the order 5, 2, 8; row 3 has none.
        int[] groups = [5, 5, 2, -1, 5, 8, 2, 5];
        Assert.Equal([0, 2, 5, 1, 6, 4, 7], Draw.Balanced(groups, 7, null));
        Assert.Equal([0, 2, 5, 1], Draw.Balanced(groups, 4, null));
        Assert.Empty(Draw.Balanced(groups, 0, null));
        Assert.Throws<ArgumentOutOfRangeException>(() => Draw.Balanced(groups, 8, null));
    }

    [Fact]
    public void Balanced_with_a_stream_keeps_the_turns_and_mixes_the_rows()
    {
        int[] groups = [.. Enumerable.Range(0, 300).Select(row => row % 3 == 0 ? 1 : row % 100 == 1 ? 4 : 0)];
        int[] rows = Draw.Balanced(groups, 60, new RandomStream(9, "b"));
        Assert.Equal(60, rows.Distinct().Count());
        Assert.Equal(Draw.Balanced(groups, 60, null).Select(row => groups[row]), rows.Select(row => groups[row]));
        Assert.NotEqual(Draw.Balanced(groups, 60, null), rows);
        Assert.Equal(rows, Draw.Balanced(groups, 60, new RandomStream(9, "b")));
    }
}
