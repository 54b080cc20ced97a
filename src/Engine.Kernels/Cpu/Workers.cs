using System.Runtime.ExceptionServices;

namespace Engine.Kernels.Cpu;

/// <summary>One thread's part in a pass: it owns the scratch memory and is handed one range of items after another.</summary>
internal abstract class Worker : IDisposable
{
    /// <summary>Works on items <paramref name="first"/> .. <paramref name="end"/> - 1.</summary>
    public abstract void Work(long first, long end);

    /// <summary>Ends the part: <see cref="Close"/>, once.</summary>
    public void Dispose() => Close();

    /// <summary>Gives scratch memory back and hands over what the worker found.</summary>
    protected virtual void Close()
    {
    }
}

/// <summary>A worker whose items are the rows of a matrix: it borrows them block by block.</summary>
internal abstract class RowWorker(RowSource rows, Pass pass) : Worker
{
    /// <summary>Works on the rows of one borrowed block.</summary>
    /// <param name="view">The rows.</param>
    /// <param name="firstRow">The matrix row that the block begins with.</param>
    protected abstract void Block(MatrixView view, long firstRow);

    /// <inheritdoc/>
    public override void Work(long first, long end)
    {
        for (long at = first; at < end;)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            using RowBlock block = rows.Borrow(at, (int)Math.Min(end - at, int.MaxValue));
            Block(block.View, at);
            at += block.View.Rows;
        }
    }
}

/// <summary>Shares a range of items among a fixed number of workers.</summary>
/// <remarks>Which worker gets which items is left to chance, so no result may depend on it: workers write to places that belong to an item, or combine exactly.</remarks>
internal static class Workers
{
    private const long ClaimBytes = 1 << 20;

    /// <summary>Rows to hand out at a time: about a megabyte, fewer when that would leave workers idle, in whole tiles.</summary>
    public static long RowsPerClaim(RowSource rows, int threads, int tileRows)
    {
        long rowBytes = checked((long)rows.Dim * rows.Element.SizeInBytes());
        long claim = Math.Min(Math.Max(1, ClaimBytes / rowBytes), Math.Max(1, rows.Rows / (4L * threads)));
        return checked((claim + tileRows - 1) / tileRows * tileRows);
    }

    /// <summary>Runs until every item is worked on, a worker fails, or the pass is cancelled.</summary>
    /// <param name="threads">Workers, at least 1; fewer are opened when there are fewer claims.</param>
    /// <param name="items">How many items there are.</param>
    /// <param name="claim">Items a worker takes at a time.</param>
    /// <param name="unit">What an item is called when progress is reported.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <param name="open">Makes one worker; called on its thread.</param>
    /// <exception cref="OperationCanceledException">The pass was cancelled.</exception>
    public static void Run(int threads, long items, long claim, string unit, Pass pass, Func<Worker> open) =>
        Run(threads, 0, items, items, claim, unit, pass, open);

    /// <summary>Runs over a part of the items.</summary>
    /// <param name="threads">Workers, at least 1; fewer are opened when there are fewer claims.</param>
    /// <param name="first">The first item.</param>
    /// <param name="end">The one after the last.</param>
    /// <param name="total">How many items there are in all, when progress is reported.</param>
    /// <param name="claim">Items a worker takes at a time.</param>
    /// <param name="unit">What an item is called when progress is reported.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <param name="open">Makes one worker; called on its thread.</param>
    /// <param name="isEnough">Asked before every claim but the first: true ends the work after the claims that are taken. Null for work that is done whole.</param>
    /// <returns>The item after the last one worked on; none before it was left out.</returns>
    /// <exception cref="OperationCanceledException">The pass was cancelled.</exception>
    public static long Run(int threads, long first, long end, long total, long claim, string unit, Pass pass, Func<Worker> open, Func<bool>? isEnough = null)
    {
        pass.Cancel.ThrowIfCancellationRequested();
        if (first == end) return end;
        Shift shift = new(first, end, total, claim, unit, pass, open, isEnough);
        int workers = (int)Math.Min(threads, (end - first + claim - 1) / claim);
        WorkerTeam.Run(workers, shift.Serve);
        shift.ThrowIfFailed();
        return shift.Reached;
    }

    private sealed class Shift(long start, long items, long total, long claim, string unit, Pass pass, Func<Worker> open, Func<bool>? isEnough)
    {
        private readonly Lock _gate = new();
        private long _next = start;
        private long _done = start;
        private long _failedAt = long.MaxValue;
        private ExceptionDispatchInfo? _failure;
        private bool _isBegun;
        private bool _isOver;

        /// <summary>Every claim that was taken was worked on, so what is done has no gap.</summary>
        public long Reached => Math.Min(items, _next);

        public void Serve()
        {
            long first = -1;
            try
            {
                using Worker worker = open();
                while (Volatile.Read(ref _failedAt) == long.MaxValue && !IsOver())
                {
                    first = Interlocked.Add(ref _next, claim) - claim;
                    if (first >= items) return;
                    Volatile.Write(ref _isBegun, true);
                    long end = Math.Min(first + claim, items);
                    worker.Work(first, end);
                    pass.Report(unit, Interlocked.Add(ref _done, end - first), total);
                }
            }
            catch (Exception failure)
            {
                // Of several failures the one at the lowest item is told, and to the caller it looks like its own.
                lock (_gate)
                {
                    if (first >= _failedAt) return;
                    _failure = ExceptionDispatchInfo.Capture(failure);
                    Volatile.Write(ref _failedAt, first);
                }
            }
        }

        private bool IsOver()
        {
            if (isEnough is null) return false;
            if (!Volatile.Read(ref _isOver) && Volatile.Read(ref _isBegun) && isEnough()) Volatile.Write(ref _isOver, true);
            return Volatile.Read(ref _isOver);
        }

        public void ThrowIfFailed() => _failure?.Throw();
    }
}
