using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Tail probabilities against values computed with 30 digits.</summary>
public sealed class IncompleteBetaTests
{
    [Theory]
    [InlineData(0, 5, 1)]
    [InlineData(0.5, 1, 0.70483276469913345)]
    [InlineData(2, 2, 0.18350341907227397)]
    [InlineData(-1.25, 3, 0.29992946795086261)]
    [InlineData(3.5, 7, 0.0099930408818855473)]
    [InlineData(0.01, 10, 0.99221797499097142)]
    [InlineData(2.2, 30, 0.035648439996835776)]
    [InlineData(8, 30, 6.2658224757007589e-9)]
    [InlineData(1.96, 125, 0.052220695240702558)]
    [InlineData(25, 125, 1.807476435139664e-50)]
    [InlineData(4, 1000, 6.8009919208781578e-5)]
    [InlineData(0.3, 999, 0.76423956656981163)]
    [InlineData(double.PositiveInfinity, 4, 0)]
    [InlineData(double.NegativeInfinity, 4, 0)]
    public void StudentsTails(double t, int degrees, double expected) => Close(expected, IncompleteBeta.TwoSidedT(degrees)(t));

    [Theory]
    [InlineData(0, 3, 4, 1)]
    [InlineData(1, 1, 1, 0.5)]
    [InlineData(0.2, 3, 5, 0.89218362173208241)]
    [InlineData(4.5, 2, 9, 0.04419417382415922)]
    [InlineData(15, 9, 119, 4.6822812677001026e-16)]
    [InlineData(1.1, 15, 40, 0.38698649141954293)]
    [InlineData(30, 4, 1000, 1.3426227067671098e-23)]
    [InlineData(0.9, 7, 1001, 0.50565197331523375)]
    [InlineData(double.PositiveInfinity, 3, 4, 0)]
    public void UpperTailsOfF(double f, int numerator, int denominator, double expected) => Close(expected, IncompleteBeta.UpperF(f, numerator, denominator));

    [Fact]
    public void WhatIsNoNumberStaysSo() => Assert.True(double.IsNaN(IncompleteBeta.TwoSidedT(3)(double.NaN)));

    [Theory]
    [InlineData(1e-310)]
    [InlineData(0.1)]
    [InlineData(0.7071)]
    [InlineData(0.99999999)]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(12345.678)]
    [InlineData(1e300)]
    public void LogarithmsAreThose(double x) => Close(Math.Log(x), NaturalLog.Of(x));

    private static void Close(double expected, double actual) =>
        Assert.True(Math.Abs(actual - expected) <= 1e-12 * Math.Abs(expected), FormattableString.Invariant($"{actual:R} is not {expected:R}"));
}
