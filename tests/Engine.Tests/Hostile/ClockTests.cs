using System.Text.Json;
using Engine.Tests.House;
using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>Row 119: the time of day may jump and the zone may change, because nothing is decided by either.</summary>
public sealed class ClockTests
{
    private static readonly string[] WallClocks = ["DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "TickCount", "TimeProvider.System.GetUtcNow", "TimeProvider.System.GetLocalNow"];

    /// <summary>A clock that is set back or forward can then change one thing alone: what the manifest calls <c>started</c>.</summary>
    [Fact]
    public void The_time_of_day_is_read_for_the_manifest_alone()
    {
        string[] found = [.. Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(File.ReadLines)
            .Where(line => WallClocks.Any(clock => line.Contains(clock, StringComparison.Ordinal)))];
        Assert.NotEmpty(found);
        Assert.All(found, line => Assert.Contains("started = DateTimeOffset.UtcNow", line, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_zone_changes_no_byte_and_started_is_utc()
    {
        using var work = new Workspace();
        work.WriteRecords("pool.jsonl", 10);
        work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } },
              "steps": { "pick": { "op": "random", "in": "pool", "budget": 3 } }, "run": { "dir": "out" } }
            """);
        SortedDictionary<string, string>[] bits = [.. new[] { "Pacific/Kiritimati", "Etc/GMT+12", "none/such" }.Select((zone, i) =>
        {
            string folder = FormattableString.Invariant($"out{i}");
            Outcome run = Shell.Run(work.Folder, $"dotnet \"$ENGINE\" run plan.json --run-dir {folder}", ("ENGINE", Path.Combine(AppContext.BaseDirectory, "engine.dll")), ("TZ", zone));
            Assert.True(run.Exit == 0, run.ToString());
            using var manifest = JsonDocument.Parse(File.ReadAllBytes(work.At(folder, "manifest.json")));
            TimeSpan apart = DateTime.UtcNow - manifest.RootElement.GetProperty("started").GetDateTime().ToUniversalTime();
            Assert.InRange(apart.TotalMinutes, -1, 10);
            Assert.True(manifest.RootElement.GetProperty("seconds").GetDouble() >= 0);
            SortedDictionary<string, string> hashes = work.Hashes(folder);
            Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html"));
            return hashes;
        })];
        Assert.Equal(bits[0], bits[1]);
        Assert.Equal(bits[0], bits[2]);
    }
}
