using System.Diagnostics;
using System.Globalization;

namespace Engine.Bench;

/// <summary>The command in a process of its own: how long it took and how much private memory it held at most.</summary>
/// <param name="Seconds">From start to exit.</param>
/// <param name="ProcessorSeconds">What all its threads took of processors, as last seen.</param>
/// <param name="PeakBytes">The highest RssAnon seen; mapped files are not in it.</param>
internal sealed record ChildRun(double Seconds, double ProcessorSeconds, long PeakBytes)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs the command to its end.</summary>
    /// <param name="words">Its words.</param>
    /// <exception cref="InvalidOperationException">The command is not built, or ended with an error.</exception>
    public static ChildRun Of(params string[] words)
    {
        string configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        string command = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Engine.Cli", configuration, "engine.dll"));
        if (!File.Exists(command)) throw new InvalidOperationException($"{command} is missing. Build it first: dotnet build src/Engine.Cli -c Release");
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(command);
        foreach (string word in words) start.ArgumentList.Add(word);
        long clock = Stopwatch.GetTimestamp(), peak = 0;
        double processor = 0;
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        while (!process.WaitForExit(Interval))
        {
            peak = Math.Max(peak, PrivateBytes(process.Id));
            processor = Math.Max(processor, ProcessorTime(process));
        }

        if (process.ExitCode != 0) throw new InvalidOperationException($"engine {words[0]} ended with {process.ExitCode}.");
        return new ChildRun(Stopwatch.GetElapsedTime(clock).TotalSeconds, processor, peak);
    }

    private static double ProcessorTime(Process process)
    {
        try
        {
            return process.TotalProcessorTime.TotalSeconds;
        }
        catch (InvalidOperationException)
        {
            // It ended between the wait and the look; what was seen before stands.
            return 0;
        }
    }

    private static long PrivateBytes(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            // It ended between the wait and the look; what was seen before stands.
            return 0;
        }
    }
}
