using System.Diagnostics;

namespace Engine.Kernels.Cpu;

/// <summary>Runs one piece of work on several threads at once: the caller's, and threads of the pool that join while there is something to do.</summary>
/// <remarks>
/// Algorithms call kernels thousands of times with a little of their own in between. A thread that sleeps is awake again after longer than many such calls
/// take, so a helper stays awake for a moment after its part and looks for the next one. The caller waits for nobody who has not joined.
/// </remarks>
internal static class WorkerTeam
{
    /// <summary>How long a helper stays awake, and how long of that it keeps its processor even if others want it.</summary>
    private static readonly long Linger = Stopwatch.Frequency / 1000, Hold = Stopwatch.Frequency / 10_000;

    private static Call? _latest;
    private static int _lingering;

    /// <summary>Runs the work on the caller's thread and on others as they come, and returns when all of them are through.</summary>
    /// <param name="threads">The most threads, at least 1.</param>
    /// <param name="work">Shared by the threads: it returns when nothing is left to take. Must not throw.</param>
    public static void Run(int threads, Action work)
    {
        if (threads == 1)
        {
            work();
            return;
        }

        Call call = new(work, threads - 1);
        Volatile.Write(ref _latest, call);
        Interlocked.MemoryBarrier();
        for (int awake = Volatile.Read(ref _lingering); awake < threads - 1; awake++) ThreadPool.UnsafeQueueUserWorkItem(call, preferLocal: false);
        work();

        // What is over must not be kept from being collected.
        Interlocked.CompareExchange(ref _latest, null, call);
        call.Close();
    }

    /// <summary>Looks for further calls for a moment.</summary>
    private static void LookOut()
    {
        Interlocked.Increment(ref _lingering);
        for (long since = Stopwatch.GetTimestamp(), now = since; now - since < Linger; now = Stopwatch.GetTimestamp())
        {
            if (Volatile.Read(ref _latest) is { HasSeats: true } call)
            {
                // Nobody counts on this thread while it is at work.
                Interlocked.Decrement(ref _lingering);
                call.Join();
                Interlocked.Increment(ref _lingering);
                since = Stopwatch.GetTimestamp();
            }
            else if (now - since < Hold)
            {
                Thread.SpinWait(16);
            }
            else
            {
                Thread.Yield();
            }
        }

        // Whoever still counted on it has announced the call by now.
        Interlocked.Decrement(ref _lingering);
        Volatile.Read(ref _latest)?.Join();
    }

    private sealed class Call(Action work, int seats) : IThreadPoolWorkItem
    {
        private readonly object _gate = new();
        private int _seats = seats;
        private int _joined;

        public void Execute()
        {
            if (Join()) LookOut();
        }

        public bool HasSeats => Volatile.Read(ref _seats) > 0;

        /// <summary>Takes part until nothing is left.</summary>
        /// <returns>False when there is no seat left.</returns>
        public bool Join()
        {
            if (!HasSeats) return false;
            lock (_gate)
            {
                if (_seats == 0) return false;
                _seats--;
                _joined++;
            }

            work();
            lock (_gate)
            {
                _joined--;
                Monitor.Pulse(_gate);
            }

            return true;
        }

        /// <summary>Lets nobody join any more, and waits for those who did.</summary>
        public void Close()
        {
            lock (_gate) _seats = 0;
            for (long since = Stopwatch.GetTimestamp(); Volatile.Read(ref _joined) > 0 && Stopwatch.GetTimestamp() - since < Hold;) Thread.SpinWait(16);
            lock (_gate)
            {
                while (_joined > 0) Monitor.Wait(_gate);
            }
        }
    }
}
