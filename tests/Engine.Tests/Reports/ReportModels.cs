using System.Text;
using Engine.Reports;

namespace Engine.Tests.Reports;

/// <summary>Models to write pages of.</summary>
internal static class ReportModels
{
    public static string Page(ReportModel model)
    {
        using var stream = new MemoryStream();
        HtmlReport.Write(model, stream);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(stream.ToArray());
    }

    /// <summary>A run with everything in it; every text is <paramref name="text"/> of what it is for.</summary>
    public static ReportModel Full(Func<string, string> text)
    {
        string pool = text("pool"), vec = text("vec"), pick = text("pick"), near = text("near"), groups = text("groups");
        var facts = new Dictionary<string, object>
        {
            [text("kernels")] = text("avx512"),
            ["pruned"] = 0.93125,
            ["distances"] = 123456789L,
            ["exact"] = true,
            ["history"] = Enumerable.Range(0, 40).Select(i => (object)(i + 0.5)).ToList(),
            ["terms"] = new Dictionary<string, double> { [text("reward")] = 1.5 },
        };
        ReportSample[] samples =
        [
            .. Enumerable.Range(0, 25).Select(i => new ReportSample(i + 1, 1000 * i, text($"id-{i}"), text("lima"), text("gsm8k"), 0.5 - (0.01 * i), text("a record\nof two lines"))),
        ];
        return new ReportModel
        {
            PlanName = text("demo"),
            EngineVersion = text("0.1.0"),
            Started = new DateTimeOffset(2026, 3, 1, 0, 30, 0, TimeSpan.FromHours(2)),
            Seconds = 12.44,
            PlanText = text("{ \"version\": 1,\r\n\t\"name\": \"demo\" }"),
            ResolvedPlan = text("{ \"seed\": 42 }"),
            Facts = facts,
            Warnings = [text("f64 was narrowed")],
            Inputs =
            [
                new ReportInput(vec, text("embeddings"), 612345, [new ReportFile(text("a.npy"), 1_881_123_840, new string('a', 64)), new ReportFile(text("b.npy"), 7, null)]) { Dim = 768, Dtype = text("f16"), RowsOf = pool },
                new ReportInput(pool, text("records"), 612345, [new ReportFile(text("a.jsonl"), 2_000_000, new string('b', 64))]),
            ],
            Steps =
            [
                new ReportStep(groups, text("kmeans"), 612345, 18_811_238_400, 1.3e13, 61.2) { References = [vec], Facts = facts },
                new ReportStep(near, text("rds"), 60000, 940_561_920, 3.76e11, 2.93) { References = [vec] },
                new ReportStep(pick, text("kcenter"), 1000, 0, 0, 0.0001) { References = [vec, near, "nothing of that name"] },
            ],
            Selections =
            [
                new ReportSelection(near, text("rds"), 60000, 612345)
                {
                    Scores = [.. Enumerable.Range(0, 60000).Select(i => Math.Sin(i))],
                    ScoreLabel = text("cosine"),
                    Tasks = [new ReportTask(text("gsm8k"), 40000), new ReportTask(text("mmlu"), 20000)],
                },
                new ReportSelection(pick, text("kcenter"), 1000, 612345)
                {
                    Radii = [.. Enumerable.Range(1, 1000).Select(i => 1.25 * Math.Pow(i, -0.1))],
                    Metric = text("cosine"),
                    Sources = [new ReportSource(text("lima"), 1000, 400), new ReportSource(text("flan"), 611345, 600)],
                    Samples = samples,
                },
            ],
            Clusterings = [new ReportClustering(groups, 1234.5, 25, [.. Enumerable.Range(0, 1000).Select(i => (long)i)])],
        };
    }
}
