namespace Engine.Kernels;

/// <summary>How a caller watches and stops one long call: a token that is honoured within a block of rows, and a counter of work done.</summary>
/// <param name="progress">Told of work as it finishes, from any thread; may be null.</param>
/// <param name="cancel">Stops the call with <see cref="OperationCanceledException"/>.</param>
public sealed class Pass(IProgress<WorkDone>? progress = null, CancellationToken cancel = default)
{
    /// <summary>A pass that nobody watches and nobody stops.</summary>
    public static Pass Unwatched { get; } = new();

    /// <summary>Stops the call.</summary>
    public CancellationToken Cancel => cancel;

    /// <summary>The same watcher for a call that is stopped in another way.</summary>
    internal Pass Uncancelled() => new(progress);

    /// <summary>A part of the call that is stopped in the same way and does not count as work done.</summary>
    internal Pass Unreported() => new(cancel: cancel);

    /// <summary>Tells the watcher how far the call is. Cheap enough for once a block, not for once a row.</summary>
    /// <param name="unit">What is counted, in the plural: <c>rows</c>, <c>picks</c>, <c>iterations</c>.</param>
    /// <param name="done">How many are finished.</param>
    /// <param name="total">How many there will be; 0 when that is not known.</param>
    public void Report(string unit, long done, long total) => progress?.Report(new WorkDone(unit, done, total));
}

/// <summary>How far a call is: <paramref name="Done"/> of <paramref name="Total"/> (0 = unknown) in the given unit.</summary>
public readonly record struct WorkDone(string Unit, long Done, long Total);
