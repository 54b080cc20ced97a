using System.Runtime.ExceptionServices;

namespace Engine.Steps.Onnx;

/// <summary>A window at work: its batches are done in any order by any thread, and whoever waits gets all of its results or the failure of its lowest row.</summary>
/// <param name="window">The records.</param>
internal abstract class WindowWork(TokenWindow window)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _open;
    private long _failedRow = long.MaxValue;
    private ExceptionDispatchInfo? _failure;

    /// <summary>The records.</summary>
    public TokenWindow Window => window;

    /// <summary>The row of the pool that a record of the window belongs to.</summary>
    /// <param name="record">Its place in the window.</param>
    public virtual long RowOf(int record) => window.FirstRow + record;

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

/// <summary>A window whose records become vectors.</summary>
/// <param name="window">The records.</param>
/// <param name="vectors">Where their vectors go, [records x dim].</param>
internal sealed class VectorWork(TokenWindow window, float[] vectors) : WindowWork(window)
{
    /// <summary>Their vectors, row-major.</summary>
    public float[] Vectors => vectors;
}
