namespace Engine.Reports;

/// <summary>The parts of the page about the run itself: work done, facts, inputs, plan.</summary>
internal static class RunSections
{
    private const int MostSteps = 300;
    private const int MostFacts = 60;
    private const int MostFiles = 300;
    private const int FactCharacters = 400;
    private const int PlanCharacters = 100_000;

    /// <summary>Below this a rate says more of the clock than of the step.</summary>
    private const double MeaningfulSeconds = 0.002;

    /// <summary>Rows, time and rates of every step.</summary>
    public static void Work(HtmlText html, ReportModel model)
    {
        if (model.Steps.Count == 0) return;
        double longest = Math.Max(model.Steps.Max(step => double.IsFinite(step.Seconds) ? step.Seconds : 0), double.Epsilon);
        html.Write($"""
            <section id="work"><h2>Work</h2>
            <div class="scroll" role="region" aria-label="Work of every step" tabindex="0"><table class="wide">
            <thead><tr>
            <th scope="col">step</th>
            <th scope="col">op</th>
            <th scope="col" class="n">rows</th>
            <th scope="col" class="n">time</th>
            <th scope="col" class="bars"><span class="unseen">time as a bar</span></th>
            <th scope="col" class="n">read</th>
            <th scope="col" class="n">GB/s</th>
            <th scope="col" class="n">GFLOP</th>
            <th scope="col" class="n">GFLOP/s</th>
            </tr></thead><tbody>

            """);
        foreach (ReportStep step in model.Steps.Take(MostSteps))
        {
            html.Write($"""
                <tr>
                <th scope="row"><bdi>{HtmlText.Cut(step.Name, 80)}</bdi></th>
                <td>{HtmlText.Cut(step.Op, 60)}</td>
                <td class="n">{Quantity.Count(step.Rows)}</td>
                <td class="n">{Quantity.Seconds(step.Seconds)}</td>
                <td class="bars"><span class="bar chosen" style="width:{Bar(step.Seconds, longest)}%"></span></td>
                <td class="n">{(step.Bytes > 0 ? Quantity.Bytes(step.Bytes) : "–")}</td>
                <td class="n">{Rate(step.Bytes, step.Seconds)}</td>
                <td class="n">{(step.Flops > 0 ? Quantity.Number(step.Flops / 1e9) : "–")}</td>
                <td class="n">{Rate(step.Flops, step.Seconds)}</td>
                </tr>

                """);
        }

        html.Write($"</tbody></table></div>\n");
        if (model.Steps.Count > MostSteps) html.Write($"<p>{Quantity.Count(model.Steps.Count - MostSteps, "more step")}: see manifest.json.</p>\n");
        html.Write($"""
            <p class="aside">Time is each step’s own work with reading its inputs. GFLOP counts the method’s definition, so pruning shows as a
            higher rate. A dash means none, or too short to time.</p>

            """);
        html.Data("work-data", json =>
        {
            json.WriteStartArray();
            foreach (ReportStep step in model.Steps.Take(MostSteps))
            {
                json.WriteStartObject();
                json.WriteString("step", HtmlText.Cut(step.Name, 200));
                json.WriteNumber("rows", step.Rows);
                json.WriteNumber("bytes", step.Bytes);
                if (double.IsFinite(step.Flops)) json.WriteNumber("flops", step.Flops);
                if (double.IsFinite(step.Seconds)) json.WriteNumber("seconds", step.Seconds);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        html.Write($"</section>\n");
    }

    /// <summary>What the run and its steps noted.</summary>
    public static void Facts(HtmlText html, ReportModel model)
    {
        ReportStep[] steps = [.. model.Steps.Take(MostSteps).Where(step => step.Facts.Count > 0)];
        if (steps.Length == 0 && model.Facts.Count == 0) return;
        html.Write($"""<section id="facts"><h2>Facts</h2><div class="facts">""");
        if (model.Facts.Count > 0) Facts("the run", model.Facts);
        foreach (ReportStep step in steps)
        {
            if (html.Length > HtmlReport.Room) break;
            Facts(step.Name, step.Facts);
        }

        html.Write($"</div></section>\n");

        void Facts(string name, IReadOnlyDictionary<string, object> facts)
        {
            html.Write($"<section><h3><bdi>{HtmlText.Cut(name, 100)}</bdi></h3><dl>");
            // Sorted, so that the page does not depend on how a dictionary happens to be laid out.
            foreach ((string fact, object value) in facts.OrderBy(fact => fact.Key, StringComparer.Ordinal).Take(MostFacts))
                html.Write($"<div><dt>{HtmlText.Cut(fact, 80)}</dt><dd><bdi>{HtmlText.Cut(Quantity.Fact(value), FactCharacters)}</bdi></dd></div>");
            html.Write($"</dl></section>\n");
        }
    }

    /// <summary>The inputs, and the files behind them with their hashes.</summary>
    public static void Inputs(HtmlText html, ReportModel model)
    {
        if (model.Inputs.Count == 0) return;
        html.Write($"""
            <section id="inputs"><h2>Inputs</h2>
            <div class="scroll" role="region" aria-label="Inputs" tabindex="0"><table class="wide">
            <thead><tr>
            <th scope="col">input</th>
            <th scope="col">kind</th>
            <th scope="col" class="n">rows</th>
            <th scope="col" class="n">dim</th>
            <th scope="col">dtype</th>
            <th scope="col" class="n">files</th>
            <th scope="col" class="n">size</th>
            </tr></thead><tbody>

            """);
        foreach (ReportInput input in model.Inputs.Take(MostSteps))
        {
            html.Write($"""
                <tr>
                <th scope="row"><bdi>{HtmlText.Cut(input.Name, 80)}</bdi></th>
                <td>{HtmlText.Cut(input.Kind, 60)}</td>
                <td class="n">{Quantity.Count(input.Rows)}</td>
                <td class="n">{(input.Dim is { } dim ? Quantity.Count(dim) : "–")}</td>
                <td>{HtmlText.Cut(input.Dtype ?? "–", 30)}</td>
                <td class="n">{Quantity.Count(input.Files.Count)}</td>
                <td class="n">{Quantity.Bytes(input.Files.Sum(file => file.Bytes))}</td>
                </tr>

                """);
        }

        html.Write($"</tbody></table></div>\n");
        Files(html, model);
        html.Write($"</section>\n");
    }

    /// <summary>The plan as given and as run.</summary>
    public static void Plan(HtmlText html, ReportModel model)
    {
        html.Write($"""<section id="plan"><h2>Plan</h2>""");
        Text("As given", model.PlanText);
        if (model.ResolvedPlan.Length > 0) Text("Resolved: every default and variable filled in", model.ResolvedPlan);
        html.Write($"</section>\n");

        void Text(string summary, string plan)
        {
            string text = plan.Replace("\r\n", "\n", StringComparison.Ordinal);
            html.Write($"""<details><summary>{summary}</summary><pre tabindex="0"><code>{HtmlText.Cut(text, PlanCharacters)}</code></pre>""");
            if (text.Length > PlanCharacters) html.Write($"<p>Cut at {Quantity.Count(PlanCharacters)} characters; manifest.json has all of it.</p>");
            html.Write($"</details>\n");
        }
    }

    private static void Files(HtmlText html, ReportModel model)
    {
        List<(string Input, ReportFile File)> files = [.. model.Inputs.SelectMany(input => input.Files.Select(file => (input.Name, file)))];
        if (files.Count == 0) return;
        string open = files.Count <= 12 ? " open" : "";
        html.Write($"""
            <details{open}><summary>{Quantity.Count(files.Count, "file")} with SHA-256</summary>
            <div class="scroll" role="region" aria-label="Files" tabindex="0"><table class="wide">
            <thead><tr><th scope="col">file</th><th scope="col">input</th><th scope="col" class="n">size</th><th scope="col">SHA-256</th></tr></thead><tbody>

            """);
        foreach ((string input, ReportFile file) in files.Take(MostFiles))
        {
            html.Write($"""<tr><th scope="row" class="path"><bdi>{HtmlText.Cut(file.Path, 200)}</bdi></th>""");
            html.Write($"""<td><bdi>{HtmlText.Cut(input, 80)}</bdi></td><td class="n">{Quantity.Bytes(file.Bytes)}</td><td class="hash">""");
            string hash = HtmlText.Cut(file.Sha256 ?? "–", 128);
            for (int at = 0; at < hash.Length; at += 32)
            {
                if (at > 0) html.Write($"<wbr>");
                html.Write($"{hash.Substring(at, Math.Min(32, hash.Length - at))}");
            }

            html.Write($"</td></tr>\n");
        }

        html.Write($"</tbody></table></div>");
        if (files.Count > MostFiles) html.Write($"<p>{Quantity.Count(files.Count - MostFiles, "more file")}: see manifest.json.</p>");
        html.Write($"</details>\n");
    }

    private static double Bar(double seconds, double longest) => double.IsFinite(seconds) ? Math.Clamp(100 * seconds / longest, 0, 100) : 0;

    private static string Rate(double amount, double seconds) =>
        amount > 0 && seconds >= MeaningfulSeconds ? Quantity.Number(amount / seconds / 1e9) : "–";
}
