namespace Engine.Kernels.Algorithms;

/// <summary>The 64-bit fixed point in which vectors are summed across rows, so that no order of addition can change a bit.</summary>
internal static class FixedPoint
{
    /// <summary>q such that <paramref name="rows"/> elements of the given magnitude, each rounded to a multiple of 2^-q, sum within 63 bits.</summary>
    /// <param name="rows">Rows that can fall into one sum, at least 1.</param>
    /// <param name="largestMagnitude">max |x| over what is summed; finite.</param>
    /// <returns>q = 62 - ceil(log2(rows * max|x|)): between -97 and 211 for float32 elements; 0 when everything is zero.</returns>
    /// <remarks>The spare bit covers the half unit that every rounded element may add: rows / 2 units are below 2^30.</remarks>
    public static int FractionBits(int rows, double largestMagnitude)
    {
        double bound = rows * largestMagnitude;
        if (bound == 0) return 0;
        int exponent = Math.ILogB(bound);
        if (Math.ScaleB(1.0, exponent) < bound) exponent++;
        return 62 - exponent;
    }

    /// <summary>The mean that a sum stands for: sum / count * 2^-q in float64.</summary>
    public static double Mean(long sum, long count, int fractionBits) => Math.ScaleB(sum / (double)count, -fractionBits);
}
