namespace Engine.Indexes;

/// <summary>What an index ranks by.</summary>
public enum IndexMetric
{
    /// <summary>The cosine: rows and queries are put on the unit sphere first.</summary>
    Cosine,

    /// <summary>The Euclidean distance.</summary>
    L2,
}
