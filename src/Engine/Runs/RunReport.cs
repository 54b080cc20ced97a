using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Plans;
using Engine.Reports;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>Tells the report what a run was.</summary>
internal static class RunReport
{
    private const int Samples = 20;
    private const int SampleCharacters = 400;
    private const int MostCharacters = 1 << 14;

    /// <summary>Writes <c>report.html</c>.</summary>
    public static void Write(RunRecord run, Stream stream) => HtmlReport.Write(Model(run), stream);

    private static ReportModel Model(RunRecord run) => new()
    {
        PlanName = run.Plan.Name,
        EngineVersion = EngineVersion.Text,
        Started = run.Started,
        Seconds = run.Seconds,
        PlanText = Encoding.UTF8.GetString(run.Plan.Given),
        ResolvedPlan = Resolved(run.Plan),
        Facts = new Dictionary<string, object> { ["seed"] = run.Plan.Seed, ["device"] = run.Device.Devices.Count == 0 ? run.Device.Kind : string.Join(", ", run.Device.Devices), ["kernels"] = run.Device.Kernels, ["threads"] = run.Device.Threads },
        Warnings = run.Warnings,
        Inputs = [.. run.Inputs.Select(Input)],
        Steps = [.. run.Steps.Select(Step)],
        Selections = [.. run.Steps.Where(s => s.Value is Selection).OrderBy(s => s.Step.Position).Select(s => Chosen(s, (Selection)s.Value))],
        Clusterings = [.. run.Steps.Where(s => s.Value is Clustering).Select(s => Clusters(s.Step.Name, (Clustering)s.Value))],
    };

    private static string Resolved(Plan plan)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, RunJson.Indented)) PlanJson.Write(plan.Resolved, json);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static ReportInput Input(InputRecord input)
    {
        var matrix = input.Value as Embeddings;
        return new ReportInput(input.Name, input.Kind, input.Value.Rows, [.. input.Files.Select(f => new ReportFile(f.Path, f.Bytes, f.Sha256))])
        {
            Dim = matrix?.Dim,
            Dtype = matrix is null ? null : Kernels.ElementTypes.PlanName(matrix.Matrix.Element),
        };
    }

    private static ReportStep Step(StepRecord step) => new(step.Step.Name, step.Step.Definition.Op, step.Value.Rows, step.Bytes, step.Flops, step.Seconds)
    {
        References = [.. step.Step.References.Select(r => r.Name).Distinct()],
        Facts = step.Facts,
    };

    private static ReportClustering Clusters(string name, Clustering clustering) => new(name, clustering.Inertia, clustering.Iterations, clustering.Sizes)
    {
        Silhouettes = [.. (clustering.Silhouettes ?? []).Select(tried => (tried.K, tried.Silhouette))],
    };

    private static ReportSelection Chosen(StepRecord step, Selection selection) =>
        new(step.Step.Name, step.Step.Definition.Op, selection.Indices.Length, selection.PoolRows)
        {
            Scores = selection.Scores,
            Radii = selection.Radii,
            Tasks = selection.Tasks is null ? [] : [.. selection.Tasks.CountBy(task => task).Select(task => new ReportTask(task.Key, task.Value))],
            Sources = selection.Pool is { Sources.Count: > 0 } pool ? Sources(pool, selection.Indices) : [],
            Samples = [.. Enumerable.Range(0, Math.Min(Samples, selection.Indices.Length)).Select(i => Sample(selection, i))],
        };

    private static ReportSource[] Sources(Records pool, int[] chosen)
    {
        long[] before = new long[pool.Sources.Count];
        long[] after = new long[pool.Sources.Count];
        for (long row = 0; row < pool.Rows; row++)
            if (pool.SourceOf(row) is >= 0 and var source) before[source]++;
        foreach (int row in chosen)
            if (pool.SourceOf(row) is >= 0 and var source) after[source]++;
        return [.. pool.Sources.Select((name, i) => new ReportSource(name, before[i], after[i]))];
    }

    private static ReportSample Sample(Selection selection, int i)
    {
        int row = selection.Indices[i];
        Records? pool = selection.Pool;
        string? source = pool?.SourceOf(row) is >= 0 and var at ? pool.Sources[at] : null;
        return new ReportSample(i + 1, row, pool?.Id(row), source, selection.Tasks?[i], selection.Scores?[i], pool is null ? null : Snippet(pool.Conversation(row)));
    }

    private static string Snippet(Conversation conversation)
    {
        var text = new StringBuilder();
        foreach (Turn turn in conversation.Turns)
        {
            if (text.Length > 0) text.Append('\n');
            if (turn.Role != Turn.TextRole) text.Append(turn.Role).Append(": ");
            // A record may have tens of megabytes; the page shows its first words.
            text.Append(turn.Content.AsSpan(0, Math.Min(turn.Content.Length, MostCharacters)));
            if (text.Length > SampleCharacters) break;
        }

        return text.ToString();
    }
}
