namespace Engine.Kernels.Algorithms;

/// <summary>Unit vectors in float64.</summary>
internal static class Direction
{
    /// <summary>A mean of unit rows shorter than this is rounding noise around zero: it has no direction.</summary>
    public const double ShortestMean = 1e-12;

    /// <summary>Divides a vector by its Euclidean norm.</summary>
    /// <param name="vector">Any finite float64 vector whose squares do not overflow; unchanged when false is returned.</param>
    /// <param name="shortest">Norms up to this one count as zero.</param>
    /// <returns>Whether the vector has a direction.</returns>
    public static bool TryNormalize(Span<double> vector, double shortest)
    {
        double squares = 0;
        foreach (double x in vector) squares += x * x;
        double norm = Math.Sqrt(squares);
        if (norm <= shortest) return false;
        for (int i = 0; i < vector.Length; i++) vector[i] /= norm;
        return true;
    }
}
