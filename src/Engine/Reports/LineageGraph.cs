using System.Globalization;
using System.Text;

namespace Engine.Reports;

/// <summary>The graph of what was made from what.</summary>
internal static class LineageGraph
{
    private const int MostNodes = 120;
    private const int NameCharacters = 22;

    /// <summary>Writes the section.</summary>
    public static void Write(HtmlText html, ReportModel model)
    {
        List<Node> nodes = Nodes(model);
        if (nodes.Count == 0) return;
        html.Write($"""<section id="lineage"><h2>Lineage</h2>""");
        if (nodes.Count <= MostNodes) Draw(html, nodes);
        else html.Write($"<p>{Quantity.Count(nodes.Count)} inputs and steps: too many to draw; the tables below list them.</p>\n");
        html.Data("lineage-data", json =>
        {
            json.WriteStartArray();
            foreach (Node node in nodes.Take(1000))
            {
                json.WriteStartObject();
                json.WriteString("name", HtmlText.Cut(node.Name, 200));
                json.WriteString("kind", HtmlText.Cut(node.Kind, 100));
                json.WriteNumber("rows", node.Rows);
                json.WriteStartArray("takes");
                foreach (int from in node.Takes.Take(100)) json.WriteStringValue(HtmlText.Cut(nodes[from].Name, 200));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        html.Write($"</section>\n");
    }

    private static List<Node> Nodes(ReportModel model)
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        var nodes = new List<Node>();
        HashSet<string> selections = [.. model.Selections.Select(selection => selection.Name)];
        // An input may be bound to one that the plan names later, so unbound inputs come first.
        foreach (ReportInput input in model.Inputs.OrderBy(input => input.RowsOf is null ? 0 : 1))
            Add(input.Name, input.Kind, input.Rows, "input", input.RowsOf is null ? [] : [input.RowsOf]);
        foreach (ReportStep step in model.Steps)
            Add(step.Name, step.Op, step.Rows, selections.Contains(step.Name) ? "chosen" : "step", step.References);
        return nodes;

        void Add(string name, string kind, long rows, string look, IReadOnlyList<string> references)
        {
            int[] takes = [.. references.Where(index.ContainsKey).Select(reference => index[reference]).Distinct()];
            index[name] = nodes.Count;
            nodes.Add(new Node(name, kind, rows, look, takes));
        }
    }

    private static void Draw(HtmlText html, List<Node> nodes)
    {
        var layout = new LineageLayout([.. nodes.Select(node => node.Takes)]);
        string description = string.Join("; ", nodes.Take(40).Select(node =>
            node.Takes.Count == 0 ? node.Name : $"{node.Name} from {string.Join(", ", node.Takes.Select(from => nodes[from].Name))}"));
        double width = layout.Width + 4, height = layout.Height + 4;
        html.Write($"""
            <div class="scroll" role="region" aria-label="Lineage graph" tabindex="0">
            <svg class="lineage" width="{width}" height="{height}" viewBox="-2 -2 {width} {height}" role="img" aria-labelledby="lineage-t lineage-d">
            <title id="lineage-t">Inputs and steps, from left to right</title><desc id="lineage-d">{HtmlText.Cut(description, 2000)}</desc>

            """);
        foreach (IReadOnlyList<LineageLayout.Place> route in layout.Routes)
            html.Write($"""<path class="edge" d="{Path(route)}"/>""");
        for (int i = 0; i < nodes.Count; i++) Box(html, nodes[i], layout.Nodes[i]);
        html.Write($"""
            </svg></div>
            <p class="aside">Inputs have a thin outline, steps a tinted box, selections a heavy outline. Each line leads from what is taken to what takes it.</p>

            """);
    }

    private static void Box(HtmlText html, Node node, LineageLayout.Place place)
    {
        string rows = Quantity.Count(node.Rows, "row");
        string roomy = node.Rows < 1_000_000 ? rows : node.Rows < 1_000_000_000 ? Scaled(1e6, "M") : Scaled(1e9, "G");
        html.Write($"""
            <g class="node {node.Look}"><title>{HtmlText.Cut(node.Name, 200)}: {HtmlText.Cut(node.Kind, 100)}, {rows}</title>
            <rect x="{place.X}" y="{place.Y}" width="{LineageLayout.NodeWidth}" height="{LineageLayout.NodeHeight}" rx="3"/>
            <text class="name" x="{place.X + 10}" y="{place.Y + 18}">{HtmlText.Cut(node.Name, NameCharacters)}</text>
            <text x="{place.X + 10}" y="{place.Y + 34}">{HtmlText.Cut(node.Kind, 11)} · {roomy}</text></g>

            """);

        string Scaled(double unit, string letter) => $"{Quantity.Number(node.Rows / unit)}\u202F{letter} rows";
    }

    private static string Path(IReadOnlyList<LineageLayout.Place> route)
    {
        var path = new StringBuilder();
        for (int i = 1; i < route.Count; i++)
        {
            LineageLayout.Place from = route[i - 1], to = route[i];
            double left = from.X + LineageLayout.NodeWidth, bend = (to.X - left) / 2;
            string start = i == 1 ? "M" : "L";
            path.Append(CultureInfo.InvariantCulture, $"{start}{left:0.#} {from.MiddleY:0.#}C{left + bend:0.#} {from.MiddleY:0.#} ");
            path.Append(CultureInfo.InvariantCulture, $"{to.X - bend:0.#} {to.MiddleY:0.#} {to.X:0.#} {to.MiddleY:0.#}");
        }

        return path.ToString();
    }

    private sealed record Node(string Name, string Kind, long Rows, string Look, IReadOnlyList<int> Takes);
}
