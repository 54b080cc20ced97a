using System.Globalization;
using Engine.Tests.House;
using Xunit.Abstractions;

namespace Engine.Tests.Runs;

/// <summary>The README's quick start: real records, and a selection that serves its tasks.</summary>
public sealed class QuickStartTests(ITestOutputHelper output) : IDisposable
{
    private static readonly (string Task, string Namespace)[] Fits = [("file-io", "System.IO"), ("networking", "System.Net"), ("concurrency", "System.Threading")];

    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void EveryTaskGetsFiveTimesThePoolsShareOfWhatFitsIt()
    {
        string[] sources = [.. File.ReadLines(Repository.PathOf("examples", "dotnet-docs", "pool.jsonl"))
            .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("dataset").GetString()!)];
        (string Source, string Task)[] chosen = [.. Selected("rds.json").Select(row => (sources[row.Row], row.Task))];
        Assert.Equal(150, chosen.Length);
        foreach ((string task, string space) in Fits)
        {
            double pool = sources.Average(s => Fit(s, space));
            double all = chosen.Average(c => Fit(c.Source, space));
            double own = chosen.Where(c => c.Task == task).Average(c => Fit(c.Source, space));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{task}: {pool:P1} of the pool, {all:P1} of the selection, {own:P1} of the rows the task took ({all / pool:F1}x, {own / pool:F1}x)"));
            Assert.True(all >= 5 * pool && own >= 5 * pool, $"{task}: pool {pool}, selection {all}, own rows {own}");
        }

        static double Fit(string source, string space) => source == space || source.StartsWith(space + ".", StringComparison.Ordinal) ? 1 : 0;
    }

    [Theory]
    [InlineData("coreset.json")]
    [InlineData("balanced.json")]
    [InlineData("ltd.json")]
    [InlineData("kmq.json")]
    public void TheOtherExamplesRun(string plan) => Assert.NotEmpty(Selected(plan));

    private (int Row, string Task)[] Selected(string plan)
    {
        var read = SelectionEngine.ReadPlan(Repository.PathOf("examples", "dotnet-docs", plan), $"run.dir={_work.At("out")}");
        using var engine = new SelectionEngine();
        engine.Run(read);
        string[][] table = [.. File.ReadLines(_work.At("out", "selection.csv")).Select(Fields)];
        int task = Array.IndexOf(table[0], "task");
        return [.. table.Skip(1).Select(f => (int.Parse(f[1], CultureInfo.InvariantCulture), task < 0 ? "" : f[task]))];
    }

    /// <summary>The fields of a CSV line whose quoted fields hold no quotes.</summary>
    private static string[] Fields(string line) =>
        [.. line.Split('"').SelectMany((part, i) => i % 2 == 1 ? [part.Replace(',', ';')] : new[] { part }).Aggregate("", (a, b) => a + b).Split(',')];
}
