using System.Text;

namespace Engine.Reports;

/// <summary>How the covering radius falls with every pick.</summary>
internal static class RadiusCurve
{
    private const int MostPoints = 1000;

    /// <summary>Writes the figure, or nothing where no radius is a distance.</summary>
    /// <param name="html">The page.</param>
    /// <param name="id">Id of the figure, unique in the page.</param>
    /// <param name="radii">The radius after each pick.</param>
    /// <param name="metric">The metric, or empty.</param>
    public static void Write(HtmlText html, string id, double[] radii, string metric)
    {
        List<(int Pick, double Radius)> points = [];
        for (int i = 0; i < radii.Length; i++)
        {
            if (radii[i] is >= 0 and < 1e300) points.Add((i + 1, radii[i]));
        }

        if (points.Count == 0) return;
        (int lastPick, double final) = points[^1];
        double low = points.Min(point => point.Radius), high = points.Max(point => point.Radius);
        string start = $"{Quantity.Number(points[0].Radius)} after {Quantity.Count(points[0].Pick, "pick")}";
        string reading = points.Count == 1
            ? $"{start}: no row lies farther from a chosen one."
            : $"From {start} to {Quantity.Number(final)} after {Quantity.Count(lastPick)}: no row lies farther from a chosen one.";
        html.Write($"""<figure id="{id}"><figcaption><b>Covering radius.</b> {reading}</figcaption>""");
        if (points.Count > 1)
        {
            bool logX = FallsEarly(points), logY = low > 0 && high >= 20 * low;
            var x = new Axis(points[0].Pick, lastPick, logX);
            var y = logY ? new Axis(low / 1.15, high * 1.05, Log: true) : Linear(low, high);
            points = Thin(points, x);
            Draw(html, id, points, x, y, reading, metric);
        }

        html.Data($"{id}-data", json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("pick");
            foreach ((int pick, _) in points) json.WriteNumberValue(pick);
            json.WriteEndArray();
            json.WriteStartArray("radius");
            foreach ((_, double radius) in points) json.WriteNumberValue(radius);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        html.Write($"</figure>\n");
    }

    /// <summary>At most 1000 points: of those that share a place on the axis the first, lowest, highest and last.</summary>
    internal static List<(int Pick, double Radius)> Thin(List<(int Pick, double Radius)> points, Axis x)
    {
        if (points.Count <= MostPoints) return points;
        const int Places = MostPoints / 4;
        var kept = new List<(int, double)>(MostPoints);
        for (int first = 0; first < points.Count;)
        {
            int place = Place(first), lowest = first, highest = first, next = first;
            for (; next < points.Count && Place(next) == place; next++)
            {
                if (points[next].Radius < points[lowest].Radius) lowest = next;
                if (points[next].Radius > points[highest].Radius) highest = next;
            }

            foreach (int index in new SortedSet<int> { first, lowest, highest, next - 1 }) kept.Add(points[index]);
            first = next;
        }

        return kept;

        int Place(int index) => Math.Min(Places - 1, (int)(x.At(points[index].Pick) * Places));
    }

    /// <summary>Half of the fall within the first tenth of the picks: on a linear axis the curve would hug the corner.</summary>
    private static bool FallsEarly(List<(int Pick, double Radius)> points)
    {
        if (points.Count < 50) return false;
        double fall = points[0].Radius - points[^1].Radius;
        return fall > 0 && points[0].Radius - points[points.Count / 10].Radius >= fall / 2;
    }

    private static Axis Linear(double low, double high)
    {
        if (low == high) return new Axis(Math.Min(0, 2 * low), low == 0 ? 1 : Math.Max(0, 2 * high));
        return low > 0.4 * high ? new Axis(low - (0.15 * (high - low)), high + (0.05 * (high - low))) : new Axis(Math.Min(0, low), high * 1.05);
    }

    private static void Draw(HtmlText html, string id, List<(int Pick, double Radius)> points, Axis x, Axis y, string reading, string metric)
    {
        var frame = new ChartFrame(html, x, y);
        string yLabel = (metric.Length > 0 ? $"radius, {metric}" : "radius") + (y.Log ? " (log)" : "");
        frame.Begin(id, "Covering radius after each pick", reading, x.Log ? "picks (log)" : "picks", yLabel);
        var line = new StringBuilder();
        foreach ((int pick, double radius) in points)
            line.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(line.Length == 0 ? 'M' : 'L')}{frame.X(pick):0.#} {frame.Y(radius):0.#}");
        (int last, double final) = points[^1];
        // The curve comes from above, so the label stands below it where there is room.
        double end = frame.Y(final), label = end + 20 < ChartFrame.Floor ? end + 17 : end - 10;
        html.Write($"""
            <path class="line" d="{line.ToString()}"/><circle class="mark" cx="{frame.X(last)}" cy="{end}" r="3.5"/>
            <text class="value end" x="{frame.X(last) + 4}" y="{label}">{Quantity.Number(final)}</text>

            """);
        frame.End();
    }
}
