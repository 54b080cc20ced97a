using Engine.Data;

namespace Engine.Plans;

/// <summary>A plan that was read without an error: names resolve, kinds fit, and steps stand in an order that runs.</summary>
public sealed record Plan
{
    /// <summary>The plan's file as the user wrote it.</summary>
    public required string File { get; init; }

    /// <summary>The folder that relative paths start from.</summary>
    public required string Folder { get; init; }

    /// <summary>The plan's name; the file's name without extension when it gives none.</summary>
    public required string Name { get; init; }

    /// <summary>The seed every random stream derives from; default 0.</summary>
    public required long Seed { get; init; }

    /// <summary>The inputs in the plan's own order.</summary>
    public required IReadOnlyList<PlanInput> Inputs { get; init; }

    /// <summary>The steps in an order in which every step comes after what it refers to; otherwise the plan's own order.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init; }

    /// <summary>The extra outputs in the plan's own order.</summary>
    public required IReadOnlyList<PlanOutput> Outputs { get; init; }

    /// <summary>How to run it.</summary>
    public required PlanRun Run { get; init; }

    /// <summary>The plan's bytes as given.</summary>
    public required byte[] Given { get; init; }

    /// <summary>The plan as given, as a tree.</summary>
    public required PlanNode Written { get; init; }

    /// <summary>The overrides, each <c>path=value</c>, in the order applied.</summary>
    public required IReadOnlyList<string> Overrides { get; init; }

    /// <summary>The plan after overrides and replaced variables.</summary>
    public required PlanNode Resolved { get; init; }
}

/// <summary>An input of a plan: one or more files of one kind.</summary>
public sealed record PlanInput
{
    /// <summary>Its name in the plan.</summary>
    public required string Name { get; init; }

    /// <summary>What it gives.</summary>
    public required ValueKind Kind { get; init; }

    /// <summary>Paths and globs as written, at least one.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Where the input is written.</summary>
    public required PlanPlace Place { get; init; }

    /// <summary>All its arguments.</summary>
    public required Arguments Arguments { get; init; }
}

/// <summary>A step of a plan.</summary>
/// <param name="Name">Its name in the plan.</param>
/// <param name="Definition">Its op.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="References">The inputs and steps it refers to.</param>
/// <param name="Place">Where it is written.</param>
/// <param name="Position">Its place in the plan's own order, from 0.</param>
public sealed record PlanStep(string Name, StepDefinition Definition, Arguments Arguments, IReadOnlyList<Reference> References, PlanPlace Place, int Position);

/// <summary>An extra output.</summary>
/// <param name="Name">Its name in the plan.</param>
/// <param name="From">The step whose value is written.</param>
/// <param name="Format">How it is written.</param>
/// <param name="Path">Where, as written, relative to the plan's folder.</param>
/// <param name="Place">Where it is written in the plan.</param>
public sealed record PlanOutput(string Name, Reference From, OutputFormat Format, string Path, PlanPlace Place);

/// <summary>How an output is written.</summary>
public enum OutputFormat
{
    /// <summary>The chosen records, bytes unchanged, one per line.</summary>
    Jsonl,

    /// <summary>Indices of a selection (int64), or the matrix of embeddings (float32).</summary>
    Npy,

    /// <summary>The selection with a reason per row, or scores with a column per name.</summary>
    Csv,
}

/// <summary>What to do when the run's folder exists and is not empty.</summary>
public enum OnExisting
{
    /// <summary>Refuse: exit 6.</summary>
    Fail,

    /// <summary>Go on where it stopped; a finished run stays as it is.</summary>
    Resume,

    /// <summary>Remove what a manifest there lists, and begin anew.</summary>
    Replace,

    /// <summary>As <see cref="Replace"/>, but use the results there again of every step that would give the same bytes.</summary>
    Update,
}

/// <summary>How to run a plan; no part of its identity.</summary>
public sealed record PlanRun
{
    /// <summary>The run's folder as written, relative to the plan's folder.</summary>
    public required string Dir { get; init; }

    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>opencl</c>; <c>cuda:1</c> for one device, <c>cuda:0,cuda:1</c> or <c>cuda:*</c> for several.</summary>
    public required string Device { get; init; }

    /// <summary>Memory budget on each device in bytes, or null for most of what is free there.</summary>
    public long? DeviceMemory { get; init; }

    /// <summary>Worker threads; 0 for one per processor.</summary>
    public required int Threads { get; init; }

    /// <summary>Memory budget in bytes, or null for none but the machine's.</summary>
    public required long? Memory { get; init; }

    /// <summary>How matrices are read.</summary>
    public MatrixIo Io { get; init; }

    /// <summary>What to do when the folder exists.</summary>
    public required OnExisting OnExisting { get; init; }

    /// <summary>About how often the position within a step is kept.</summary>
    public TimeSpan Checkpoint { get; init; } = DefaultCheckpoint;

    internal static TimeSpan DefaultCheckpoint { get; } = TimeSpan.FromSeconds(30);
}
