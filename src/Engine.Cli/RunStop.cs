using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Engine.Runs;

namespace Engine.Cli;

/// <summary>What stops a command from outside: signals and the time limit. Each has its exit code; finished steps and the position within the one at work are kept.</summary>
internal sealed class RunStop : IDisposable
{
    // Schedulers warn of the end of a job with these. The numbers are the same on x86-64 and Arm64, and .NET takes them as they are.
    private const PosixSignal User1 = (PosixSignal)10;
    private const PosixSignal User2 = (PosixSignal)12;

    private static readonly TimeSpan LongestLimit = TimeSpan.FromDays(40);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;
    private readonly Timer? _timer;
    private readonly Lock _gate = new();
    private ExitCode _code;
    private string _why = "";
    private bool _disposed;

    /// <param name="limit">The time limit, or null.</param>
    public RunStop(TimeSpan? limit)
    {
        _signals =
        [
            On(PosixSignal.SIGINT, ExitCode.Interrupted, "SIGINT"),
            On(PosixSignal.SIGTERM, ExitCode.Terminated, "SIGTERM"),
            On(PosixSignal.SIGHUP, ExitCode.Hangup, "SIGHUP"),
            On(User1, ExitCode.Stopped, "SIGUSR1"),
            On(User2, ExitCode.Stopped, "SIGUSR2"),
        ];
        if (limit is { } time) _timer = new Timer(_ => Stop(ExitCode.Stopped, "the time limit"), null, time, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the run is to stop.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary><c>--time-limit</c>.</summary>
    public static Option<string?> TimeLimit() => new("--time-limit")
    {
        Description = "Stop cleanly after this time, keep what is done and exit 75: 90, 90s, 30m or 2h.",
        HelpName = "time",
    };

    /// <summary>Reads a time limit: seconds, or a number with s, m or h.</summary>
    /// <exception cref="EngineException">It is none. Exit 2.</exception>
    public static TimeSpan? Parse(string? text)
    {
        if (text is null) return null;
        double seconds = text.Length == 0 ? 0 : text[^1] switch { 'm' => 60, 'h' => 3600, _ => 1 };
        string number = text.Length > 0 && text[^1] is 's' or 'm' or 'h' ? text[..^1] : text;
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 && count * seconds <= LongestLimit.TotalSeconds)
            return TimeSpan.FromSeconds(count * seconds);
        throw new EngineException(new EngineError(ExitCode.CommandLine, "TIME",
            $"found the time limit \"{text}\", expected a whole number of seconds, minutes or hours above 0 and up to {LongestLimit.TotalDays:F0} days, such as 90, 90s, 30m or 2h."));
    }

    /// <summary>The error a stopped run ends with.</summary>
    /// <param name="stopped">What the run threw.</param>
    /// <param name="otherwise">What is left and what to do when nothing was kept.</param>
    public EngineException Explain(OperationCanceledException stopped, string otherwise = "no step had finished, so nothing was left behind. Run the plan again.")
    {
        string what = stopped is RunStoppedException kept
            ? $"{Kept(kept)} kept. Go on with: engine resume {Shell(kept.Folder)}"
            : otherwise;
        return new EngineException(new EngineError(_code, "STOPPED", $"stopped by {_why}; {what}"), stopped);
    }

    private static string Kept(RunStoppedException kept) => (kept.FinishedSteps, kept.HalfwayStep) switch
    {
        (0, { } halfway) => $"the position within \"{halfway}\" is",
        (1, null) => "1 finished step is",
        (1, { } halfway) => $"1 finished step and the position within \"{halfway}\" are",
        (var steps, null) => $"{steps} finished steps are",
        (var steps, var halfway) => $"{steps} finished steps and the position within \"{halfway}\" are",
    };

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals) signal.Dispose();
        _timer?.Dispose();

        // A signal or the timer may be on its way still.
        lock (_gate) _disposed = true;
        _source.Dispose();
    }

    private PosixSignalRegistration On(PosixSignal signal, ExitCode code, string name) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        Stop(code, name);
    });

    // The first reason wins: a second signal while the run ends changes no exit code.
    private void Stop(ExitCode code, string why)
    {
        lock (_gate)
        {
            if (_why.Length > 0 || _disposed) return;
            (_code, _why) = (code, why);
            _source.Cancel();
        }
    }

    private static string Shell(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '+') ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
