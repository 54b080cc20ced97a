using Engine.Data;
using Engine.Plans;
using Engine.Runs;
using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Runs;

/// <summary>The memory budget: what it refuses, when, and what it says; and runs without maps.</summary>
public sealed class MemoryTests : IDisposable
{
    private const string Steps = """
        { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } },
          "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 5 }, "pick": { "op": "kcenter", "in": "vec", "budget": 20, "metric": "cosine" } }, "run": { "dir": "out" } }
        """;

    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void A_plan_that_cannot_fit_is_refused_before_it_works()
    {
        Sparse(rows: 600_000_000, dim: 2_048);
        _work.Write("plan.json", Steps);
        Outcome run = _work.Run("plan.json", "run.memory=\"1GiB\"");
        Assert.True(run.Exit == 8, run.ToString());
        Assert.Matches(@"^\S*plan\.json:2:\d+: error MEMORY: step ""pick"" \(kcenter\) brings the run to \d+\.\d GiB of memory \(.*heap of the farthest.*\), but the budget is 1\.0 GiB\. Set run\.memory to ", run.Error);
        Assert.Equal(["plan.json", "vec.npy"], _work.Entries());
    }

    [Fact]
    public void A_dry_run_says_what_each_step_will_need()
    {
        _work.WriteMatrix("vec.npy", 1_000, 8, seed: 2);
        _work.Write("plan.json", Steps);
        Plan plan = SelectionEngine.ReadPlan(_work.At("plan.json"), "run.memory=\"512MiB\"");
        using var engine = new SelectionEngine(RunDevice.Options(plan));
        MemoryForecast memory = engine.DryRun(plan).Memory;
        Assert.Equal(512L << 20, memory.Limit);
        Assert.Equal(["groups", "pick"], memory.Steps.Select(step => step.Step));
        Assert.Contains(memory.Steps[0].Uses, use => use.What == "norms of vec" && use is { Bytes: 8_000, Kept: true });

        // The norms are measured once and kept.
        Assert.DoesNotContain(memory.Steps[1].Uses, use => use.What == "norms of vec");
        Assert.Equal(memory.Peak, memory.Steps.Max(step => step.Peak));
        memory.Check();

        Outcome run = _work.Engine(["run", "plan.json", "--dry-run", "--memory", "512MiB"]);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Matches(@"(?m)^step groups: kmeans, memory up to \d+(\.\d)? MiB \(", run.Output);
    }

    [Fact]
    public void A_run_within_its_budget_notes_the_forecast_and_changes_no_bit()
    {
        _work.WriteMatrix("vec.npy", 3_000, 24, seed: 2);
        _work.Write("plan.json", Steps);
        Outcome whole = _work.Engine(["run", "plan.json", "--run-dir", "whole"]), bounded = _work.Engine(["run", "plan.json", "--run-dir", "bounded", "--memory", "256MiB", "--set", "run.io=pread"]);
        Assert.True(whole.Exit == 0 && bounded.Exit == 0, $"{whole} {bounded}");
        Assert.Matches("\"memory\": [0-9]{6,}", File.ReadAllText(_work.At("bounded", "manifest.json")));
        SortedDictionary<string, string> expected = _work.Hashes("whole"), found = _work.Hashes("bounded");
        foreach (string file in new[] { "manifest.json", "report.html" }) Assert.True(expected.Remove(file) && found.Remove(file));
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData("1KB", 8, "MEMORY")]
    [InlineData("100MiB", 0, "")]
    [InlineData("4 gb", 2, "MEMORY")]
    [InlineData("1180591620717411303424", 2, "MEMORY")]
    [InlineData("-1", 2, "MEMORY")]
    [InlineData("0", 2, "MEMORY")]
    public void The_word_on_the_command_line(string size, int exit, string code)
    {
        _work.WriteRecords("pool.jsonl", 10);
        _work.Write("plan.json", """{ "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } }, "steps": { "pick": { "op": "random", "in": "pool", "budget": 3 } }, "run": { "dir": "out" } }""");
        Outcome run = _work.Engine(["run", "plan.json", $"--memory={size}"]);
        Assert.True(run.Exit == exit, run.ToString());
        if (exit != 0) Assert.Contains($"error {code}: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(exit == 0, Directory.Exists(_work.At("out")));
    }

    [Fact]
    public void Tables_of_records_are_charged_while_they_grow()
    {
        _work.WriteRecords("pool.jsonl", 20_000);
        using var files = new InputFiles { Memory = new MemoryBudget(500_000) };
        EngineException refused = Assert.Throws<EngineException>(() =>
            RecordsFile.Open(new RecordsInput("pool", [_work.At("pool.jsonl")], "pool.jsonl"), files, new global::Engine.Kernels.Pass()));
        Assert.Equal(ExitCode.Memory, refused.Exit);
        Assert.Contains("the table of the records pool.jsonl needs 768 KiB of memory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_promised_comes_back()
    {
        var budget = new MemoryBudget(100);
        using (MemoryReservation first = budget.Reserve("a", 60))
        {
            first.Grow(30);
            Assert.Equal(90, budget.Reserved);
            Assert.Throws<EngineException>(() => budget.Reserve("b", 11));
            budget.Reserve("b", 10).Dispose();
        }

        Assert.Equal((0, 100), (budget.Reserved, budget.Peak));
        var unlimited = new MemoryBudget(null);
        using MemoryReservation all = unlimited.Reserve("c", long.MaxValue);
        Assert.Equal(long.MaxValue, unlimited.Reserved);
    }

    [Theory]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("1.5GB", 1_500_000_000L)]
    [InlineData("2TiB", 2L << 40)]
    [InlineData("77", 77L)]
    [InlineData("77B", 77L)]
    public void Sizes_are_read_as_plans_write_them(string text, long bytes)
    {
        Assert.True(MemoryBudget.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }

    private void Sparse(long rows, int dim)
    {
        byte[] header = Make(Dict("<f4", $"({rows}, {dim})"), []);
        using FileStream file = File.Create(_work.At("vec.npy"));
        file.Write(header);
        file.SetLength(header.Length + rows * dim * sizeof(float));
    }
}
