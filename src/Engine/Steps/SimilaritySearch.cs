namespace Engine.Steps;

/// <summary>Who finds the most similar rows.</summary>
public enum SimilaritySearch
{
    /// <summary>The engine's kernels, exactly.</summary>
    Exact,

    /// <summary>An index of the FAISS library proposes rows, the engine's kernels score them; how much was found is measured.</summary>
    Faiss,

    /// <summary>The index where counting says that it is much less work and measuring that it finds enough, otherwise exactly.</summary>
    Auto,
}
