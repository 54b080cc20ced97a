namespace Engine.Kernels;

/// <summary>A part of the rows for <see cref="IKernels.TopSimilarities"/>, and the lists of the rows before it: passes over one tile after another give what one pass over all rows gives.</summary>
/// <param name="firstRow">The first row of the tile.</param>
/// <param name="endRow">The row after its last one.</param>
/// <param name="before">The lists so far, as many as the call gives; empty when there are none. The call takes the array over and may let go of the lists in it.</param>
/// <param name="isEnough">Asked from any thread, once a block: true lets the call end the tile after the blocks it is at. Null for a tile that is done whole.</param>
public sealed class SimilarityTile(long firstRow, long endRow, RankedRows[] before, Func<bool>? isEnough = null)
{
    /// <summary>The first row of the tile.</summary>
    public long FirstRow => firstRow;

    /// <summary>The row after its last one; after the call, the row after the last one that was looked at.</summary>
    public long EndRow { get; private set; } = endRow;

    /// <summary>The lists so far.</summary>
    public RankedRows[] Before => before;

    /// <summary>Whether the tile may end early, or null when it may not.</summary>
    public Func<bool>? IsEnough => isEnough;

    /// <summary>Ends the tile early: all rows before this one were looked at, and none from it on.</summary>
    /// <param name="row">A row of the tile, or the row after its last one.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is neither.</exception>
    public void EndAt(long row)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(row, firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(row, EndRow);
        EndRow = row;
    }
}
