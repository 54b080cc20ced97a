using System.Globalization;
using System.Text;

namespace Engine.Reports;

/// <summary>The mean silhouette of clusterings by their number of clusters.</summary>
internal static class SilhouetteCurve
{
    /// <summary>Writes the figure, or nothing for a clustering whose k was given.</summary>
    /// <param name="html">The page.</param>
    /// <param name="id">Id of the figure, unique in the page.</param>
    /// <param name="points">By k, ascending.</param>
    /// <param name="kept">The k that was kept.</param>
    public static void Write(HtmlText html, string id, IReadOnlyList<(int K, double Silhouette)> points, int kept)
    {
        if (points.Count == 0) return;
        double best = points.First(point => point.K == kept).Silhouette;
        string reading = $"Highest at k = {Quantity.Count(kept)}: {Quantity.Number(best, 4)}.";
        html.Write($"""<figure id="{id}"><figcaption><b>Silhouette by number of clusters.</b> {reading}</figcaption>""");
        if (points.Count > 1) Draw(html, id, points, kept, best, reading);
        html.Data($"{id}-data", json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("k");
            foreach ((int k, _) in points) json.WriteNumberValue(k);
            json.WriteEndArray();
            json.WriteStartArray("silhouette");
            foreach ((_, double silhouette) in points) json.WriteNumberValue(silhouette);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        html.Write($"</figure>\n");
    }

    private static void Draw(HtmlText html, string id, IReadOnlyList<(int K, double Silhouette)> points, int kept, double best, string reading)
    {
        double low = points.Min(p => p.Silhouette), high = points.Max(p => p.Silhouette), margin = high > low ? 0.1 * (high - low) : 0.1;
        bool log = points[^1].K >= 8 * points[0].K;
        var frame = new ChartFrame(html, new Axis(points[0].K, points[^1].K, log), new Axis(low - margin, high + margin));
        frame.Begin(id, "Mean silhouette by number of clusters", reading, log ? "clusters (log)" : "clusters", "mean silhouette");
        var line = new StringBuilder();
        foreach ((int k, double silhouette) in points)
            line.Append(CultureInfo.InvariantCulture, $"{(line.Length == 0 ? 'M' : 'L')}{frame.X(k):0.#} {frame.Y(silhouette):0.#}");
        html.Write($"""
            <path class="line" d="{line.ToString()}"/><circle class="mark" cx="{frame.X(kept)}" cy="{frame.Y(best)}" r="3.5"/>

            """);
        frame.End();
    }
}
