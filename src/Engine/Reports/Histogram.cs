namespace Engine.Reports;

/// <summary>How values are spread: equal bins, with the median marked.</summary>
internal static class Histogram
{
    private const int Bins = 25;

    /// <summary>Writes the figure, or a sentence where there is nothing to draw.</summary>
    /// <param name="html">The page.</param>
    /// <param name="id">Id of the figure, unique in the page.</param>
    /// <param name="values">The values, in any order; those that are not finite are counted apart.</param>
    /// <param name="label">What a value is.</param>
    public static void Write(HtmlText html, string id, IReadOnlyList<double> values, string label)
    {
        double[] sorted = values.Where(double.IsFinite).ToArray();
        Array.Sort(sorted);
        if (sorted.Length == 0) return;
        double low = sorted[0], high = sorted[^1], median = Median(sorted);
        int missing = values.Count - sorted.Length;

        html.Write($"""<figure id="{id}"><figcaption><b>Scores of the chosen rows.</b> """);
        if (missing > 0) html.Write($"{Quantity.Count(missing, "row")} without a finite score left out. ");
        if (low == high || !double.IsFinite(high - low))
        {
            string what = low == high
                ? $"All {Quantity.Count(sorted.Length)} are {Quantity.Number(low, 4)}."
                : $"They lie between {Quantity.Number(low)} and {Quantity.Number(high)}, too far apart to draw.";
            html.Write($"{what}</figcaption></figure>\n");
            return;
        }

        int[] counts = Count(sorted, low, high);
        string range = $"From {Quantity.Number(low)} to {Quantity.Number(high)}, median {Quantity.Number(median)}.";
        html.Write($"{range}</figcaption>\n");
        Draw(html, id, counts, low, high, median, range, label);
        html.Data($"{id}-data", json =>
        {
            json.WriteStartObject();
            json.WriteNumber("low", low);
            json.WriteNumber("high", high);
            json.WriteNumber("median", median);
            json.WriteStartArray("counts");
            foreach (int count in counts) json.WriteNumberValue(count);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        html.Write($"</figure>\n");
    }

    private static int[] Count(double[] sorted, double low, double high)
    {
        var counts = new int[Bins];
        foreach (double value in sorted) counts[Math.Min(Bins - 1, (int)((value - low) / (high - low) * Bins))]++;
        return counts;
    }

    private static void Draw(HtmlText html, string id, int[] counts, double low, double high, double median, string range, string label)
    {
        int most = counts.Max();
        var frame = new ChartFrame(html, new Axis(low, high), new Axis(0, most, Whole: true));
        frame.Begin(id, "Histogram of the scores of the chosen rows", $"{range} The fullest of {Bins} bins holds {Quantity.Count(most, "row")}.", label, "rows");
        for (int bin = 0; bin < Bins; bin++)
        {
            if (counts[bin] == 0) continue;
            // A weighted mean of the ends: unlike low + bin * width it meets the upper end exactly.
            double from = ((low * (Bins - bin)) + (high * bin)) / Bins, to = ((low * (Bins - bin - 1)) + (high * (bin + 1))) / Bins;
            double width = Math.Max(1, frame.X(to) - frame.X(from) - 1);
            double y = Math.Min(frame.Y(counts[bin]), ChartFrame.Floor - 1);
            html.Write($"""
                <rect class="mark" x="{frame.X(from) + 0.5}" y="{y}" width="{width}" height="{ChartFrame.Floor - y}">
                <title>{Quantity.Number(from, 4)} to {Quantity.Number(to, 4)}: {Quantity.Count(counts[bin], "row")}</title></rect>

                """);
        }

        double x = frame.X(median);
        html.Write($"""<line class="note" x1="{x}" x2="{x}" y1="{ChartFrame.Ceiling - 6}" y2="{ChartFrame.Floor}"/>""");
        if (x > ChartFrame.Middle) html.Write($"""<text class="value end" x="{x - 5}" y="{ChartFrame.Ceiling}">median {Quantity.Number(median)}</text>""");
        else html.Write($"""<text class="value" x="{x + 5}" y="{ChartFrame.Ceiling}">median {Quantity.Number(median)}</text>""");
        frame.End();
    }

    private static double Median(double[] sorted)
    {
        int half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] / 2) + (sorted[half] / 2);
    }
}
