using System.Runtime.InteropServices;

namespace Engine.Cli;

/// <summary>SIGINT, SIGTERM and SIGHUP as a token: work stops cleanly instead of being killed.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private ExitCode _exit = ExitCode.Interrupted;

    /// <summary>Begins to listen.</summary>
    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, ExitCode.Interrupted)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, ExitCode.Terminated)),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Stop(signal, ExitCode.Hangup)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Does work that listens to the token.</summary>
    /// <param name="work">The work.</param>
    /// <param name="remedy">What to do after a stop; ends the message.</param>
    /// <exception cref="EngineException">A signal stopped the work: its exit code.</exception>
    public void Watch(Action work, string remedy)
    {
        try
        {
            work();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new EngineException(new EngineError(_exit, "STOPPED", $"stopped by a signal; nothing was left behind. {remedy}"));
        }
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext signal, ExitCode exit)
    {
        signal.Cancel = true;
        _exit = exit;
        _stop.Cancel();
    }
}
