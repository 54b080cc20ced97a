namespace Engine.Kernels.Algorithms;

/// <summary>How the groups' rankings make one selection.</summary>
public enum RdsReduce
{
    /// <summary>Groups take turns.</summary>
    RoundRobin,

    /// <summary>By the highest group score.</summary>
    Max,

    /// <summary>By the mean of the group scores.</summary>
    Mean,

    /// <summary>By the mean of the group scores, each first mapped to [0, 1] by its range over the pool.</summary>
    NormalizedMean,

    /// <summary>Groups take turns, each from the bottom of its ranking: for scores where lower is better.</summary>
    Min,
}

/// <summary>How <see cref="Rds.Select"/> chooses.</summary>
public sealed record RdsOptions
{
    /// <summary>Rows wanted, 1 .. rows.</summary>
    public required int Count { get; init; }

    /// <summary>How the groups' rankings make one selection.</summary>
    public RdsReduce Reduce { get; init; }

    /// <summary>What a round-robin visit does when its row is already chosen.</summary>
    public Duplicates Duplicates { get; init; }

    /// <summary>Rows that may be chosen, or null for all.</summary>
    public Func<int, bool>? Allowed { get; init; }

    /// <summary>How many rows <see cref="Allowed"/> lets through, or 0 when that is not known. It helps to choose the first depth and never changes the result.</summary>
    public int AllowedRows { get; init; }

    /// <summary>Caps per source, or null; used up by the run.</summary>
    public CapTracker? Caps { get; init; }

    /// <summary>Entries wanted per ranked list in the first pass over the pool; 0 chooses. Never changes the result.</summary>
    public int FirstDepth { get; init; }

    /// <summary>Whether a sample of the rows may be ranked first, to choose the first depth; not by kernels that search one matrix only. Never changes the result.</summary>
    public bool SamplesDepth { get; init; } = true;

    /// <summary>Entries that every ranked list gets at least, or 0, so that <see cref="RdsResult.Rankings"/> serve larger selections. Never changes the result.</summary>
    public int LeastDepth { get; init; }
}
