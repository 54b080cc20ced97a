using System.Diagnostics;
using System.Globalization;
using Engine.Runs;

namespace Engine.Cli;

/// <summary>Tells a run's progress on stderr: one line that is rewritten on a terminal, otherwise a line now and then.</summary>
internal sealed class ConsoleProgress : IProgress<ProgressEvent>, IDisposable
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly bool _terminal;
    private readonly Lock _writing = new();
    private long _last = Stopwatch.GetTimestamp();
    private bool _lineOpen;
    private string? _opening;

    private ConsoleProgress(bool terminal) => _terminal = terminal;

    /// <summary>A bar when stderr is a terminal that can rewrite a line; plain lines otherwise.</summary>
    public static ConsoleProgress ForThisTerminal() => new(!Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"));

    /// <summary>Takes a line that goes before whatever there is to tell; a run that is refused tells nothing.</summary>
    public void Open(string line) => _opening = line;

    /// <inheritdoc/>
    public void Report(ProgressEvent value)
    {
        lock (_writing)
        {
            switch (value.State)
            {
                case ProgressState.Started: break;
                case ProgressState.Finished:
                    Line(string.Create(CultureInfo.InvariantCulture, $"{value.Step}: {value.Done:N0} {value.Unit} in {value.Elapsed.TotalSeconds:F2} s"));
                    break;
                case ProgressState.Resumed:
                    Line(string.Create(CultureInfo.InvariantCulture, $"{value.Step}: {value.Done:N0} {value.Unit}, kept from the unfinished run"));
                    break;
                case ProgressState.Warned:
                    Line(value.Warning!);
                    break;
                default:
                    if (Stopwatch.GetElapsedTime(_last) < (_terminal ? TerminalInterval : LogInterval)) return;
                    _last = Stopwatch.GetTimestamp();
                    Working(value);
                    break;
            }
        }
    }

    /// <summary>Says how the run ended.</summary>
    public void End(RunResult result)
    {
        lock (_writing)
        {
            if (result.AlreadyFinished) Line("already finished; nothing was changed");
            else if (result.Chosen is { } rows) Line(string.Create(CultureInfo.InvariantCulture, $"chose {rows:N0} rows"));
        }
    }

    /// <summary>Ends an open line.</summary>
    public void Dispose()
    {
        if (_lineOpen) StandardError.WriteLine("");
    }

    private void Working(ProgressEvent value)
    {
        Opening();
        string total = value.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {value.Total:N0} ({100.0 * value.Done / value.Total:F0}%)") : "";
        string left = value.Remaining is { } time ? string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling(time.TotalSeconds):N0} s left") : "";
        string text = string.Create(CultureInfo.InvariantCulture, $"{value.Step}: {value.Done:N0}{total} {value.Unit}{left}");
        if (!_terminal)
        {
            StandardError.WriteLine(text);
            return;
        }

        StandardError.Write($"\r{text}\u001b[K");
        _lineOpen = true;
    }

    private void Line(string text)
    {
        Opening();
        StandardError.WriteLine(_lineOpen ? $"\r{text}\u001b[K" : text);
        _lineOpen = false;
    }

    private void Opening()
    {
        if (_opening is { } line) StandardError.WriteLine(line);
        _opening = null;
    }
}
