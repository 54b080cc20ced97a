namespace Engine.Reports;

/// <summary>The part of the page about one selection: its figures, and the first records it chose.</summary>
internal static class SelectionSection
{
    private const int MostRows = 50;
    private const int MostSamples = 20;
    private const int SampleCharacters = 400;
    private const int NameCharacters = 34;

    /// <summary>Writes the part.</summary>
    /// <param name="html">The page.</param>
    /// <param name="id">Prefix of the ids within, unique in the page.</param>
    /// <param name="selection">The selection.</param>
    /// <param name="remark">What sets it apart from others, or empty.</param>
    public static void Write(HtmlText html, string id, ReportSelection selection, string remark)
    {
        string op = HtmlText.Cut(selection.Op, 60) + (remark.Length > 0 ? $", {remark}" : "");
        html.Write($"""
            <section class="selection" id="{id}">
            <h3><bdi>{HtmlText.Cut(selection.Name, 100)}</bdi> <span class="op">{op}</span></h3>
            <p>{Quantity.Count(selection.Count)} of {Quantity.Count(selection.PoolRows, "row")}
            """);
        if (selection.PoolRows > 0) html.Write($", {Quantity.Percent((double)selection.Count / selection.PoolRows)}");
        html.Write($""".</p><div class="figures">""");
        bool aside = selection.Sources.Count > 0;
        if (aside)
        {
            Sources(html, $"{id}-sources", selection.Sources);
            html.Write($"""<div class="stack">""");
        }

        if (selection.Tasks.Count > 0) Tasks(html, $"{id}-tasks", selection.Tasks);
        if (selection.Scores is not null) Histogram.Write(html, $"{id}-scores", selection.Scores, HtmlText.Cut(selection.ScoreLabel, 60));
        if (selection.Radii is not null) RadiusCurve.Write(html, $"{id}-radii", selection.Radii, HtmlText.Cut(selection.Metric, 30));
        if (aside) html.Write($"</div>");
        html.Write($"</div>\n");
        if (selection.Samples.Count > 0) Samples(html, selection);
        html.Write($"</section>\n");
    }

    /// <summary>Sources by their share of the selection. Beyond 50, those with the smallest shares are summed.</summary>
    private static void Sources(HtmlText html, string id, IReadOnlyList<ReportSource> sources)
    {
        double pool = Math.Max(1, sources.Sum(source => (double)source.PoolCount));
        double chosen = Math.Max(1, sources.Sum(source => (double)source.ChosenCount));
        List<ReportSource> ranked = [.. sources
            .OrderByDescending(source => Math.Max(source.PoolCount / pool, source.ChosenCount / chosen)).ThenBy(source => source.Name, StringComparer.Ordinal)];
        List<ReportSource> shown = [.. ranked.Take(MostRows)
            .OrderByDescending(source => source.ChosenCount).ThenByDescending(source => source.PoolCount).ThenBy(source => source.Name, StringComparer.Ordinal)];
        // The scale is that of single sources; the sum of the others has no bar.
        double widest = Math.Max(double.Epsilon, shown.Max(source => Math.Max(source.PoolCount / pool, source.ChosenCount / chosen)));
        if (ranked.Count > MostRows)
        {
            List<ReportSource> rest = ranked[MostRows..];
            shown.Add(new ReportSource($"{Quantity.Count(rest.Count)} others", rest.Sum(source => source.PoolCount), rest.Sum(source => source.ChosenCount)));
        }

        int present = sources.Count(source => source.ChosenCount > 0);
        html.Write($"""
            <figure class="mix" id="{id}">
            <figcaption><b>Source mix.</b> {Quantity.Count(present)} of {Quantity.Count(sources.Count, "source")} are in the selection.</figcaption>
            <div class="scroll" role="region" aria-label="Source mix" tabindex="0"><table>
            <thead><tr>
            <th scope="col">source</th>
            <th scope="col" class="bars"><span class="unseen">shares as bars</span></th>
            <th scope="col" class="n"><span class="key pool"></span> pool</th>
            <th scope="col" class="n"><span class="key chosen"></span> selection</th>
            <th scope="col" class="n">ratio</th>
            <th scope="col" class="n">rows</th>
            </tr></thead><tbody>

            """);
        for (int i = 0; i < shown.Count; i++)
        {
            ReportSource source = shown[i];
            double before = source.PoolCount / pool, after = source.ChosenCount / chosen;
            string ratio = source.PoolCount > 0 ? Quantity.Ratio(after / before) : "–";
            html.Write($"""
                <tr>
                <th scope="row"><bdi>{HtmlText.CutMiddle(source.Name, NameCharacters)}</bdi></th>
                <td class="bars">
                """);
            if (i < MostRows) html.Write($"""<span class="bar pool" style="width:{100 * before / widest}%"></span>""");
            if (i < MostRows) html.Write($"""<span class="bar chosen" style="width:{100 * after / widest}%"></span>""");
            html.Write($"""
                </td>
                <td class="n">{Quantity.Percent(before)}</td>
                <td class="n">{Quantity.Percent(after)}</td>
                <td class="n">{ratio}</td>
                <td class="n">{Quantity.Count(source.ChosenCount)}</td>
                </tr>

                """);
        }

        html.Write($"</tbody></table></div>\n");
        html.Data($"{id}-data", json =>
        {
            json.WriteStartArray();
            foreach (ReportSource source in shown)
            {
                json.WriteStartObject();
                json.WriteString("source", HtmlText.Cut(source.Name, 200));
                json.WriteNumber("pool", source.PoolCount);
                json.WriteNumber("chosen", source.ChosenCount);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        html.Write($"</figure>\n");
    }

    /// <summary>Tasks in the order given. Beyond 50 the rest is summed.</summary>
    private static void Tasks(HtmlText html, string id, IReadOnlyList<ReportTask> tasks)
    {
        List<ReportTask> shown = [.. tasks.Take(MostRows)];
        double widest = Math.Max(1, shown.Max(task => task.Count));
        if (tasks.Count > MostRows)
            shown.Add(new ReportTask($"{Quantity.Count(tasks.Count - MostRows)} others", tasks.Skip(MostRows).Sum(task => task.Count)));
        double total = Math.Max(1, shown.Sum(task => (double)task.Count));
        html.Write($"""
            <figure class="mix" id="{id}"><figcaption><b>Rows by task.</b> A row counts for the task that first took it.</figcaption>
            <div class="scroll" role="region" aria-label="Rows by task" tabindex="0"><table>
            <thead><tr>
            <th scope="col">task</th>
            <th scope="col" class="bars"><span class="unseen">rows as bars</span></th>
            <th scope="col" class="n">rows</th>
            <th scope="col" class="n">share</th>
            </tr></thead><tbody>

            """);
        for (int i = 0; i < shown.Count; i++)
        {
            ReportTask task = shown[i];
            html.Write($"""
                <tr>
                <th scope="row"><bdi>{HtmlText.CutMiddle(task.Name, NameCharacters)}</bdi></th>
                <td class="bars">
                """);
            if (i < MostRows) html.Write($"""<span class="bar chosen" style="width:{100 * task.Count / widest}%"></span>""");
            html.Write($"""
                </td>
                <td class="n">{Quantity.Count(task.Count)}</td>
                <td class="n">{Quantity.Percent(task.Count / total)}</td>
                </tr>

                """);
        }

        html.Write($"</tbody></table></div>\n");
        html.Data($"{id}-data", json =>
        {
            json.WriteStartArray();
            foreach (ReportTask task in shown)
            {
                json.WriteStartObject();
                json.WriteString("task", HtmlText.Cut(task.Name, 200));
                json.WriteNumber("rows", task.Count);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        html.Write($"</figure>\n");
    }

    private static void Samples(HtmlText html, ReportSelection selection)
    {
        ReportSample[] samples = [.. selection.Samples.Take(MostSamples)];
        bool ids = samples.Any(sample => sample.Id is not null), sources = samples.Any(sample => sample.Source is not null);
        bool tasks = samples.Any(sample => sample.Task is not null), scores = samples.Any(sample => sample.Score is not null);
        html.Write($"""
            <div class="scroll" role="region" aria-label="First chosen records" tabindex="0"><table class="samples" role="table">
            <caption>The first {Quantity.Count(samples.Length, "record")} in rank order.</caption>
            <thead role="rowgroup"><tr role="row">
            """);
        Head("rank", "n");
        Head("row", "n");
        if (ids) Head("id", "");
        if (sources) Head("source", "");
        if (tasks) Head("task", "");
        if (scores) Head("score", "n");
        Head("text", "");
        html.Write($"""</tr></thead><tbody role="rowgroup">""");
        foreach (ReportSample sample in samples)
        {
            html.Write($"""<tr role="row"><th scope="row" role="rowheader" class="n">{Quantity.Count(sample.Rank)}</th>""");
            Cell("row", "n", Quantity.Count(sample.Row));
            if (ids) Cell("id", "id", HtmlText.CutMiddle(sample.Id ?? "", 80));
            if (sources) Cell("source", "", HtmlText.CutMiddle(sample.Source ?? "", NameCharacters));
            if (tasks) Cell("task", "", HtmlText.CutMiddle(sample.Task ?? "", NameCharacters));
            if (scores) Cell("score", "n", sample.Score is { } score ? Quantity.Number(score, 4) : "");
            html.Write($"""<td role="cell" class="text" dir="auto">{Snippet(sample.Text)}</td></tr>""");
        }

        html.Write($"</tbody></table></div>\n");

        void Head(string name, string look) => html.Write($"""<th scope="col" role="columnheader" class="{look}">{name}</th>""");
        void Cell(string name, string look, string value) => html.Write($"""<td role="cell" class="{look}" data-name="{name}"><bdi>{value}</bdi></td>""");
    }

    /// <summary>Line ends become a visible mark, so that a record keeps to its cell.</summary>
    private static string Snippet(string? text)
    {
        if (text is null) return "";
        string line = text.Length > 4 * SampleCharacters ? text[..(4 * SampleCharacters)] : text;
        return HtmlText.Cut(line.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", " ↵ ", StringComparison.Ordinal), SampleCharacters);
    }
}
