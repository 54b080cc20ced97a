namespace Engine.Selections;

/// <summary>One round of a selection that is drawn in rounds, with feedback between them.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Of">Rounds there will be.</param>
/// <param name="Chosen">The rows of this round, in the order drawn.</param>
/// <param name="Weights">[k], the weights of the clusters in this round.</param>
/// <param name="Allocation">[k], rows each cluster gave.</param>
/// <param name="Gains">[k], the mean gains that led to the weights, NaN for clusters without a scored row; null in the first round.</param>
/// <param name="ScoredRows">The rows that feedback is needed on before the next round.</param>
public sealed record SelectionRound(int Number, int Of, Selection Chosen, double[] Weights, int[] Allocation, double[]? Gains, int[] ScoredRows);
