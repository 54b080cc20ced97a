using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Engine.Tests.Runs;
using Xunit.Abstractions;

namespace Engine.Tests.Faults;

/// <summary>Runs the real command under strace, which can kill it on entering a call or make a call fail: no code of the product knows of it.</summary>
internal static class Strace
{
    private const string Traced = "openat,pwrite64,pread64,fsync,rename,mkdir,unlink,rmdir,ftruncate";

    /// <summary>How often a call is looked for.</summary>
    public const int Attempts = 12;

    private static readonly Lazy<string?> Missing = new(WhyNot);

    /// <summary>Whether strace works here. Where it does not, says so, and fails when the environment asks for everything optional.</summary>
    public static bool IsThere(ITestOutputHelper output)
    {
        if (Missing.Value is not { } reason) return true;
        output.WriteLine($"Left out: {reason}. Install it with: apt-get install strace.");
        Assert.False(OptionalPart.IsRequired, reason);
        return false;
    }

    /// <summary>Whether the figures of a release are asked for: every call, not some.</summary>
    public static bool IsFull => Environment.GetEnvironmentVariable("ENGINE_FAULTS") == "1";

    /// <summary>Some of many, spread evenly and always the same; all of them when the environment asks for that.</summary>
    /// <param name="all">All of them.</param>
    /// <param name="some">How many otherwise.</param>
    /// <param name="shift">Which of the neighbours.</param>
    public static IReadOnlyList<T> Choose<T>(IReadOnlyList<T> all, int some, int shift) =>
        IsFull || all.Count <= some ? all : [.. Enumerable.Range(0, some).Select(i => all[(int)((i + 0.5) * all.Count / some + shift) % all.Count])];

    /// <summary>Runs the command and writes its calls down.</summary>
    /// <param name="work">Where.</param>
    /// <param name="inject">What is to happen, in strace's words, or null.</param>
    /// <param name="words">The command's words.</param>
    public static (Outcome Outcome, IReadOnlyList<SystemCall> Calls) Run(Workspace work, string? inject, params string[] words) => Run(work, inject, null, words);

    /// <summary>Runs the command and writes down its calls, or those on one file alone, which then are the only ones that count.</summary>
    public static (Outcome Outcome, IReadOnlyList<SystemCall> Calls) Run(Workspace work, string? inject, string? path, string[] words)
    {
        string log = Path.Combine(Path.GetTempPath(), $"engine-calls-{Guid.NewGuid():N}");
        try
        {
            var start = new ProcessStartInfo("strace") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = work.Folder };
            foreach (string word in (string[])["-f", "-qq", "-y", "-s", "0", "-o", log, "-e", "signal=none", "-e", $"trace={Traced}"]) start.ArgumentList.Add(word);

            // With a filter in the kernel everything else runs at full speed; but strace drops an injected signal then.
            if (inject is null || !inject.Contains("signal=", StringComparison.Ordinal)) start.ArgumentList.Add("--seccomp-bpf");
            if (path is not null) start.ArgumentList.Add($"--trace-path={path}");
            if (inject is not null) start.ArgumentList.Add($"--inject={inject}");
            foreach (string word in (string[])["dotnet", Path.Combine(AppContext.BaseDirectory, "engine.dll"), .. words]) start.ArgumentList.Add(word);

            // Fewer calls of the runtime's own; the engine's are the same.
            foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)[("DOTNET_EnableDiagnostics", "0"), ("DOTNET_EnableWriteXorExecute", "0"), ("DOTNET_TieredPGO", "0"), ("LC_ALL", "C")])
                start.Environment[name] = value;
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (new Outcome(process.ExitCode, output.Result, error), SystemCall.Parse(log));
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>Does something for each of many, two at a time, and tells of all that failed.</summary>
    public static void ForEach<T>(IReadOnlyList<T> items, Action<T> action)
        where T : notnull
    {
        ConcurrentBag<string> failures = [];
        Parallel.ForEach(items, new ParallelOptions { MaxDegreeOfParallelism = 2 }, item =>
        {
            try
            {
                action(item);
            }
            catch (Exception failed)
            {
                failures.Add($"{item}: {failed.Message}");
            }
        });
        Assert.True(failures.IsEmpty, $"{failures.Count} of {items.Count}:\n{string.Join('\n', failures.Order(StringComparer.Ordinal).Take(40))}");
    }

    /// <summary>What strace is told: at this call, this.</summary>
    public static string At(SystemCall call, string what) => string.Create(CultureInfo.InvariantCulture, $"{call.Name}:{what}:when={call.Ordinal}");

    /// <summary>Where to look for a call when another one was hit: the runtime opens a few files more or less from run to run, and what was hit tells how many.</summary>
    /// <param name="call">The call wanted, as an undisturbed run counted it.</param>
    /// <param name="tried">The ordinal that was tried.</param>
    /// <param name="hit">What it hit, or null.</param>
    /// <param name="calls">The undisturbed run's calls.</param>
    /// <param name="same">Whether two calls of the two runs are the same.</param>
    public static int Again(SystemCall call, int tried, SystemCall? hit, IReadOnlyList<SystemCall> calls, Func<SystemCall, SystemCall, bool> same)
    {
        SystemCall? counted = hit is null ? null : calls.Where(c => c.Name == call.Name && same(c, hit)).MinBy(c => Math.Abs(c.Ordinal - tried));
        int ordinal = counted is null ? call.Ordinal : call.Ordinal + tried - counted.Ordinal;
        return ordinal == tried ? Math.Max(1, tried - 1) : Math.Max(1, ordinal);
    }

    private static string? WhyNot()
    {
        try
        {
            var start = new ProcessStartInfo("strace", ["-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "true"]) { RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"strace cannot trace here: {error.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return $"strace is not there: {missing.Message}";
        }
    }
}
