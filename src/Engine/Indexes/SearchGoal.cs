namespace Engine.Indexes;

/// <summary>What is asked of an approximate search.</summary>
public sealed record SearchGoal
{
    /// <summary>The share of the truly nearest rows that must be found; a run that measures less ends with exit 12.</summary>
    public double RecallAtLeast { get; init; } = 0.95;

    /// <summary>A kind of index in the words of FAISS's index factory, such as <c>IVF1024,Flat</c>; null for the engine's choice.</summary>
    public string? Index { get; init; }

    /// <summary>An index file that <c>engine index build</c> made of the same matrix, or null to make an index.</summary>
    public string? IndexFile { get; init; }

    /// <summary>Most bytes an index may take where the engine chooses, or null for no limit.</summary>
    public long? IndexMemory { get; init; }
}
