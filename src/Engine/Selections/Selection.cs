using Engine.Data;
using Engine.Kernels;

namespace Engine.Selections;

/// <summary>Chosen rows in rank order, best first, with the reason for each. A column that means nothing for the method is null.</summary>
public sealed class Selection : Value
{
    private IReadOnlyList<RankedRows>? _rankings;

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Selection;

    /// <inheritdoc/>
    public override long Rows => Indices.Length;

    /// <summary>The chosen rows of the pool, in rank order.</summary>
    public required int[] Indices { get; init; }

    /// <summary>Rows in the pool that was chosen from.</summary>
    public required long PoolRows { get; init; }

    /// <summary>The score a row was chosen under; its meaning is the method's.</summary>
    public double[]? Scores { get; init; }

    /// <summary>The score of every row of the pool, for a method that computes them all; otherwise null.</summary>
    public ScoreTable? PoolScores { get; init; }

    /// <summary>The task that first took the row, or whose query gave its score.</summary>
    public string[]? Tasks { get; init; }

    /// <summary>The query that first took the row, or gave its score: the 0-based row in the task's query set.</summary>
    public int[]? Queries { get; init; }

    /// <summary>The cluster of the row.</summary>
    public int[]? Clusters { get; init; }

    /// <summary>The round the row was drawn in, from 1.</summary>
    public int[]? Rounds { get; init; }

    /// <summary>The covering radius after the row was picked, not squared.</summary>
    public double[]? Radii { get; init; }

    /// <summary>The ranked lists the rows were taken from, when the step was asked to keep them: another budget can be served from them without the vectors.</summary>
    public IReadOnlyList<RankedRows>? Rankings { get => _rankings; init => _rankings = value; }

    /// <summary>The rows that were left out as duplicates, by row, for a method that looks for them; otherwise null.</summary>
    public IReadOnlyList<Duplicate>? Duplicates { get; init; }

    /// <summary>Lets go of <see cref="Rankings"/>: once they are files, no step asks for them.</summary>
    internal void ReleaseRankings() => _rankings = null;
}
