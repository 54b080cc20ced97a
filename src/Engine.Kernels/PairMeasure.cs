namespace Engine.Kernels;

/// <summary>What pairs of vectors are scored by.</summary>
public enum PairMeasure
{
    /// <summary>The cosine.</summary>
    Cosine,

    /// <summary>The squared Euclidean distance.</summary>
    SquaredDistance,
}
