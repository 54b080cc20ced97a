using System.Diagnostics;
using System.Globalization;
using Engine.Tests.Data;
using Engine.Tests.Runs;
using Xunit.Abstractions;

namespace Engine.Tests.Hostile;

/// <summary>Every row of the table, run from end to end: the exit code, the words with their place, nothing left, in bounded time and memory.</summary>
public sealed class HostileInputTests(ITestOutputHelper output)
{
    private const long MostBytes = 512L << 20;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);

    private static readonly Dictionary<string, HostileCase> Table = All.ToDictionary(c => c.ToString(), StringComparer.Ordinal);

    /// <summary>The rows that need no process of their own.</summary>
    internal static IEnumerable<HostileCase> All =>
        new[] { PlanCases.All, RecordCases.All, NpyCases.All, BinaryCases.All, ParquetCases.All, ValueCases.All, PlaceCases.All }.SelectMany(c => c);

    public static TheoryData<string> Rows() => [.. Table.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Is_answered(string row)
    {
        if (Table[row].NeedsDuckDb && DuckDbFiles.Missing is { } reason)
        {
            output.WriteLine(reason);
            return;
        }

        // A busy machine gets a second try before a row counts as slow.
        TimeSpan elapsed = Answer(Table[row]);
        if (elapsed > MostTime) elapsed = Answer(Table[row]);
        Assert.True(elapsed < MostTime, $"{row} took {elapsed}.");
    }

    private static TimeSpan Answer(HostileCase hostile)
    {
        using var work = new Workspace();
        hostile.Make(work);
        string[] before = Snapshot(work);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long clock = Stopwatch.GetTimestamp();
        Outcome run = work.Run("plan.json", hostile.Overrides);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(clock);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.True(run.Exit == hostile.Exit, $"{hostile}: {run}");
        Assert.Matches(hostile.Pattern, run.Error);
        Assert.True(allocated < MostBytes, $"{hostile} allocated {allocated} bytes.");
        string[] after = Snapshot(work);
        if (run.Exit != 0)
        {
            Assert.Equal(before, after);
            return elapsed;
        }

        Assert.Empty(before.Except(after));
        Assert.All(after, entry => Assert.DoesNotContain(".tmp-", entry, StringComparison.Ordinal));
        Assert.All(after, entry => Assert.DoesNotContain(".staging", entry, StringComparison.Ordinal));
        return elapsed;
    }

    /// <summary>Everything in the folder with its size and time, so that a touched file is seen as well as a new one.</summary>
    internal static string[] Snapshot(Workspace work) =>
        [.. work.Entries().Select(entry => new FileInfo(work.At(entry))).Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.FullName} {(f.Exists ? f.Length : -1)} {(f.Exists ? f.LastWriteTimeUtc.Ticks : 0)}"))];
}
