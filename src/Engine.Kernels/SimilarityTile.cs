namespace Engine.Kernels;

/// <summary>A part of the rows for <see cref="IKernels.TopSimilarities"/>, and the lists of the rows before it: passes over one tile after another give what one pass over all rows gives.</summary>
/// <param name="FirstRow">The first row of the tile.</param>
/// <param name="EndRow">The row after its last one.</param>
/// <param name="Before">The lists so far, as many as the call gives; empty when there are none.</param>
public sealed record SimilarityTile(long FirstRow, long EndRow, RankedRows[] Before);
