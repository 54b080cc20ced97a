namespace Engine.Kernels.Algorithms;

/// <summary>The exponential function from IEEE additions, multiplications and divisions alone, so that every machine gives the same bits.</summary>
internal static class Exponential
{
    private const double Log2OfE = 1.44269504088896340735992468100;

    /// <summary>The leading 33 bits of ln 2, whose product with a whole number below 2^20 is exact.</summary>
    private const double Ln2High = 6.93147180369123816490e-01;

    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>e^x, within a few units in the last place; 0 or infinity beyond the range of float64.</summary>
    /// <param name="x">Any number but NaN.</param>
    /// <remarks>x = k ln 2 + r with |r| &lt;= ln(2) / 2; e^x = 2^k e^r, and e^r is its Taylor series to r^13 / 13!, whose remainder is below 5e-18.</remarks>
    public static double Of(double x)
    {
        if (double.IsNaN(x)) throw new ArgumentOutOfRangeException(nameof(x), x, "An exponential is of a number.");
        if (x > 710) return double.PositiveInfinity;
        if (x < -746) return 0;
        double k = Math.Round(x * Log2OfE);
        double r = x - k * Ln2High - k * Ln2Low;
        double series = 1;
        for (int n = 13; n >= 1; n--) series = 1 + series * r / n;
        return Math.ScaleB(series, (int)k);
    }
}
