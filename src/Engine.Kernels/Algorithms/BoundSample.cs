namespace Engine.Kernels.Algorithms;

/// <summary>Finds a value that about a sixty-fourth of all rows' bounds lie above: from every so many-th row, so that it is the same in every run.</summary>
/// <param name="rows">Rows that count.</param>
/// <param name="least">Bounds below this count as 0.</param>
internal sealed class BoundSample(int rows, double least)
{
    private const int Sampled = 2048;
    private const int Share = 64;

    private readonly double[] _highest = new double[Sampled / Share];
    private readonly int _stride = Math.Max(1, (rows + Sampled - 1) / Sampled);

    /// <summary>The lower end of the highest part of the bounds; 0 when that part is all that is left.</summary>
    /// <param name="squared">Bounds by row.</param>
    /// <param name="within">The rows that count, or null for all.</param>
    public double Threshold(ReadOnlySpan<double> squared, int[]? within)
    {
        // The highest so far, ascending: few bounds get in among them, which costs less than to sort all.
        Span<double> highest = _highest.AsSpan(0, Math.Max(1, rows / _stride / Share));
        highest.Clear();
        int count = 0;
        for (int i = 0; i < rows; i += _stride)
        {
            double bound = squared[within is null ? i : within[i]];
            if (!(bound >= least)) continue;
            count++;
            if (bound <= highest[0]) continue;
            int place = 0;
            for (; place + 1 < highest.Length && highest[place + 1] < bound; place++) highest[place] = highest[place + 1];
            highest[place] = bound;
        }

        return count <= highest.Length ? 0 : highest[0];
    }
}
