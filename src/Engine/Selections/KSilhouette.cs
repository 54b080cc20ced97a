namespace Engine.Selections;

/// <summary>A clustering that was compared with others by its silhouette.</summary>
/// <param name="K">Clusters.</param>
/// <param name="Silhouette">Mean over the sampled rows, -1 to 1; higher is better.</param>
/// <param name="Inertia">Its inertia.</param>
/// <param name="Iterations">Its centroid updates.</param>
public sealed record KSilhouette(int K, double Silhouette, double Inertia, int Iterations);
