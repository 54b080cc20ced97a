namespace Engine.Reports;

/// <summary>Sizes of clusters, largest first.</summary>
internal static class ClusterBars
{
    private const int MostBars = 200;

    /// <summary>Writes the figure; beyond 200 clusters a bar is the mean of neighbours in the order of size.</summary>
    /// <param name="html">The page.</param>
    /// <param name="id">Id of the figure, unique in the page.</param>
    /// <param name="sizes">Rows of each cluster, in any order.</param>
    public static void Write(HtmlText html, string id, IReadOnlyList<long> sizes)
    {
        if (sizes.Count == 0) return;
        long[] sorted = [.. sizes.OrderByDescending(size => size)];
        double[] bars = Bin(sorted);
        double mean = sorted.Average(size => (double)size);
        int empty = sorted.Count(size => size == 0);
        string range = $"{Quantity.Count(sorted[^1])} to {Quantity.Count(sorted[0], "row")}, mean {Quantity.Number(mean)}";
        string reading = $"{Quantity.Count(sorted.Length, "cluster")} of {range}{(empty > 0 ? $"; {Quantity.Count(empty)} empty." : ".")}";
        double merged = (double)sorted.Length / bars.Length;
        string perBar = merged > 1 ? $" Each bar is the mean of about {Quantity.Number(merged, 2)} clusters." : "";
        html.Write($"""<figure id="{id}"><figcaption><b>Cluster sizes.</b> {reading}{perBar}</figcaption>""");
        Draw(html, id, bars, sorted.Length, mean, reading);
        html.Data($"{id}-data", json =>
        {
            json.WriteStartObject();
            json.WriteNumber("clusters", sorted.Length);
            json.WriteStartArray("meanSizes");
            foreach (double bar in bars) json.WriteNumberValue(Math.Round(bar, 3));
            json.WriteEndArray();
            json.WriteEndObject();
        });
        html.Write($"</figure>\n");
    }

    private static double[] Bin(long[] sorted)
    {
        if (sorted.Length <= MostBars) return [.. sorted.Select(size => (double)size)];
        var bars = new double[MostBars];
        for (int bar = 0; bar < MostBars; bar++)
        {
            int from = (int)((long)bar * sorted.Length / MostBars), to = (int)((bar + 1L) * sorted.Length / MostBars);
            for (int i = from; i < to; i++) bars[bar] += (double)sorted[i] / (to - from);
        }

        return bars;
    }

    private static void Draw(HtmlText html, string id, double[] bars, int clusters, double mean, string reading)
    {
        var frame = new ChartFrame(html, new Axis(0, clusters, Whole: true), new Axis(0, Math.Max(bars[0], 1), Whole: true));
        frame.Begin(id, "Cluster sizes, largest first", reading, "clusters, largest first", "rows");
        double step = (double)clusters / bars.Length, gap = bars.Length > 100 ? -0.2 : 1;
        // Beyond 100 bars a gap would be a blur; they overlap by a hair instead, and read as one shape.
        for (int bar = 0; bar < bars.Length; bar++)
        {
            double left = frame.X(bar * step), right = frame.X((bar + 1) * step), y = frame.Y(bars[bar]);
            html.Write($"""<rect class="mark" x="{left + (gap / 2)}" y="{y}" width="{right - left - gap}" height="{ChartFrame.Floor - y}"/>""");
        }

        html.Write($"""

            <line class="note" x1="{frame.X(0)}" x2="{frame.X(clusters)}" y1="{frame.Y(mean)}" y2="{frame.Y(mean)}"/>
            <text class="value end" x="{frame.X(clusters)}" y="{frame.Y(mean) - 5}">mean {Quantity.Number(mean)}</text>

            """);
        frame.End();
    }
}
