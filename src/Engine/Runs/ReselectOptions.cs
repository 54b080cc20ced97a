namespace Engine.Runs;

/// <summary>What <see cref="SelectionEngine.Reselect"/> chooses anew.</summary>
public sealed record ReselectOptions
{
    /// <summary>The budget as a plan writes it: <c>500</c> or <c>0.5%</c>.</summary>
    public required string Budget { get; init; }

    /// <summary>The step; null for the only one that kept its rankings.</summary>
    public string? Step { get; init; }

    /// <summary><c>consume</c> or <c>skip</c>; null for the step's own.</summary>
    public string? Duplicates { get; init; }

    /// <summary>Caps as a JSON object; null for the step's own.</summary>
    public string? Caps { get; init; }

    /// <summary>The new run folder; null for one beside the run's, named after it and the number of rows.</summary>
    public string? Folder { get; init; }

    /// <summary>True to replace an earlier run in the new folder.</summary>
    public bool Replace { get; init; }
}
