namespace Engine.Selections;

/// <summary>A row that was removed as a duplicate.</summary>
/// <param name="Row">The row.</param>
/// <param name="Keeper">The row that stays in its place.</param>
/// <param name="Like">The row it was found similar to; its keeper, or a row that was removed for the same keeper.</param>
/// <param name="Cosine">Their cosine, or null when texts were compared.</param>
public readonly record struct Duplicate(int Row, int Keeper, int Like, double? Cosine);
