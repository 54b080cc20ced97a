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

    /// <summary>Runs over all items in claims that get smaller as fewer are left, each half a fair share of these, so that workers end together though items differ in cost.</summary>
    /// <param name="threads">Workers, at least 1; fewer are opened when there are fewer claims.</param>
    /// <param name="items">How many items there are.</param>
    /// <param name="most">The most items a worker takes at a time.</param>
    /// <param name="least">The fewest, but for the last.</param>
    /// <param name="unit">What an item is called when progress is reported.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <param name="open">Makes one worker; called on its thread.</param>
    /// <exception cref="OperationCanceledException">The pass was cancelled.</exception>
    public static void RunEvenly(int threads, long items, long most, long least, string unit, Pass pass, Func<Worker> open) =>
        Run(threads, 0, items, items, new Claims(most, least, 2 * threads), unit, pass, open, null);

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
    public static long Run(int threads, long first, long end, long total, long claim, string unit, Pass pass, Func<Worker> open, Func<bool>? isEnough = null) =>
        Run(threads, first, end, total, new Claims(claim, claim, 1), unit, pass, open, isEnough);

    private static long Run(int threads, long first, long end, long total, Claims claims, string unit, Pass pass, Func<Worker> open, Func<bool>? isEnough)
    {
        pass.Cancel.ThrowIfCancellationRequested();
        if (first == end) return end;
        Shift shift = new(first, end, total, claims, unit, pass, open, isEnough);
        WorkerTeam.Run((int)Math.Min(threads, (end - first + claims.Least - 1) / claims.Least), shift.Serve);
        shift.ThrowIfFailed();
        return shift.Reached;
    }

    /// <summary>How many items a worker takes at a time: one of so many parts of what is left, within bounds.</summary>
    private readonly record struct Claims(long Most, long Least, int Parts)
    {
        public long Of(long left) => Math.Min(left, Math.Clamp(left / Parts, Least, Most));
    }

    private sealed class Shift(long start, long items, long total, Claims claims, string unit, Pass pass, Func<Worker> open, Func<bool>? isEnough)
    {
        private readonly Lock _gate = new();
        private long _next = start;
        private long _done = start;
        private long _failedAt = long.MaxValue;
        private ExceptionDispatchInfo? _failure;
        private bool _isBegun;
        private bool _isOver;

        /// <summary>Every claim that was taken was worked on, so what is done has no gap.</summary>
        public long Reached => _next;

        public void Serve()
        {
            long first = -1;
            try
            {
                using Worker worker = open();
                while (Volatile.Read(ref _failedAt) == long.MaxValue && !IsOver())
                {
                    first = Take(out long end);
                    if (first == items) return;
                    Volatile.Write(ref _isBegun, true);
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

        private long Take(out long end)
        {
            while (true)
            {
                long first = Volatile.Read(ref _next);
                end = first + claims.Of(items - first);
                if (Interlocked.CompareExchange(ref _next, end, first) == first) return first;
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
