namespace Engine.Kernels.Algorithms;

/// <summary>The regularised incomplete beta function I_x(a, b) for halves of whole numbers, which is all that the t and F distributions need.</summary>
/// <remarks>
/// I_x(a, b) = x^a (1-x)^b / (a B(a, b)) / (1 + d1/(1 + d2/(1 + ...))), d(2m) = m (b-m) x / ((a+2m-1)(a+2m)), d(2m+1) = -(a+m)(a+b+m) x / ((a+2m)(a+2m+1)),
/// for x below (a+1)/(a+b+2); above it 1 - I_(1-x)(b, a). Powers and B come from products and square roots, so every machine gives the same bits; the relative error
/// is below 1e-12 for a + b up to a few thousand. Source: Abramowitz and Stegun 26.5.8, evaluated as Lentz (1976) and Thompson and Barnett (1986) do.
/// </remarks>
/// <param name="twiceA">2a, at least 1.</param>
/// <param name="twiceB">2b, at least 1.</param>
internal sealed class IncompleteBeta(int twiceA, int twiceB)
{
    private const int MostTerms = 1_000_000;
    private const double Tiny = 1e-300;

    private readonly double _a = twiceA / 2.0;
    private readonly double _b = twiceB / 2.0;
    private readonly double _beta = Complete(twiceA, twiceB);

    /// <summary>The probability that |t| is at least as large, under Student's distribution.</summary>
    /// <param name="degrees">Degrees of freedom, at least 1.</param>
    /// <returns>A function of t; NaN gives NaN.</returns>
    public static Func<double, double> TwoSidedT(int degrees)
    {
        var beta = new IncompleteBeta(degrees, 1);
        return t => beta.Of(1 / (1 + t * t / degrees), 1 / (1 + degrees / (t * t)));
    }

    /// <summary>The probability of a value of at least <paramref name="f"/>, under the F distribution.</summary>
    public static double UpperF(double f, int numerator, int denominator)
    {
        double ratio = f * numerator / denominator;
        return new IncompleteBeta(denominator, numerator).Of(1 / (1 + ratio), 1 / (1 + 1 / ratio));
    }

    /// <summary>I_x(a, b).</summary>
    /// <param name="x">0 to 1.</param>
    /// <param name="complement">1 - x, which the caller may know more exactly.</param>
    public double Of(double x, double complement)
    {
        if (double.IsNaN(x) || double.IsNaN(complement)) return double.NaN;
        if (x <= 0) return 0;
        if (complement <= 0) return 1;
        double front = Power(x, twiceA) * Power(complement, twiceB) / _beta;
        return x < (_a + 1) / (_a + _b + 2) ? front / (_a * Fraction(_a, _b, x)) : 1 - front / (_b * Fraction(_b, _a, complement));
    }

    private static double Fraction(double a, double b, double x)
    {
        double value = 1, c = 1, d = 0;
        for (int term = 1; term <= MostTerms; term++)
        {
            int m = term / 2;
            double numerator = term % 2 == 0
                ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / NotZero(1 + numerator * d);
            c = NotZero(1 + numerator / c);
            double change = c * d;
            value *= change;
            if (Math.Abs(change - 1) <= double.BitIncrement(1) - 1) break;
        }

        return value;
    }

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;

    /// <summary>x to the power of half a whole number.</summary>
    private static double Power(double x, int twice)
    {
        double power = twice % 2 == 0 ? 1 : Math.Sqrt(x);
        for (int exponent = twice / 2; exponent > 0; exponent /= 2, x *= x)
            if (exponent % 2 == 1) power *= x;
        return power;
    }

    /// <summary>B(a, b) from B(1, 1) = 1, B(1/2, 1) = 2 or B(1/2, 1/2) = pi by B(a+1, b) = B(a, b) a / (a+b).</summary>
    private static double Complete(int twiceA, int twiceB)
    {
        int a = twiceA % 2 == 0 ? 2 : 1, b = twiceB % 2 == 0 ? 2 : 1;
        double beta = (a, b) switch { (2, 2) => 1, (1, 1) => Math.PI, _ => 2 };
        for (; a < twiceA; a += 2) beta *= (double)a / (a + b);
        for (; b < twiceB; b += 2) beta *= (double)b / (a + b);
        return beta;
    }
}
