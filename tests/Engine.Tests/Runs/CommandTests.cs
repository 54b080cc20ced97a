using System.Text.Json;

namespace Engine.Tests.Runs;

/// <summary>The command: words, streams, exit codes.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly Workspace _work = new();

    public CommandTests()
    {
        _work.WriteRecords("pool.jsonl", 10);
        _work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } },
              "steps": { "pick": { "op": "random", "in": "pool", "budget": 3 } }, "run": { "dir": "out" } }
            """);
    }

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData("", 2)]
    [InlineData("fly", 2)]
    [InlineData("run", 2)]
    [InlineData("run plan.json --threads", 2)]
    [InlineData("run plan.json --threads x", 2)]
    [InlineData("run plan.json --threads 99999999999", 2)]
    [InlineData("run plan.json --threads 1 --threads 2", 2)]
    [InlineData("run plan.json --frob", 2)]
    [InlineData("run plan.json --set budget", 2)]
    [InlineData("run none.json", 3)]
    [InlineData("run .", 3)]
    [InlineData("run plan.json --threads -1", 3)]
    [InlineData("run plan.json --device cuda:999", 9)]
    [InlineData("run plan.json --device gpu", 3)]
    [InlineData("resume out --device gpu", 2)]
    [InlineData("validate plan.json", 0)]
    [InlineData("schema", 0)]
    [InlineData("run plan.json --dry-run", 0)]
    [InlineData("--version", 0)]
    [InlineData("--help", 0)]
    public void ExitCodes(string words, int exit)
    {
        Outcome run = _work.Engine(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Equal(exit == 0, run.Error.Length == 0);
        Assert.Equal(exit == 0, run.Output.Length > 0);
        Assert.False(Directory.Exists(_work.At("out")));
    }

    [Fact]
    public void ErrorsAsJson()
    {
        Outcome run = _work.Engine(["run", "plan.json", "--json", "--set", "steps.pick.budgt=3", "--set", "steps.pick.in=pol"]);
        Assert.Equal(3, run.Exit);
        using JsonDocument errors = JsonDocument.Parse(run.Output);
        Assert.Equal(["UNKNOWN_KEY", "REFERENCE"], errors.RootElement.EnumerateArray().Select(e => e.GetProperty("code").GetString()));
        Assert.All(errors.RootElement.EnumerateArray(), e => Assert.Contains("Did you mean", e.GetProperty("message").GetString(), StringComparison.Ordinal));
        Assert.Empty(run.Error);
    }

    [Theory]
    [InlineData("run plan.json --threads x", "error USAGE: found --threads \"x\", expected a whole number. See engine --help.")]
    [InlineData("run plan.json --threads 1.5", "error USAGE: found --threads \"1.5\", expected a whole number. See engine --help.")]
    [InlineData("run plan.json --threads 99999999999", "error USAGE: found --threads \"99999999999\", expected a whole number from -2147483648 to 2147483647. See engine --help.")]
    [InlineData("resume out --threads x", "error USAGE: found --threads \"x\", expected a whole number. See engine --help.")]
    [InlineData("index search a b c --k x", "error USAGE: found --k \"x\", expected a whole number. See engine --help.")]
    [InlineData("index search a b c --recall-at-least x", "error USAGE: found --recall-at-least \"x\", expected a number. See engine --help.")]
    [InlineData("why out --row x", "error USAGE: found --row \"x\", expected a whole number. See engine --help.")]
    public void ANumberThatIsNoneIsToldWithoutItsType(string words, string expected)
    {
        Outcome run = _work.Engine(words.Split(' '));
        Assert.Equal((2, expected + "\n"), (run.Exit, run.Error));
    }

    [Theory]
    [InlineData("run", 3, "error MISSING: found no path, expected a plan file. Name one.")]
    [InlineData("resume", 2, "error USAGE: found an empty word for <dir>, expected a path. See engine --help.")]
    [InlineData("inspect", 2, "error USAGE: found an empty word for <file>, expected a path. See engine --help.")]
    public void AnEmptyPathIsNoBug(string verb, int exit, string expected)
    {
        Outcome run = _work.Engine([verb, ""]);
        Assert.Equal((exit, expected + "\n"), (run.Exit, run.Error));
    }

    [Fact]
    public void OneOfAKindIsCountedInTheSingular() =>
        Assert.Equal("plan.json: ok, 1 input, 1 step, 0 outputs\n", _work.Engine(["validate", "plan.json"]).Output);

    [Fact]
    public void StandardOutputThatCannotBeWrittenIsAnError()
    {
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", $"dotnet '{Path.Combine(AppContext.BaseDirectory, "engine.dll")}' schema >/dev/full" }, RedirectStandardError = true })!;
        string error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(7, shell.ExitCode);
        Assert.StartsWith("standard output: error DISK_FULL:", error, StringComparison.Ordinal);
    }

    [Fact]
    public void ASignalStopsARunBeforeItHasResults()
    {
        _work.WriteMatrix("big.npy", 60_000, 64, seed: 3);
        _work.Write("long.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "big.npy" } },
              "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 500, "maxIterations": 1000000 } }, "run": { "dir": "out" } }
            """);
        string[] before = _work.Entries();
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"dotnet '{Path.Combine(AppContext.BaseDirectory, "engine.dll")}' run '{_work.At("long.json")}' & pid=$!; while [ ! -d '{_work.At("out", ".staging")}' ]; do sleep 0.05; done; sleep 0.5; kill -TERM $pid; wait $pid" },
            RedirectStandardError = true,
        })!;
        string error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(143, shell.ExitCode);
        Assert.Contains("error STOPPED:", error, StringComparison.Ordinal);
        Assert.All(_work.Entries().Except(before), entry => Assert.True(entry == "out" || entry.StartsWith(Path.Combine("out", ".staging"), StringComparison.Ordinal), entry));
    }
}
