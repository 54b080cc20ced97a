using Engine.Kernels;

namespace Engine;

/// <summary>Where a step stands.</summary>
public enum ProgressState
{
    /// <summary>It begins.</summary>
    Started,

    /// <summary>It works.</summary>
    Working,

    /// <summary>It is done.</summary>
    Finished,

    /// <summary>An earlier run had done it, and its result is used again.</summary>
    Resumed,

    /// <summary>There is something to know about an input: <see cref="ProgressEvent.Warning"/>.</summary>
    Warned,
}

/// <summary>What a watcher of a run is told.</summary>
/// <param name="State">Where the step stands.</param>
/// <param name="Step">The step's name, or <c>inputs</c>.</param>
/// <param name="Unit">What is counted, in the plural, such as <c>rows</c>.</param>
/// <param name="Done">How many are done.</param>
/// <param name="Total">How many there will be; 0 when that is not known.</param>
/// <param name="Elapsed">Since the step began.</param>
/// <param name="Remaining">The time left at the rate so far, or null while nobody can tell.</param>
public readonly record struct ProgressEvent(ProgressState State, string Step, string Unit, long Done, long Total, TimeSpan Elapsed, TimeSpan? Remaining)
{
    /// <summary>What there is to know, with <see cref="ProgressState.Warned"/>; otherwise null.</summary>
    public string? Warning { get; init; }

    internal static ProgressEvent Warned(string warning) => new(ProgressState.Warned, "inputs", "rows", 0, 0, TimeSpan.Zero, null) { Warning = warning };

    internal static ProgressEvent Started(string step) => new(ProgressState.Started, step, "rows", 0, 0, TimeSpan.Zero, null);

    internal static ProgressEvent Working(string step, WorkDone work, TimeSpan elapsed) => new(ProgressState.Working, step, work.Unit, work.Done, work.Total, elapsed,
        work.Total > 0 && work.Done > 0 && work.Done <= work.Total ? elapsed * ((double)(work.Total - work.Done) / work.Done) : null);

    internal static ProgressEvent Finished(string step, long rows, TimeSpan elapsed) => new(ProgressState.Finished, step, "rows", rows, rows, elapsed, null);

    internal static ProgressEvent Resumed(string step, long rows) => new(ProgressState.Resumed, step, "rows", rows, rows, TimeSpan.Zero, null);
}
