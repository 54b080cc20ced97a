using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace Engine.Tests.Runs;

/// <summary>Runs that are killed at random moments, again and again, and then left alone end with the bytes of a run that was not disturbed.</summary>
/// <remarks><c>ENGINE_KILLS</c> sets how many times; one in five is SIGTERM, the others are SIGKILL. <c>ENGINE_KILL_SEED</c> chooses the moments.</remarks>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int DefaultKills = 12, MostKillsOfARun = 4;

    private readonly Workspace _work = new(Workspace.InMemory);
    private readonly int _seed = Number("ENGINE_KILL_SEED", 20_261_122);

    public void Dispose() => _work.Dispose();

    [Fact]
    public void KilledRunsEndWithTheSameBytes()
    {
        KillPlans.Write(_work);
        string[] names = [.. KillPlans.All.Keys];
        Dictionary<string, Undisturbed> whole = names.ToDictionary(name => name, RunUndisturbed);

        var random = new Random(_seed);
        int kills = Number("ENGINE_KILLS", DefaultKills), done = 0, terms = 0, late = 0, halfway = 0, runs = 0;
        Dictionary<string, double> reach = names.ToDictionary(name => name, _ => 1.0);
        for (; done < kills && runs < 20 + 4 * kills; runs++)
        {
            string name = names[runs % names.Length];
            int planned = Math.Min(kills - done, random.Next(1, MostKillsOfARun + 1));
            List<string> told = [];
            bool ended = false;
            for (int i = 0; i < planned && !ended; i++)
            {
                bool term = done % 5 == 4;
                TimeSpan after = random.NextDouble() * reach[name] * whole[name].Time;
                int exit = Kill(name, random.Next(1, 4), after, term ? "TERM" : "KILL");
                told.Add(string.Create(CultureInfo.InvariantCulture, $"{(term ? "SIGTERM" : "SIGKILL")} after {after.TotalMilliseconds:F0} ms: exit {exit}"));
                Assert.True(exit is 0 || exit == (term ? 143 : 137), Describe(name, told));
                ended = exit == 0;

                // Only what struck a run at work counts; the machine may be quicker than it was when the undisturbed run was timed.
                reach[name] = Math.Clamp(reach[name] * (ended ? 0.9 : 1.02), 0.2, 1);
                if (ended)
                {
                    late++;
                    continue;
                }

                done++;
                if (term) terms++;
                if (HasPosition(name)) halfway++;
            }

            Outcome end = _work.Engine(["run", $"{name}.json", "--threads", random.Next(1, 4).ToString(CultureInfo.InvariantCulture)]);
            Assert.True(end.Exit == 0, Describe(name, [.. told, end.ToString()]));
            AssertSame(whole[name], name, told);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {_seed}: {done - terms} SIGKILL and {terms} SIGTERM in {runs} runs of {names.Length} plans; {halfway} left a position within a step, {late} more came after the end and do not count; 0 of {runs} differ"));
        Assert.Equal(kills, done);
    }

    private Undisturbed RunUndisturbed(string name)
    {
        // The second run tells the time: the first one also warms what the system caches.
        TimeSpan time = default;
        SortedDictionary<string, string> bits = [];
        for (int i = 0; i < 2; i++)
        {
            Clear(name);
            var clock = Stopwatch.StartNew();
            Outcome run = _work.Engine(["run", $"{name}.json", "--threads", "1"]);
            time = clock.Elapsed;
            Assert.True(run.Exit == 0, run.ToString());
            bits = Bits(name);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {time.TotalMilliseconds:F0} ms undisturbed"));
        Clear(name);
        return new Undisturbed(time, bits);
    }

    private int Kill(string name, int threads, TimeSpan after, string signal)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _work.Folder };
        foreach (string word in new[] { Path.Combine(AppContext.BaseDirectory, "engine.dll"), "run", $"{name}.json", "--threads", threads.ToString(CultureInfo.InvariantCulture) })
            start.ArgumentList.Add(word);
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), complained = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(after))
        {
            using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process.Id}"]);
            kill.WaitForExit();
        }

        process.WaitForExit();
        Task.WaitAll(said, complained);
        return process.ExitCode;
    }

    private bool HasPosition(string name)
    {
        string tiles = _work.At("runs", name, ".staging", "tiles");
        return Directory.Exists(tiles) && Directory.EnumerateFiles(tiles, "?", SearchOption.AllDirectories).Any();
    }

    private void AssertSame(Undisturbed whole, string name, IReadOnlyList<string> told)
    {
        SortedDictionary<string, string> found = Bits(name);
        string[] different = [.. whole.Bits.Keys.Union(found.Keys).Where(file => whole.Bits.GetValueOrDefault(file) != found.GetValueOrDefault(file))];
        Assert.True(different.Length == 0, Describe(name, [.. told, $"these differ: {string.Join(", ", different)}"]));
        Assert.DoesNotContain(_work.Entries(), e => e.Contains(".tmp-", StringComparison.Ordinal) || e.Contains(".staging", StringComparison.Ordinal));
        Clear(name);
    }

    /// <summary>What a run left: hashes of every file, of the manifest without times, threads and the memory they need; the report is only there.</summary>
    private SortedDictionary<string, string> Bits(string name)
    {
        SortedDictionary<string, string> bits = _work.Hashes(Path.Combine("runs", name));
        foreach (string file in Directory.GetFiles(_work.Folder, "*.jsonl").Where(IsOutput)) bits[Path.GetFileName(file)] = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));
        bits["report.html"] = new FileInfo(_work.At("runs", name, "report.html")).Length > 0 ? "" : "empty";
        JsonNode manifest = JsonNode.Parse(File.ReadAllBytes(_work.At("runs", name, "manifest.json")))!;
        WithoutTimes(manifest);
        bits["manifest.json"] = manifest.ToJsonString();
        return bits;
    }

    private static void WithoutTimes(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (JsonNode? item in list) WithoutTimes(item);
        }
        else if (node is JsonObject members)
        {
            foreach (string name in new[] { "seconds", "started", "threads", "memory", "overrides", "resumed", "report.html" }) members.Remove(name);
            foreach ((_, JsonNode? value) in members.ToArray()) WithoutTimes(value);
        }
    }

    private bool IsOutput(string file) => Path.GetFileName(file) is not ("pool.jsonl" or "few.jsonl" or "ask.jsonl");

    private void Clear(string name)
    {
        if (Directory.Exists(_work.At("runs", name))) Directory.Delete(_work.At("runs", name), recursive: true);
        foreach (string file in Directory.GetFiles(_work.Folder, "*.jsonl").Where(IsOutput)) File.Delete(file);
    }

    private string Describe(string name, IReadOnlyList<string> told) => $"seed {_seed}, plan {name}: {string.Join("; ", told)}";

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private sealed record Undisturbed(TimeSpan Time, SortedDictionary<string, string> Bits);
}
