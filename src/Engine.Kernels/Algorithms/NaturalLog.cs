namespace Engine.Kernels.Algorithms;

/// <summary>The natural logarithm from IEEE additions, multiplications and divisions alone, so that every machine gives the same bits.</summary>
internal static class NaturalLog
{
    private const double Ln2 = 0.693147180559945309417232121458;
    private const double Sqrt2 = 1.41421356237309504880168872421;

    /// <summary>ln n, within a few units in the last place.</summary>
    /// <param name="n">At least 1.</param>
    public static double Of(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        return Of((double)n);
    }

    /// <summary>ln x, within a few units in the last place; minus infinity at 0.</summary>
    /// <param name="x">Finite, at least 0.</param>
    /// <remarks>x = m * 2^e with m in (sqrt(1/2), sqrt(2)]; ln x = e ln 2 + 2 artanh(s), s = (m - 1) / (m + 1), |s| &lt; 0.172.</remarks>
    public static double Of(double x)
    {
        if (!(x >= 0 && double.IsFinite(x))) throw new ArgumentOutOfRangeException(nameof(x), x, "A logarithm is of a finite number that is not negative.");
        if (x == 0) return double.NegativeInfinity;
        int exponent = Math.ILogB(x);
        double mantissa = Math.ScaleB(x, -exponent);
        if (mantissa > Sqrt2)
        {
            mantissa /= 2;
            exponent++;
        }

        double s = (mantissa - 1) / (mantissa + 1);
        double square = s * s;
        double series = 0;
        for (int k = 23; k >= 1; k -= 2) series = series * square + 1.0 / k;
        return exponent * Ln2 + 2 * s * series;
    }
}
