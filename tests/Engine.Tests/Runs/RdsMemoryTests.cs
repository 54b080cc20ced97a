using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Engine.Tests.Runs;

/// <summary>Several rds steps of one plan: each gives what it gives alone, in the memory that was foreseen.</summary>
public sealed class RdsMemoryTests : IDisposable
{
    private const int Tasks = 7;

    private readonly Workspace _work = new(Workspace.InMemory);

    public void Dispose() => _work.Dispose();

    [Fact]
    public void Two_budgets_in_one_plan_give_what_each_gives_alone()
    {
        WriteInputs(rows: 20_000, dim: 16);
        _work.Write("both.json", Plan(("small", 1_121), ("large", 8_593)));
        _work.Write("turned.json", Plan(("large", 8_593), ("small", 1_121)));
        foreach (string step in new[] { "small", "large" }) _work.Write($"{step}.json", Plan((step, step == "small" ? 1_121 : 8_593)));

        // Positions are wanted all the time, so lists are taken out and taken over between any two blocks.
        foreach ((string plan, string checkpoint) in new[] { ("both", "1h"), ("turned", "1ms"), ("small", "1h"), ("large", "1h") })
        {
            Outcome run = _work.Run($"{plan}.json", $"run.dir={plan}", $"run.checkpoint={checkpoint}");
            Assert.True(run.Exit == 0, run.ToString());
        }

        foreach (string step in new[] { "small", "large" })
        {
            SortedDictionary<string, string> alone = _work.Hashes($"{step}/steps/{step}");
            Assert.Equal(["indices.npy", "selection.csv"], alone.Keys);
            foreach (string plan in new[] { "both", "turned" }) Assert.Equal(alone, _work.Hashes($"{plan}/steps/{step}"));
        }
    }

    // Lists that all name the same rows must be deepened to the whole budget, which is what a forecast has to reckon with; of others a sample says how deep they are popped, and they are made no deeper.
    [Theory]
    [InlineData(null, true, 2.0 / 3, 1)]
    [InlineData("600MiB", true, 2.0 / 3, 1)]
    [InlineData("600MiB", false, 1.0 / 3, 0.5)]
    public void What_two_budgets_take_was_foreseen(string? memory, bool alike, double least, double most)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.WriteLine("left out: only Linux tells how much of a process's memory is its own");
            return;
        }

        WriteInputs(rows: 1_600_000, dim: 16);
        _work.Write("plan.json", Plan(alike ? 1 : Tasks, ("small", 90_000), ("large", 690_000)));
        (int exit, long peak) = Watched(memory is null ? ["run", "plan.json"] : ["run", "plan.json", "--memory", memory]);
        Assert.Equal(0, exit);
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(_work.At("out", "manifest.json")));
        long foreseen = manifest.RootElement.GetProperty("steps").EnumerateObject().Max(step => step.Value.GetProperty("memory").GetInt64());
        Assert.InRange(peak, (long)(least * foreseen), (long)(most * foreseen));
    }

    private void WriteInputs(int rows, int dim)
    {
        _work.WriteMatrix("pool.npy", rows, dim, seed: 5);
        for (int task = 0; task < Tasks; task++) _work.WriteMatrix($"task-{task}.npy", 1 + (task % 3), dim, seed: 6 + task);
    }

    private static string Plan(params (string Name, int Budget)[] steps) => Plan(Tasks, steps);

    private static string Plan(int different, params (string Name, int Budget)[] steps)
    {
        IEnumerable<int> tasks = Enumerable.Range(0, Tasks);
        string inputs = string.Concat(tasks.Select(task => $$""", "q{{task}}": { "kind": "embeddings", "path": "task-{{task % different}}.npy" }"""));
        string queries = string.Join(", ", tasks.Select(task => $"\"task-{task}\": \"q{task}\""));
        string picks = string.Join(", ", steps.Select(step => string.Create(CultureInfo.InvariantCulture, $$""" "{{step.Name}}": { "op": "rds", "in": "pool", "queries": { {{queries}} }, "budget": {{step.Budget}} }""")));
        return $$"""{ "version": 1, "inputs": { "pool": { "kind": "embeddings", "path": "pool.npy" }{{inputs}} }, "steps": { {{picks}} }, "run": { "dir": "out", "io": "pread" } }""";
    }

    private (int Exit, long PeakBytes) Watched(string[] words)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _work.Folder };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "engine.dll"));
        foreach (string word in words) start.ArgumentList.Add(word);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(10))) peak = Math.Max(peak, PrivateBytes(process.Id));
        Assert.True(process.ExitCode == 0, $"{output.Result} {error.Result}");
        return (process.ExitCode, peak);
    }

    /// <summary>The most private memory so far. The system notes when memory in all was highest, so no peak lies between two looks; matrices are not mapped here, and what is of files only grows.</summary>
    private static long PrivateBytes(int process)
    {
        try
        {
            Dictionary<string, long> sizes = [];
            foreach (string line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [var name, var size, "kB"]) sizes[name] = long.Parse(size, CultureInfo.InvariantCulture) << 10;
            }

            // A process that is about to end has no memory to speak of.
            return sizes.TryGetValue("VmHWM:", out long highest) ? highest - sizes["RssFile:"] - sizes["RssShmem:"] : 0;
        }
        catch (IOException)
        {
            // It ended between the wait and the look; what was seen before stands.
            return 0;
        }
    }
}
