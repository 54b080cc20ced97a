using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Engine.Bench;

/// <summary>RDS+ at the size of its largest study, through the command from files to files: time, share of the machine's limit, private memory, and the result against an oracle.</summary>
internal sealed class PaperScale(long rows, string? report)
{
    public const long PaperRows = 5_817_792;

    private const int Dim = 64;
    private const long PaperSmall = 326_153, PaperLarge = 2_500_000;
    private const double MostMemory = 1.5 * (1 << 30);

    private static readonly int[] QueriesOfTask = [285, 8, 81, 9, 16, 500, 50];

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"engine-paper-scale-{Environment.ProcessId}");
    private readonly List<string> _lines = [];

    // A smaller pool gets budgets in the same proportion.
    private int Small => (int)Math.Max(1, PaperSmall * rows / PaperRows);

    private int Large => (int)Math.Max(2, PaperLarge * rows / PaperRows);

    /// <summary>Runs it all.</summary>
    /// <returns>0; 1 when a result is wrong or the memory is over its limit.</returns>
    public int Run()
    {
        Directory.CreateDirectory(_folder);
        try
        {
            Say($"{rows:N0} x {Dim} float16, {QueriesOfTask.Length} tasks with {string.Join(", ", QueriesOfTask)} queries; {Large:N0} and {Small:N0} rows");
            Say($"{MachineLimits.Measured}");
            Say($"");
            WriteInputs();
            ChildRun run = ChildRun.Of("run", Path.Combine(_folder, "plan.json"));
            ChildRun again = ChildRun.Of("reselect", Path.Combine(_folder, "run"), "--budget", Small.ToString(CultureInfo.InvariantCulture), "--out", Path.Combine(_folder, "small"));
            Say($"| command | seconds | peak private memory |");
            Say($"| --- | ---: | ---: |");
            Say($"| `engine run`: {Large:N0} rows, rankings kept | {run.Seconds:F1} | {run.PeakBytes / (1 << 20):N0} MiB |");
            Say($"| `engine reselect`: {Small:N0} rows | {again.Seconds:F1} | {again.PeakBytes / (1 << 20):N0} MiB |");
            Say($"");
            WriteSteps();
            bool light = Math.Max(run.PeakBytes, again.PeakBytes) <= MostMemory;
            Say($"Peak private memory (RssAnon, sampled) {(light ? "is within" : "IS OVER")} the limit of 1.5 GiB.");
            bool right = Check();
            if (report is not null) File.WriteAllText(report, string.Create(CultureInfo.InvariantCulture,
                $"# Paper scale\n\n`dotnet run -c Release --project bench/Engine.Bench -- paper-scale`, {DateTime.UtcNow:d MMMM yyyy}, {RuntimeInformation.FrameworkDescription}.\n\n{string.Join('\n', _lines)}\n"));
            return light && right ? 0 : 1;
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string FileOf(int task) => Path.Combine(_folder, $"task-{task + 1}.npy");

    private void WriteInputs()
    {
        long clock = Stopwatch.GetTimestamp();
        MadeMatrix.Write(Path.Combine(_folder, "pool.npy"), rows, Dim, half: true);
        for (int task = 0; task < QueriesOfTask.Length; task++) MadeMatrix.Write(FileOf(task), QueriesOfTask[task], Dim, half: false, seed: 2 + task);
        string inputs = string.Concat(QueriesOfTask.Select((_, task) => $", \"q{task + 1}\": {{ \"kind\": \"embeddings\", \"path\": \"task-{task + 1}.npy\" }}"));
        string queries = string.Join(", ", QueriesOfTask.Select((_, task) => $"\"task-{task + 1}\": \"q{task + 1}\""));
        File.WriteAllText(Path.Combine(_folder, "plan.json"), $$"""
            { "version": 1,
              "inputs": { "pool": { "kind": "embeddings", "path": "pool.npy" }{{inputs}} },
              "steps": { "pick": { "op": "rds", "in": "pool", "queries": { {{queries}} }, "budget": {{Large.ToString(CultureInfo.InvariantCulture)}}, "keepRankings": true } },
              "run": { "dir": "run" } }
            """);
        Console.WriteLine(FormattableString.Invariant($"// inputs made in {Stopwatch.GetElapsedTime(clock).TotalSeconds:F1} s"));
    }

    private void WriteSteps()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "run", "manifest.json")));
        Say($"| step | seconds | GFLOP | GFLOP/s | of FMA limit | list depth |");
        Say($"| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (JsonProperty step in manifest.RootElement.GetProperty("steps").EnumerateObject())
        {
            double seconds = step.Value.GetProperty("seconds").GetDouble(), gflop = step.Value.GetProperty("flops").GetDouble() / 1e9;
            double limit = MachineLimits.Measured.Gflops(manifest.RootElement.GetProperty("device").GetProperty("threads").GetInt32());
            Say($"| {step.Name} ({step.Value.GetProperty("op").GetString()!}) | {seconds:F1} | {gflop:N0} | {gflop / seconds:F1} | {100 * gflop / seconds / limit:F0} % | {step.Value.GetProperty("listDepth").GetInt32():N0} |");
        }

        Say($"");
    }

    private bool Check()
    {
        long clock = Stopwatch.GetTimestamp();
        using var oracle = new PaperScaleOracle(Path.Combine(_folder, "pool.npy"), [.. Enumerable.Range(0, QueriesOfTask.Length).Select(FileOf)], Dim);
        int[][] rankings = oracle.Rankings();
        bool right = true;
        foreach ((string folder, int budget) in new[] { ("run", Large), ("small", Small) })
        {
            string wrong = oracle.Difference(rankings, budget, Path.Combine(_folder, folder));
            right &= wrong.Length == 0;
            Say($"{budget:N0} rows against the oracle (all scores in float64, every task sorted whole, the round robin by its definition): {(wrong.Length == 0 ? "the same rows, tasks and scores, to the bit" : wrong)}.");
        }

        Console.WriteLine(FormattableString.Invariant($"// oracle took {Stopwatch.GetElapsedTime(clock).TotalSeconds:F1} s"));
        return right;
    }

    private void Say(FormattableString line)
    {
        string text = line.ToString(CultureInfo.InvariantCulture);
        _lines.Add(text);
        Console.WriteLine(text);
    }
}
