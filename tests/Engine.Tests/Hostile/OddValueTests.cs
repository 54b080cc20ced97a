using System.Globalization;
using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>Cases 94 to 97: what odd but legal values give.</summary>
public sealed class OddValueTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData(1e38f)]
    [InlineData(3e38f)]
    [InlineData(1e-38f)]
    [InlineData(1e-42f)]
    public void Cosines_of_the_largest_and_smallest_numbers_are_right(float size)
    {
        _work.WriteMatrix("vec.npy", [size, 0, 0, size, size, size, -size, 0], 2);
        _work.WriteMatrix("ask.npy", [1, 0], 2);
        _work.Write("plan.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" }, "ask": { "kind": "embeddings", "path": "ask.npy" } },
              "steps": { "pick": { "op": "rds", "in": "vec", "queries": { "t": "ask" }, "budget": 4 } }, "run": { "dir": "out" } }
            """);
        Outcome run = _work.Run("plan.json");
        Assert.True(run.Exit == 0, run.ToString());
        (int Row, double Score)[] picked = [.. Column("score").Select(c => (c.Row, double.Parse(c.Value, CultureInfo.InvariantCulture)))];
        Assert.Equal([0, 2, 1, 3], picked.Select(p => p.Row));
        double[] cosines = [1, Math.Sqrt(0.5), 0, -1];
        for (int i = 0; i < cosines.Length; i++) Assert.Equal(cosines[i], picked[i].Score, 2e-3);
    }

    [Fact]
    public void Equal_rows_are_taken_from_the_front_with_radius_zero()
    {
        _work.WriteMatrix("vec.npy", [.. Enumerable.Repeat(new float[] { 1, 2 }, 6).SelectMany(r => r)], 2);
        Plan("""{ "op": "kcenter", "in": "vec", "budget": 3 }""");
        Assert.Equal(0, _work.Run("plan.json").Exit);
        Assert.Equal([(0, "0")], Column("radius"));
    }

    [Fact]
    public void Of_duplicates_across_the_border_the_lower_rows_win()
    {
        _work.WriteMatrix("vec.npy", [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0], 2);
        _work.WriteMatrix("ask.npy", [1, 0.9f], 2);
        _work.Write("plan.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" }, "ask": { "kind": "embeddings", "path": "ask.npy" } },
              "steps": { "pick": { "op": "rds", "in": "vec", "queries": { "t": "ask" }, "budget": 3 } }, "run": { "dir": "out" } }
            """);
        Assert.Equal(0, _work.Run("plan.json").Exit);
        Assert.Equal([1, 2, 3], Column("score").Select(c => c.Row));
    }

    [Fact]
    public void More_clusters_than_distinct_rows_give_the_same_bits_twice()
    {
        _work.WriteMatrix("vec.npy", [.. Enumerable.Repeat(new float[] { 3, -1 }, 9).SelectMany(r => r)], 2);
        Plan("""{ "op": "kmeans", "in": "vec", "k": 4 }""");
        Assert.Equal(0, _work.Run("plan.json", "run.dir=a", "run.threads=1").Exit);
        Assert.Equal(0, _work.Run("plan.json", "run.dir=b", "run.threads=3").Exit);
        SortedDictionary<string, string> a = _work.Hashes("a"), b = _work.Hashes("b");
        foreach (string file in (string[])["steps/pick/centroids.npy", "steps/pick/assignments.npy", "steps/pick/kmeans.json"]) Assert.Equal(a[file], b[file]);
    }

    private void Plan(string step) => _work.Write("plan.json", $$"""
        { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } }, "steps": { "pick": {{step}} }, "run": { "dir": "out" } }
        """);

    private (int Row, string Value)[] Column(string name)
    {
        string[] lines = File.ReadAllLines(_work.At("out", "selection.csv"));
        int at = Array.IndexOf(lines[0].Split(','), name);
        return [.. lines.Skip(1).Select(line => line.Split(',')).Select(cells => (int.Parse(cells[1], CultureInfo.InvariantCulture), cells[at]))];
    }
}
