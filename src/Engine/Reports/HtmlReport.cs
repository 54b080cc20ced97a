using System.Text;

namespace Engine.Reports;

/// <summary>The report of a run as one HTML page that loads nothing and is below 10 MB.</summary>
public static class HtmlReport
{
    /// <summary>Characters after which details are left out; the rest of any one section fits below 10 MB.</summary>
    internal const int Room = 1_500_000;

    /// <summary>Writes the page: UTF-8, the same bytes for the same model in every locale. The stream stays open.</summary>
    /// <param name="model">What the page shows.</param>
    /// <param name="stream">Where it goes.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="IOException">Writing fails.</exception>
    public static void Write(ReportModel model, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(stream);
        var html = new HtmlText();
        Head(html, model);
        Verdict.Write(html, model);
        Contents(html, model);
        html.Write($"<main>\n");
        LineageGraph.Write(html, model);
        Selections(html, model.Selections);
        Clusterings(html, model.Clusterings);
        RunSections.Work(html, model);
        RunSections.Facts(html, model);
        RunSections.Inputs(html, model);
        RunSections.Plan(html, model);
        html.Write($"""
            </main>
            <footer><p>The same plan over the same inputs gives the same selection, bit for bit. Every chosen row with its reason is in
            <code>selection.csv</code>; hashes, versions and seeds are in <code>manifest.json</code>.</p></footer>
            </body>
            </html>

            """);
        stream.Write(Encoding.UTF8.GetBytes(html.ToString()));
    }

    private static void Head(HtmlText html, ReportModel model)
    {
        // The policy makes the browser keep the promise: nothing is loaded and no script runs.
        html.Write($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <title>{HtmlText.Cut(model.PlanName, 200)}: selection report</title>
            <style>
            """);
        ReportStyle.Write(html);
        html.Write($"</style>\n</head>\n<body>\n");
    }

    private static void Contents(HtmlText html, ReportModel model)
    {
        html.Write($"""<nav aria-label="Contents"><ul>""");
        Link("lineage", "Lineage", model.Inputs.Count + model.Steps.Count);
        Link("selections", model.Selections.Count == 1 ? "Selection" : "Selections", model.Selections.Count);
        Link("clusterings", "Clusters", model.Clusterings.Count);
        Link("work", "Work", model.Steps.Count);
        Link("facts", "Facts", model.Facts.Count + model.Steps.Count(step => step.Facts.Count > 0));
        Link("inputs", "Inputs", model.Inputs.Count);
        Link("plan", "Plan", 1);
        html.Write($"</ul></nav>\n");

        void Link(string id, string name, int count)
        {
            if (count > 0) html.Write($"""<li><a href="#{id}">{name}</a></li>""");
        }
    }

    /// <summary>All selections, the run's own first.</summary>
    private static void Selections(HtmlText html, IReadOnlyList<ReportSelection> selections)
    {
        if (selections.Count == 0) return;
        html.Write($"""<section id="selections"><h2>{(selections.Count == 1 ? "Selection" : "Selections")}</h2>""");
        for (int i = selections.Count - 1; i >= 0; i--)
        {
            if (html.Length > Room)
            {
                html.Write($"<p>{Quantity.Count(i + 1, "earlier selection")} left out; each has its own folder under <code>steps/</code>.</p>\n");
                break;
            }

            bool last = selections.Count > 1 && i == selections.Count - 1;
            SelectionSection.Write(html, $"selection-{i + 1}", selections[i], last ? "the run’s selection" : "");
        }

        html.Write($"</section>\n");
    }

    private static void Clusterings(HtmlText html, IReadOnlyList<ReportClustering> clusterings)
    {
        if (clusterings.Count == 0) return;
        html.Write($"""<section id="clusterings"><h2>Clusters</h2><div class="figures">""");
        for (int i = 0; i < clusterings.Count && html.Length <= Room; i++)
        {
            ReportClustering clustering = clusterings[i];
            html.Write($"""
                <section><h3><bdi>{HtmlText.Cut(clustering.Name, 100)}</bdi></h3>
                <p>Inertia {Quantity.Number(clustering.Inertia, 6)} after {Quantity.Count(clustering.Iterations, "iteration")}.</p>

                """);
            ClusterBars.Write(html, $"clustering-{i + 1}", clustering.Sizes);
            SilhouetteCurve.Write(html, $"clustering-{i + 1}-silhouette", clustering.Silhouettes, clustering.Sizes.Length);
            html.Write($"</section>\n");
        }

        html.Write($"</div></section>\n");
    }
}
