using System.Collections.Concurrent;
using Engine.Native.OnnxRuntime;

namespace Engine.Steps.Onnx;

/// <summary>Threads that take batches from one queue, each with a lane of its own.</summary>
/// <typeparam name="TWork">What lanes make of a window.</typeparam>
internal sealed class LanePool<TWork> : IDisposable
    where TWork : WindowWork
{
    private readonly BlockingCollection<(TWork Work, TokenBatch Batch)> _queue = [];
    private readonly OnnxStop _stop;
    private readonly CancellationTokenRegistration _cancelled;
    private readonly List<BatchLane<TWork>> _lanes = [];
    private readonly Thread[] _threads;

    /// <summary>Starts the threads.</summary>
    /// <param name="lanes">How many.</param>
    /// <param name="library">The library that runs the model.</param>
    /// <param name="open">Makes a lane.</param>
    /// <param name="cancel">Ends calls that run.</param>
    public LanePool(int lanes, OrtLibrary library, Func<OnnxStop, BatchLane<TWork>> open, CancellationToken cancel)
    {
        _stop = new OnnxStop(library);
        while (_lanes.Count < lanes) _lanes.Add(open(_stop));
        _cancelled = cancel.Register(_stop.Stop);
        _threads = [.. _lanes.Select(lane => new Thread(() => Serve(lane)) { IsBackground = true, Name = "engine model" })];
        foreach (Thread thread in _threads) thread.Start();
    }

    /// <summary>Hands a window's batches out.</summary>
    public void Add(TWork work)
    {
        foreach (TokenBatch batch in work.Begin()) _queue.Add((work, batch));
    }

    /// <summary>Ends the threads: what they run is ended, what waits is dropped.</summary>
    public void Dispose()
    {
        _cancelled.Dispose();
        _queue.CompleteAdding();
        _stop.Stop();
        foreach (Thread thread in _threads) thread.Join();
        foreach (BatchLane<TWork> lane in _lanes) lane.Dispose();
        _stop.Dispose();
        _queue.Dispose();
    }

    private void Serve(BatchLane<TWork> lane)
    {
        foreach ((TWork work, TokenBatch batch) in _queue.GetConsumingEnumerable())
        {
            if (_queue.IsAddingCompleted) return;
            lane.Run(work, batch);
        }
    }
}
