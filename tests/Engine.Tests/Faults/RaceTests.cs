using System.Security.Cryptography;
using Engine.Tests.Hostile;
using Engine.Tests.Runs;
using Xunit.Abstractions;

namespace Engine.Tests.Faults;

/// <summary>Row 112: two commands started at the same moment. <c>ENGINE_FAULTS=1</c> asks for 50 races of either kind.</summary>
public sealed class RaceTests(ITestOutputHelper output) : IDisposable
{
    // Both wait for one file to appear, so that neither has a start; the runtime's own start differs by less than the run lasts.
    private const string Race = """
        run() { while [ ! -e go ]; do :; done; exec dotnet "$ENGINE" run "$@" >/dev/null; }
        run $FIRST 2>first.err & one=$!
        run $SECOND 2>second.err & two=$!
        sleep 0.1; touch go; wait $one; echo $?; wait $two; echo $?; rm go
        """;

    private readonly Workspace _work = new();

    private static int Races => Strace.IsFull ? 50 : 2;

    public void Dispose() => _work.Dispose();

    [Fact]
    public void Two_runs_of_one_folder_have_one_winner()
    {
        Prepare("plan.json", "out", seed: 5, "train.jsonl");
        Assert.Equal(0, _work.Run("plan.json", "run.dir=alone", "outputs.train.path=alone.jsonl").Exit);
        SortedDictionary<string, string> alone = Bits("alone");
        int locked = 0;
        for (int race = 0; race < Races; race++)
        {
            (int first, int second) = Run("plan.json", "plan.json");
            string loser = File.ReadAllText(_work.At(first == 0 ? "second.err" : "first.err"));
            Assert.True((first, second) is (0, 6) or (6, 0), $"race {race}: {first} and {second}: {loser}");
            Assert.Matches("error (LOCKED|EXISTS): ", loser);
            if (loser.Contains("LOCKED", StringComparison.Ordinal)) locked++;
            Assert.Equal(alone, Bits("out"));
            Assert.Equal(Hash("alone.jsonl"), Hash("train.jsonl"));
            AssertClean("alone", "alone.jsonl", "out", "train.jsonl");
            Directory.Delete(_work.At("out"), recursive: true);
            File.Delete(_work.At("train.jsonl"));
        }

        output.WriteLine($"{Races} races: one winner each; {locked} losers met the winner at work");
    }

    [Fact]
    public void Two_runs_with_one_output_have_one_winner()
    {
        Prepare("one.json", "a", seed: 5, "shared/train.jsonl");
        Prepare("two.json", "b", seed: 6, "shared/train.jsonl");
        int late = 0;
        for (int race = 0; race < Races; race++)
        {
            (int first, int second) = Run("one.json", "two.json");
            string loser = File.ReadAllText(_work.At(first == 0 ? "second.err" : "first.err"));
            Assert.True((first, second) is (0, 6) or (6, 0), $"race {race}: {first} and {second}: {loser}");
            Assert.Matches("train.jsonl: error EXISTS: ", loser);
            if (loser.Contains("not there when the run began", StringComparison.Ordinal)) late++;
            string won = first == 0 ? "a" : "b";
            Assert.Equal(Hash(won, "selected.jsonl"), Hash("shared", "train.jsonl"));
            AssertClean(won, "shared");
            Directory.Delete(_work.At(won), recursive: true);
            Directory.Delete(_work.At("shared"), recursive: true);
        }

        output.WriteLine($"{Races} races: one winner each; {late} losers found the winner's output only at the end");
    }

    private (int First, int Second) Run(string first, string second)
    {
        Outcome race = Shell.Run(_work.Folder, Race, ("ENGINE", Path.Combine(AppContext.BaseDirectory, "engine.dll")), ("FIRST", first), ("SECOND", second));
        int[] exits = [.. race.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(e => int.Parse(e, System.Globalization.CultureInfo.InvariantCulture))];
        return (exits[0], exits[1]);
    }

    private void Prepare(string plan, string dir, int seed, string path)
    {
        _work.WriteRecords("pool.jsonl", 4_000);
        _work.WriteMatrix("vec.npy", 4_000, 64, seed: 3);
        _work.Write(plan, $$"""
            { "version": 1, "seed": {{seed}},
              "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" } },
              "steps": { "groups": { "op": "kmeans", "in": "vec", "k": 60, "maxIterations": 20 }, "pick": { "op": "random", "in": "pool", "budget": 1000 } },
              "outputs": { "train": { "from": "pick", "format": "jsonl", "path": "{{path}}" } },
              "run": { "dir": "{{dir}}", "threads": 1 } }
            """);
    }

    private void AssertClean(params string[] results) =>
        Assert.Equal([.. ((string[])["first.err", "pool.jsonl", "second.err", "vec.npy", .. Directory.GetFiles(_work.Folder, "*.json").Select(f => Path.GetFileName(f)), .. results]).Order(StringComparer.Ordinal)],
            Directory.GetFileSystemEntries(_work.Folder).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal));

    private SortedDictionary<string, string> Bits(string folder)
    {
        SortedDictionary<string, string> hashes = _work.Hashes(folder);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html") && hashes.Count > 0);
        return hashes;
    }

    private string Hash(params string[] file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(_work.At(file))));
}
