using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The exponential function of sixteen numbers at once, from IEEE additions and multiplications alone.</summary>
internal static class LaneExponential<TLanes, TFloat, TDouble>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    private const double Log2OfE = 1.44269504088896340735992468100;

    /// <summary>The leading 33 bits of ln 2, whose product with a whole number below 2^20 is exact.</summary>
    private const double Ln2High = 6.93147180369123816490e-01;

    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>e^x, within a few units in the last place; e^-700 below that.</summary>
    /// <param name="x">At most 0, and no NaN.</param>
    /// <remarks>x = k ln 2 + r with |r| &lt;= ln(2) / 2; e^x = 2^k e^r, and e^r is its Taylor series to r^13 / 13!, whose remainder is below 5e-18.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TDouble OfNegative(TDouble x)
    {
        TDouble magic = TLanes.Broadcast(Rounding.Magic);
        x = TLanes.Max(x, TLanes.Broadcast(-700.0));

        // The sum with 1.5 * 2^52 has k in its low bits, and no fraction.
        TDouble shifted = TLanes.Add(TLanes.Multiply(x, TLanes.Broadcast(Log2OfE)), magic);
        TDouble k = TLanes.Subtract(shifted, magic);
        TDouble r = TLanes.Subtract(TLanes.Subtract(x, TLanes.Multiply(k, TLanes.Broadcast(Ln2High))), TLanes.Multiply(k, TLanes.Broadcast(Ln2Low)));
        TDouble series = TLanes.Broadcast(1 / 6227020800.0);
        series = Next(series, r, 1 / 479001600.0);
        series = Next(series, r, 1 / 39916800.0);
        series = Next(series, r, 1 / 3628800.0);
        series = Next(series, r, 1 / 362880.0);
        series = Next(series, r, 1 / 40320.0);
        series = Next(series, r, 1 / 5040.0);
        series = Next(series, r, 1 / 720.0);
        series = Next(series, r, 1 / 120.0);
        series = Next(series, r, 1 / 24.0);
        series = Next(series, r, 1 / 6.0);
        series = Next(series, r, 1 / 2.0);
        series = Next(series, r, 1);
        series = Next(series, r, 1);
        return TLanes.Multiply(series, TLanes.PowerOfTwo(shifted));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TDouble Next(TDouble series, TDouble r, double coefficient) => TLanes.Add(TLanes.Multiply(series, r), TLanes.Broadcast(coefficient));
}
