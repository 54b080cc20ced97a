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
    private const int MostMebibytes = 1400;
    private const string Free = "run", Bound = "bound", Again = "again";

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
            string plan = Path.Combine(_folder, "plan.json");
            ChildRun free = ChildRun.Of("run", plan);
            ChildRun bound = ChildRun.Of("run", plan, "--run-dir", Path.Combine(_folder, Bound), "--memory", $"{MostMebibytes}MiB");
            ChildRun again = ChildRun.Of("reselect", Path.Combine(_folder, Free), "--step", "large", "--budget", Small.ToString(CultureInfo.InvariantCulture), "--out", Path.Combine(_folder, Again));
            Say($"| command | seconds | processor seconds | forecast | peak private memory |");
            Say($"| --- | ---: | ---: | ---: | ---: |");
            Say($"| `engine run`: both budgets | {free.Seconds:F1} | {free.ProcessorSeconds:F1} | {Forecast(Free) >> 20:N0} MiB | {free.PeakBytes >> 20:N0} MiB |");
            Say($"| `engine run --memory {MostMebibytes}MiB`: both budgets | {bound.Seconds:F1} | {bound.ProcessorSeconds:F1} | {Forecast(Bound) >> 20:N0} MiB | {bound.PeakBytes >> 20:N0} MiB |");
            Say($"| `engine reselect`: {Small:N0} rows from the rankings of {Large:N0} | {again.Seconds:F1} | {again.ProcessorSeconds:F1} | | {again.PeakBytes >> 20:N0} MiB |");
            Say($"");
            WriteSteps(free);
            bool light = free.PeakBytes <= MostMemory && bound.PeakBytes <= (long)MostMebibytes << 20;
            Say($"");
            Say($"Peak private memory (RssAnon, sampled) {(light ? "is within" : "IS OVER")} 1.5 GiB without a budget and {MostMebibytes:N0} MiB with it.");
            Say($"");
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
              "steps": {
                "small": { "op": "rds", "in": "pool", "queries": { {{queries}} }, "budget": {{Small.ToString(CultureInfo.InvariantCulture)}} },
                "large": { "op": "rds", "in": "pool", "queries": { {{queries}} }, "budget": {{Large.ToString(CultureInfo.InvariantCulture)}}, "keepRankings": true } },
              "run": { "dir": "{{Free}}" } }
            """);
        Console.WriteLine(FormattableString.Invariant($"// inputs made in {Stopwatch.GetElapsedTime(clock).TotalSeconds:F1} s"));
    }

    private JsonDocument Manifest(string run) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, run, "manifest.json")));

    private long Forecast(string run)
    {
        using JsonDocument manifest = Manifest(run);
        return manifest.RootElement.GetProperty("steps").EnumerateObject().Max(step => step.Value.GetProperty("memory").GetInt64());
    }

    private void WriteSteps(ChildRun run)
    {
        using JsonDocument manifest = Manifest(Free);
        int threads = manifest.RootElement.GetProperty("device").GetProperty("threads").GetInt32();
        MachineLimits limits = MachineLimits.Measured;
        double all = 0;
        Say($"| step | rows | seconds | GFLOP | GFLOP/s | of FMA limit | GB | of read limit | list depth |");
        Say($"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (JsonProperty step in manifest.RootElement.GetProperty("steps").EnumerateObject())
        {
            double seconds = step.Value.GetProperty("seconds").GetDouble(), gflop = step.Value.GetProperty("flops").GetDouble() / 1e9, gigabytes = step.Value.GetProperty("bytes").GetInt64() / 1e9;
            all += gflop;
            Say($"| {step.Name} ({step.Value.GetProperty("op").GetString()!}) | {step.Value.GetProperty("rows").GetInt64():N0} | {seconds:F1} | {gflop:N0} | {gflop / seconds:F1} | {100 * gflop / seconds / limits.Gflops(threads):F0} % | {gigabytes:F1} | {100 * gigabytes / seconds / limits.Read(threads):F1} % | {step.Value.GetProperty("listDepth").GetInt32():N0} |");
        }

        Say($"");
        Say($"Multiply-adds bind, not memory. The whole command, start, hashing and writing with it, does {all / run.ProcessorSeconds:F1} GFLOP per processor second, {100 * all / run.ProcessorSeconds / limits.Gflops1:F0} % of what one thread can.");
    }

    private bool Check()
    {
        long clock = Stopwatch.GetTimestamp();
        using var oracle = new PaperScaleOracle(Path.Combine(_folder, "pool.npy"), [.. Enumerable.Range(0, QueriesOfTask.Length).Select(FileOf)], Dim);
        int[][] rankings = oracle.Rankings();
        bool right = true;
        Say($"Against the oracle (all scores in float64, every task sorted whole, the round robin by its definition):");
        Say($"");
        foreach ((string folder, string name, int budget) in new[]
        {
            (Path.Combine(Free, "steps", "small"), "one plan", Small), (Path.Combine(Free, "steps", "large"), "one plan", Large),
            (Path.Combine(Bound, "steps", "small"), $"one plan within {MostMebibytes} MiB", Small), (Path.Combine(Bound, "steps", "large"), $"one plan within {MostMebibytes} MiB", Large),
            (Again, "reselect", Small),
        })
        {
            string wrong = oracle.Difference(rankings, budget, Path.Combine(_folder, folder));
            right &= wrong.Length == 0;
            Say($"- {budget:N0} rows, {name}: {(wrong.Length == 0 ? "the same rows, tasks, queries and scores, to the bit" : wrong)}.");
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
