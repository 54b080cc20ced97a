using Engine.Selections;

namespace Engine.Steps;

/// <summary>What a k-center traversal begins with.</summary>
public abstract record FirstCentre
{
    private FirstCentre()
    {
    }

    /// <summary>A row, which is the first pick.</summary>
    /// <param name="Index">0-based row of the pool.</param>
    public sealed record Row(long Index) : FirstCentre;

    /// <summary>The row nearest to the mean, which is the first pick; ties go to the lower row.</summary>
    public sealed record NearestToCentre : FirstCentre;

    /// <summary>The mean itself: a centre, but no pick.</summary>
    public sealed record VirtualCentre : FirstCentre;

    /// <summary>Rows that are covered already: centres, but no picks.</summary>
    /// <param name="Selection">Rows of the same pool, at least one.</param>
    public sealed record Rows(Selection Selection) : FirstCentre;

    /// <summary>A row drawn uniformly from those that may be picked; it is the first pick.</summary>
    public sealed record Random : FirstCentre;
}
