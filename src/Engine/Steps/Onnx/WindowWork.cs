using System.Runtime.ExceptionServices;

namespace Engine.Steps.Onnx;

/// <summary>A window at work: its batches are done in any order by any thread, and whoever waits gets all of its vectors or the failure of its lowest row.</summary>
/// <param name="window">The records.</param>
/// <param name="vectors">Where their vectors go, [records x dim].</param>
internal sealed class WindowWork(TokenWindow window, float[] vectors)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _open;
    private long _failedRow = long.MaxValue;
    private ExceptionDispatchInfo? _failure;

    /// <summary>The records.</summary>
    public TokenWindow Window => window;

    /// <summary>Their vectors, row-major.</summary>
    public float[] Vectors => vectors;

    /// <summary>The batches, each to be ended once.</summary>
    public IReadOnlyList<TokenBatch> Begin()
    {
        IReadOnlyList<TokenBatch> batches = window.Batches();
        _open = batches.Count;
        return batches;
    }

    /// <summary>A batch is done.</summary>
    /// <param name="row">Where it failed; null when it did not.</param>
    /// <param name="failure">Why it failed.</param>
    public void End(long? row = null, Exception? failure = null)
    {
        lock (_gate)
        {
            if (failure is not null && row is { } failed && failed < _failedRow) (_failedRow, _failure) = (failed, ExceptionDispatchInfo.Capture(failure));
            if (--_open == 0) _done.SetResult();
        }
    }

    /// <summary>Waits until every batch is done.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled meanwhile.</exception>
    public void Wait(CancellationToken cancel)
    {
        _done.Task.Wait(cancel);

        // A call that was ended from elsewhere failed for no reason of its own.
        cancel.ThrowIfCancellationRequested();
        _failure?.Throw();
    }
}
