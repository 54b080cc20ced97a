using Engine.Reports;

namespace Engine.Tests.Reports;

public class ChartTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(-3, 12345)]
    [InlineData(0.7123, 0.7125)]
    [InlineData(1e-300, 1e300)]
    [InlineData(1, 1.0000000000000002)]
    public void LinearTicksAreFewRoundAndWithin(double low, double high)
    {
        var axis = new Axis(low, high);
        IReadOnlyList<(double Value, string Label)> ticks = axis.Ticks(5);
        Assert.InRange(ticks.Count, 1, 11);
        Assert.All(ticks, tick => Assert.InRange(axis.At(tick.Value), -0.01, 1.01));
        Assert.Equal(ticks.Count, ticks.Select(tick => tick.Value).Distinct().Count());
    }

    [Theory]
    [InlineData(1, 100_000)]
    [InlineData(1, 60)]
    [InlineData(0.001, 2)]
    [InlineData(3, 5)]
    [InlineData(1e-200, 1e200)]
    public void LogarithmicTicksAreFewAndWithin(double low, double high)
    {
        var axis = new Axis(low, high, Log: true);
        IReadOnlyList<(double Value, string Label)> ticks = axis.Ticks(5);
        Assert.InRange(ticks.Count, 1, 11);
        Assert.All(ticks, tick => Assert.InRange(axis.At(tick.Value), -0.01, 1.01));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ThinningKeepsTheEndsAndTheExtremes(bool log)
    {
        List<(int Pick, double Radius)> points = [.. Enumerable.Range(1, 54_321).Select(i => (i, 2.0 / i))];
        points[30_000] = (30_001, 7);
        points[40_000] = (40_001, -7);
        List<(int Pick, double Radius)> kept = RadiusCurve.Thin(points, new Axis(1, 54_321, log));
        Assert.InRange(kept.Count, 300, 1000);
        Assert.Equal(points[0], kept[0]);
        Assert.Equal(points[^1], kept[^1]);
        Assert.Contains((30_001, 7), kept);
        Assert.Contains((40_001, -7), kept);
        Assert.Equal(kept.OrderBy(point => point.Pick), kept);
        Assert.All(kept, point => Assert.Equal(points[point.Pick - 1], point));
    }

    [Fact]
    public void LineagePlacesANodeRightOfAllItTakesWithoutOverlap()
    {
        var layout = new LineageLayout([[], [], [0], [2, 1], [3, 0], [0, 1], [4, 5], [99, 7]]);
        int[][] edges = [[0, 2], [2, 3], [1, 3], [3, 4], [0, 4], [0, 5], [1, 5], [4, 6], [5, 6]];
        Assert.All(edges, edge => Assert.True(layout.Nodes[edge[0]].X + LineageLayout.NodeWidth < layout.Nodes[edge[1]].X));
        Assert.Equal(edges.Length, layout.Routes.Count);
        Assert.All(layout.Routes, route => Assert.All(route.Zip(route.Skip(1)), pair => Assert.Equal(pair.First.Layer + 1, pair.Second.Layer)));
        var places = layout.Nodes.Concat(layout.Routes.SelectMany(route => route)).Distinct().ToList();
        foreach (IGrouping<int, LineageLayout.Place> layer in places.GroupBy(place => place.Layer))
        {
            var column = layer.OrderBy(place => place.Y).ToList();
            Assert.All(column.Zip(column.Skip(1)), pair => Assert.True(pair.First.Y + pair.First.Height < pair.Second.Y));
            Assert.InRange(column[^1].Y + column[^1].Height, 0, layout.Height + 1e-9);
        }
    }

    [Fact]
    public void LineageUntanglesWhatItCan()
    {
        // Crossed as given: 0 feeds 3 and 1 feeds 2.
        var layout = new LineageLayout([[], [], [1], [0]]);
        bool sameOrder = layout.Nodes[0].Y < layout.Nodes[1].Y == layout.Nodes[3].Y < layout.Nodes[2].Y;
        Assert.True(sameOrder);
    }
}
