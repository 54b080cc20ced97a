namespace Engine.Reports;

/// <summary>The frame all charts share: one size, a title and description for readers who do not see it, axes with labels, faint grid.</summary>
internal sealed class ChartFrame(HtmlText html, Axis horizontal, Axis vertical)
{
    private const double Width = 440, Height = 244, Left = 48, Right = 420, Top = 26, Bottom = 200;

    /// <summary>Horizontal place of a value.</summary>
    public double X(double value) => Left + (horizontal.At(value) * (Right - Left));

    /// <summary>Vertical place of a value.</summary>
    public double Y(double value) => Bottom - (vertical.At(value) * (Bottom - Top));

    /// <summary>Vertical place of the horizontal axis.</summary>
    public static double Floor => Bottom;

    /// <summary>Vertical place of the upper end.</summary>
    public static double Ceiling => Top;

    /// <summary>Horizontal middle: labels of what lies beyond it go to its left.</summary>
    public static double Middle => (Left + Right) / 2;

    /// <summary>Begins the chart: grid, ticks and axis labels.</summary>
    /// <param name="id">Id of the chart, unique in the page.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="description">What can be read from it.</param>
    /// <param name="xLabel">Label of the horizontal axis.</param>
    /// <param name="yLabel">Label of the vertical axis.</param>
    public void Begin(string id, string title, string description, string xLabel, string yLabel)
    {
        html.Write($"""
            <svg class="chart" viewBox="0 0 {Width} {Height}" role="img" aria-labelledby="{id}-t {id}-d">
            <title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>

            """);
        foreach ((double value, string label) in vertical.Ticks(6))
        {
            double y = Y(value);
            html.Write($"""<line class="grid" x1="{Left}" x2="{Right}" y1="{y}" y2="{y}"/><text class="tick end" x="{Left - 7}" y="{y + 4}">{label}</text>""");
        }

        html.Write($"""<line class="axis" x1="{Left}" x2="{Right}" y1="{Bottom}" y2="{Bottom}"/>""");
        foreach ((double value, string label) in horizontal.Ticks(5))
        {
            double x = X(value);
            html.Write($"""<line class="axis" x1="{x}" x2="{x}" y1="{Bottom}" y2="{Bottom + 4}"/><text class="tick mid" x="{x}" y="{Bottom + 18}">{label}</text>""");
        }

        html.Write($"""
            <text class="label" x="0" y="11">{yLabel}</text><text class="label end" x="{Right}" y="{Height - 6}">{xLabel}</text>

            """);
    }

    /// <summary>Ends the chart.</summary>
    public void End() => html.Write($"</svg>\n");
}
