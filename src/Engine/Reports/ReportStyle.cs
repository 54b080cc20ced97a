namespace Engine.Reports;

/// <summary>How the page looks: one column, a serif for sentences, a sans-serif for figures, one accent, light and dark, screen and paper.</summary>
internal static class ReportStyle
{
    /// <summary>Writes the style sheet.</summary>
    public static void Write(HtmlText html) => html.Write($$"""

        :root {
          --paper: #fcfbf8; --ink: #1e1d1a; --soft: #5c584f; --rule: #dfdbd1; --tint: #eef2f5;
          --accent: #1c5a87; --pool: #918b7e; --alert: #96281b; --alert-tint: #faeeea;
          --serif: "Iowan Old Style", Charter, "Palatino Linotype", Palatino, "URW Palladio L", P052, Georgia, "Noto Serif", serif;
          --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #171715; --ink: #e7e4dc; --soft: #aaa598; --rule: #37352f; --tint: #1f2830;
            --accent: #7db3dc; --pool: #8a8477; --alert: #f2a091; --alert-tint: #33201c;
          }
        }
        * { box-sizing: border-box; }
        html { color-scheme: light dark; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body { margin: 0 auto; padding: 3rem 1.5rem 4rem; max-width: 66rem; background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 var(--serif); }
        header { max-width: 44rem; }
        p, figcaption { text-wrap: pretty; }
        h1, h2, h3, p, figure, dl, dd, pre { margin: 0; }
        h1 { font-size: 2.25rem; line-height: 1.15; font-weight: 600; letter-spacing: -0.01em; overflow-wrap: anywhere; }
        h2 { margin: 3.25rem 0 1rem; padding-top: 0.6rem; border-top: 1px solid var(--ink); font-size: 1.375rem; line-height: 1.25; font-weight: 600; }
        h3 { font-size: 1.0625rem; line-height: 1.4; font-weight: 700; overflow-wrap: anywhere; }
        .op { font-weight: 400; font-style: italic; color: var(--soft); }
        .kicker { margin-bottom: 0.4rem; font: 0.8125rem/1.4 var(--sans); letter-spacing: 0.04em; color: var(--soft); }
        .verdict { margin-top: 0.9rem; font-size: 1.25rem; line-height: 1.45; }
        header p + p { margin-top: 0.6rem; }
        header .warning { margin-top: 1rem; padding: 0.5rem 0.8rem; border-left: 3px solid var(--alert); background: var(--alert-tint); overflow-wrap: anywhere; }
        .warning b { color: var(--alert); }
        .aside { max-width: 44rem; margin-top: 0.6rem; font: 0.8125rem/1.45 var(--sans); color: var(--soft); }
        nav { margin-top: 1.6rem; font: 0.875rem/1.4 var(--sans); }
        nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1.25rem; margin: 0; padding: 0; list-style: none; }
        a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
        nav a { display: inline-block; padding: 0.25rem 0; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
        footer { margin-top: 3.5rem; padding-top: 0.8rem; border-top: 1px solid var(--rule); font-size: 0.9375rem; color: var(--soft); }
        code, pre, .hash, .id { font-family: var(--mono); }
        code { font-size: 0.875em; }

        .scroll { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font: 0.8125rem/1.35 var(--sans); font-variant-numeric: tabular-nums lining-nums; }
        caption { padding-bottom: 0.4rem; text-align: left; color: var(--soft); }
        th, td { padding: 0.3rem 0.9rem 0.3rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); font-weight: 400; }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { color: var(--soft); white-space: nowrap; border-bottom-color: var(--pool); }
        tbody th { font-weight: 600; overflow-wrap: anywhere; }
        .n { text-align: right; white-space: nowrap; }
        td.bars { width: 25%; min-width: 5rem; vertical-align: middle; }
        .wide td.bars { width: 22%; }
        .bar { display: block; height: 5px; min-width: 1px; }
        .bar + .bar { margin-top: 1px; }
        .bar[style="width:0%"] { min-width: 0; }
        .pool { background: var(--pool); }
        .chosen { background: var(--accent); }
        .bar, .key, .warning { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        .key { display: inline-block; width: 0.7rem; height: 5px; margin-right: 0.15rem; vertical-align: middle; }
        .mix th[scope="row"] { font-weight: 400; min-width: 8rem; }
        .mix th, .mix td { padding-right: 0.7rem; }
        .mix th:last-child, .mix td:last-child { padding-right: 0; }
        .n + :not(.n) { padding-left: 0.9rem; }
        .path, .hash { font-size: 0.75rem; font-weight: 400; }
        .path { min-width: 9rem; }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

        .selection + .selection { margin-top: 2.75rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.75rem 3rem; align-items: start; }
        .selection > .figures { margin-top: 1.1rem; }
        .figures > * { min-width: 0; }
        .figures > section > figure { margin-top: 0.2rem; }
        .stack > * + * { margin-top: 1.75rem; }
        figcaption { margin-bottom: 0.6rem; font-size: 0.9375rem; line-height: 1.4; overflow-wrap: anywhere; }
        .selection > .scroll { margin-top: 1.75rem; }
        .samples .n { width: 1%; }
        .samples .text { width: 60%; min-width: 18rem; font: 0.875rem/1.4 var(--serif); overflow-wrap: anywhere; overflow: hidden; }
        .samples .id { min-width: 8.5rem; font-size: 0.75rem; overflow-wrap: anywhere; }

        svg { display: block; overflow: visible; }
        .chart { width: 100%; max-width: 34rem; height: auto; }
        svg text { font: 12px var(--sans); font-variant-numeric: tabular-nums lining-nums; fill: var(--ink); }
        svg .tick, svg .label { fill: var(--soft); font-size: 11.5px; }
        svg .value { font-weight: 600; paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
        svg .end { text-anchor: end; }
        svg .mid { text-anchor: middle; }
        .grid { stroke: var(--rule); stroke-width: 1; }
        .axis { stroke: var(--soft); stroke-width: 1; }
        .mark { fill: var(--accent); }
        .note { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2 3; }
        .line { fill: none; stroke: var(--accent); stroke-width: 1.75; stroke-linejoin: round; }
        .lineage { margin: 0.25rem 0; }
        .edge { fill: none; stroke: var(--pool); stroke-width: 1.25; }
        .node rect { fill: var(--paper); stroke: var(--pool); stroke-width: 1; }
        .node.step rect { fill: var(--tint); stroke: var(--tint); }
        .node.chosen rect { fill: var(--tint); stroke: var(--accent); stroke-width: 2; }
        .node text { fill: var(--soft); font-size: 11.5px; }
        .node .name { fill: var(--ink); font-size: 12.5px; font-weight: 600; }

        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1.5rem 3rem; align-items: start; }
        .facts h3 { font-size: 0.9375rem; }
        dl { font: 0.8125rem/1.4 var(--sans); font-variant-numeric: tabular-nums lining-nums; }
        dl > div { display: flex; justify-content: space-between; gap: 1rem; padding: 0.2rem 0; border-bottom: 1px solid var(--rule); }
        dt { flex: none; max-width: 50%; color: var(--soft); overflow-wrap: anywhere; }
        dd { min-width: 0; text-align: right; overflow-wrap: anywhere; }
        details { margin-top: 1rem; }
        summary { padding: 0.25rem 0; font: 0.875rem/1.4 var(--sans); color: var(--accent); cursor: pointer; }
        pre { margin-top: 0.4rem; padding: 0.8rem 1rem; max-height: 34rem; overflow: auto; background: var(--tint); }
        pre { font-size: 0.8125rem; line-height: 1.5; tab-size: 2; }
        pre code { font-size: inherit; }

        @media (max-width: 40rem) {
          body { padding: 1.5rem 1rem 3rem; font-size: 1rem; }
          h1 { font-size: 1.75rem; }
          .verdict { font-size: 1.125rem; }
          th, td { padding-right: 0.6rem; }
          nav a { padding: 0.4rem 0; }
          .samples caption { display: block; }
          .samples, .samples tbody, .samples tr, .samples .text { display: block; }
          .samples thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .samples tr { padding: 0.6rem 0; border-bottom: 1px solid var(--rule); }
          .samples th, .samples td { display: inline-block; width: auto; padding: 0 0.7rem 0 0; border: 0; }
          .samples td[data-name]::before { content: attr(data-name) " "; color: var(--soft); }
          .samples td.id { max-width: 100%; }
          .samples .n { width: auto; }
          .samples .id { min-width: 0; }
          .samples .text { width: auto; min-width: 0; padding: 0.2rem 0 0; }
        }
        @media print {
          :root { --paper: #fff; --ink: #000; --soft: #444; --rule: #ccc; --tint: #f3f3f3; --accent: #1c5a87; --pool: #888; --alert: #96281b; --alert-tint: #fff; }
          body { max-width: none; padding: 0; font-size: 10.5pt; }
          nav { display: none; }
          .scroll, pre { overflow: visible; max-height: none; }
          pre { white-space: pre-wrap; overflow-wrap: anywhere; }
          h2, h3 { break-after: avoid; }
          figure, tr, .node { break-inside: avoid; }
          details::details-content { content-visibility: visible; block-size: auto; }
        }

        """);
}
