namespace Engine.Kernels.Algorithms;

/// <summary>Finds a value that about a sixty-fourth of all rows' bounds lie above, among those below a given one: from every so many-th row, so that it is the same in every run.</summary>
/// <param name="rows">Rows that count.</param>
internal sealed class BoundSample(int rows)
{
    private const int Sampled = 2048;
    private const int Share = 64;

    private readonly double[] _bounds = new double[Sampled];
    private readonly int _stride = Math.Max(1, (rows + Sampled - 1) / Sampled);

    /// <summary>The lower end of the next part of the bounds below a value; 0 when that part is all that is left.</summary>
    /// <param name="above">All bounds considered are below this; infinity for all.</param>
    /// <param name="squared">Bounds by row.</param>
    /// <param name="within">The rows that count, or null for all.</param>
    public double Below(double above, ReadOnlySpan<double> squared, int[]? within)
    {
        int count = 0;
        for (int i = 0; i < rows; i += _stride)
        {
            double bound = squared[within is null ? i : within[i]];
            if (bound > 0 && (bound < above || above == double.PositiveInfinity)) _bounds[count++] = bound;
        }

        int wanted = Math.Max(1, (rows / _stride) / Share);
        if (count <= wanted) return 0;
        Array.Sort(_bounds, 0, count);
        return _bounds[count - wanted];
    }
}
