using System.Globalization;

namespace Engine.Reports;

/// <summary>The head of the page: what was chosen from what, by which steps, when and how long.</summary>
internal static class Verdict
{
    /// <summary>Writes the head.</summary>
    public static void Write(HtmlText html, ReportModel model)
    {
        html.Write($"""
            <header>
            <p class="kicker">Selection report</p>
            <h1><bdi>{HtmlText.Cut(model.PlanName, 200)}</bdi></h1>

            """);
        if (model.Exit != ExitCode.Ok) Stopped(html, model.Exit);
        html.Write($"""<p class="verdict">""");
        if (model.Selections.Count == 0) NothingChosen(html, model);
        else Chosen(html, model.Selections[^1]);
        Time(html, model);
        html.Write($"</p>\n");
        if (model.Selections.Count > 1) Earlier(html, model.Selections);
        foreach (string warning in model.Warnings.Take(20))
            html.Write($"""<p class="warning"><b>Warning.</b> <bdi>{HtmlText.Cut(warning, 600)}</bdi></p>""");
        if (model.Warnings.Count > 20) html.Write($"""<p class="warning">{Quantity.Count(model.Warnings.Count - 20, "more warning")}.</p>""");
        html.Write($"</header>\n");
    }

    private static void Chosen(HtmlText html, ReportSelection selection)
    {
        html.Write($"<b>{Quantity.Count(selection.Count)} of {Quantity.Count(selection.PoolRows, "row")}</b>");
        if (selection.PoolRows > 0) html.Write($" ({Quantity.Percent((double)selection.Count / selection.PoolRows)})");
        html.Write($" {(selection.Count == 1 ? "was" : "were")} chosen by step ");
        html.Write($"<b><bdi>{HtmlText.Cut(selection.Name, 100)}</bdi></b> ({HtmlText.Cut(selection.Op, 60)})");
    }

    private static void NothingChosen(HtmlText html, ReportModel model)
    {
        string steps = Quantity.Count(model.Steps.Count, "step");
        html.Write($"{steps} of a plan without a selection {(model.Exit == ExitCode.Ok ? "finished" : "are shown here")}");
    }

    private static void Time(HtmlText html, ReportModel model)
    {
        DateTimeOffset utc = model.Started.ToUniversalTime();
        string machine = utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string reader = utc.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture);
        html.Write($""" in {Quantity.Seconds(model.Seconds)}, on <time datetime="{machine}">{reader} UTC</time>""");
        html.Write($""", by engine {HtmlText.Cut(model.EngineVersion, 60)}.""");
    }

    private static void Stopped(HtmlText html, ExitCode exit)
    {
        string why = exit switch
        {
            ExitCode.Stopped => "It stopped cleanly and waits to be resumed; what follows is its state so far.",
            ExitCode.QualityGate => "A quality gate failed; what follows is the result that did not pass.",
            ExitCode.Hangup or ExitCode.Interrupted or ExitCode.Terminated => "A signal stopped it after a checkpoint; what follows is its state so far.",
            _ => "What follows is its state when it ended.",
        };
        html.Write($"""<p class="warning"><b>The run ended with exit code {(int)exit}.</b> {why}</p>""");
    }

    private static void Earlier(HtmlText html, IReadOnlyList<ReportSelection> selections)
    {
        const int Named = 6;
        html.Write($"<p>Chosen along the way: ");
        for (int i = 0; i < selections.Count - 1 && i < Named; i++)
        {
            string separator = i == 0 ? "" : ", ";
            ReportSelection selection = selections[i];
            html.Write($"{separator}{Quantity.Count(selection.Count)} of {Quantity.Count(selection.PoolRows)} by <bdi>{HtmlText.Cut(selection.Name, 100)}</bdi>");
        }

        if (selections.Count - 1 > Named) html.Write($", and {Quantity.Count(selections.Count - 1 - Named, "more selection")}");
        html.Write($".</p>\n");
    }
}
