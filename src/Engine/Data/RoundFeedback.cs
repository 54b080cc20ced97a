namespace Engine.Data;

/// <summary>What a model that was trained on the rows so far says about some of them: a score of the gold text and one of its own, row by row.</summary>
/// <param name="Gold">[scored], the score of the record's own completion; finite.</param>
/// <param name="Generated">[scored], the score of the completion the model gave; finite.</param>
/// <remarks>Higher is better for both. The gain of a row is gold - generated: what the model has still to learn there.</remarks>
public sealed record RoundFeedback(double[] Gold, double[] Generated);
