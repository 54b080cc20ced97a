using System.Diagnostics;
using Engine.Data;
using Engine.Kernels;
using Engine.Native.Devices;
using Engine.Runs;
using Engine.Steps;

namespace Engine;

/// <summary>Runs steps inside a program: values in, one value out, nothing on disk.</summary>
/// <remarks>
/// Results depend on the step, its values and <see cref="EngineOptions.Seed"/> alone, not on threads or the machine. Steps run one at a time, each on all
/// threads; calls made meanwhile wait their turn. All members may be called from any thread.
/// </remarks>
public sealed partial class SelectionEngine : IDisposable
{
    private readonly IKernels _kernels;
    private readonly long _seed;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _disposed;

    /// <summary>Picks the best kernel set this machine can run, on the device that the options name.</summary>
    /// <param name="options">Device, threads and seed; null for the defaults.</param>
    /// <exception cref="EngineException">The device is not there or fails: exit 9. Its name means nothing: exit 3.</exception>
    public SelectionEngine(EngineOptions? options = null)
        : this(options ?? new EngineOptions(), DeviceCatalog.OfMachine())
    {
    }

    /// <summary>An engine whose devices are those of a catalog.</summary>
    internal SelectionEngine(EngineOptions options, DeviceCatalog catalog)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads, nameof(options));
        (_kernels, Device) = new DeviceSelection(catalog, options.DeviceMemory, options.Threads).Open(options.Device);
        _seed = options.Seed;
    }

    /// <summary>The kernel set in use, such as <c>cpu-512</c>.</summary>
    public string KernelSet => _kernels.Name;

    /// <summary>Where its kernels run, and why there.</summary>
    public EngineDevice Device { get; }

    /// <summary>Runs a step under the name of its op.</summary>
    /// <param name="step">The step with its inputs.</param>
    /// <param name="progress">Told how far it is, from any thread; or null.</param>
    /// <param name="cancel">Stops it within one block of rows.</param>
    /// <returns>The step's value. Embeddings hold memory until they are disposed.</returns>
    /// <exception cref="EngineException">An input does not fit the step; the message says what was found, what was expected and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public Task<TValue> RunAsync<TValue>(Step<TValue> step, IProgress<ProgressEvent>? progress = null, CancellationToken cancel = default)
        where TValue : Value => RunAsync(step.Op, step, progress, cancel);

    /// <summary>Runs a step under a name of its own, which its random stream belongs to.</summary>
    /// <param name="name">The step's name, as a plan would give it.</param>
    /// <param name="step">The step with its inputs.</param>
    /// <param name="progress">Told how far it is, from any thread; or null.</param>
    /// <param name="cancel">Stops it within one block of rows.</param>
    /// <inheritdoc cref="RunAsync{TValue}(Step{TValue}, IProgress{ProgressEvent}?, CancellationToken)"/>
    public async Task<TValue> RunAsync<TValue>(string name, Step<TValue> step, IProgress<ProgressEvent>? progress = null, CancellationToken cancel = default)
        where TValue : Value
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(() => Run(name, step, progress, cancel), cancel).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private TValue Run<TValue>(string name, Step<TValue> step, IProgress<ProgressEvent>? progress, CancellationToken cancel)
        where TValue : Value
    {
        long began = Stopwatch.GetTimestamp();
        progress?.Report(ProgressEvent.Started(name));
        Watcher? watcher = progress is null ? null : new Watcher(name, began, progress);
        using var files = new InputFiles();
        TValue value;
        try
        {
            value = step.Run(new StepRun(name, _seed, _kernels, new Pass(watcher, cancel), new MemoryMatrixStore()) { Files = new FileFinder(files, ".") });
        }
        catch (DeviceException fault)
        {
            throw DeviceError.Of(fault);
        }

        progress?.Report(ProgressEvent.Finished(name, value.Rows, Stopwatch.GetElapsedTime(began)));
        return value;
    }

    /// <summary>Waits for the step that runs, then gives the kernels back. Values made by the engine stay usable.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _turn.Wait();
        _kernels.Dispose();

        // Callers that still wait for a turn get it, to be told that the engine is gone; the semaphore holds nothing that needs disposing.
        _turn.Release();
    }

    /// <summary>Turns a pass's counts into events with times.</summary>
    private sealed class Watcher(string step, long began, IProgress<ProgressEvent> progress) : IProgress<WorkDone>
    {
        public void Report(WorkDone value) => progress.Report(ProgressEvent.Working(step, value, Stopwatch.GetElapsedTime(began)));
    }
}

/// <summary>How an engine inside a program works.</summary>
public sealed record EngineOptions
{
    /// <summary>Worker threads; 0 for one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>What every random stream derives from, with the step's name.</summary>
    public long Seed { get; init; }

    /// <summary>Where kernels run, in the words of <c>run.device</c>: <c>cpu</c> unless told otherwise; <c>auto</c> takes a GPU that can be used.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Most bytes to use on each device; null for most of what is free there.</summary>
    public long? DeviceMemory { get; init; }
}
