using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>What a run knows of itself when its work is done: the manifest and the report are two ways to write it.</summary>
internal sealed class RunRecord
{
    public required Plan Plan { get; init; }

    public required string Identity { get; init; }

    public required EngineDevice Device { get; init; }

    public required DateTimeOffset Started { get; init; }

    public double Seconds { get; set; }

    /// <summary>What the user should know, in the order it was noticed.</summary>
    public IReadOnlyList<string> Warnings { get; set; } = [];

    public List<InputRecord> Inputs { get; } = [];

    public List<StepRecord> Steps { get; } = [];

    public List<OutputRecord> Outputs { get; } = [];

    /// <summary>The step whose selection is the run's, or null.</summary>
    public string? SelectionStep { get; set; }
}

/// <summary>An input as it was read.</summary>
internal sealed record InputRecord(string Name, Value Value, PlanInput Input, IReadOnlyList<InputFileRecord> Files)
{
    /// <summary>The kind as the plan writes it.</summary>
    public string Kind => InputCatalogue.All.First(d => d.Gives == Input.Kind).Word;
}

/// <summary>One file of an input.</summary>
internal sealed record InputFileRecord(string Path, long Bytes, string Sha256);

/// <summary>A step as it was done.</summary>
internal sealed record StepRecord(PlanStep Step, Value Value, double Seconds, long Bytes, double Flops, IReadOnlyDictionary<string, object> Facts)
{
    /// <summary>The rounds it drew; none for a step that an earlier run did, whose files are there.</summary>
    public IReadOnlyList<SelectionRound> Rounds { get; init; } = [];

    /// <summary>The trials of its search, if it is one.</summary>
    public IReadOnlyList<SizeTrial> Trials { get; init; } = [];

    /// <summary>True when an earlier run did it.</summary>
    public bool Resumed { get; init; }

    /// <summary>What the step's files do not say about its value; null when they cannot give it back.</summary>
    public ValueNote? Note { get; init; }

    /// <summary>What its result depends on, hashed: see <see cref="StepKeys"/>; null where nobody looks for it again.</summary>
    public string? Key { get; init; }
}

/// <summary>An extra output as it was written.</summary>
internal sealed record OutputRecord(PlanOutput Output, string Path, WrittenFile Written);
