using Engine.Reports;

namespace Engine.Tests.Reports;

public class QuantityTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1.2345, "1.23")]
    [InlineData(9.996, "10.0")]
    [InlineData(0.00012345, "0.000123")]
    [InlineData(0.000012345, "1.23×10⁻⁵")]
    [InlineData(-1234567, "−1 234 567")]
    [InlineData(1.3e13, "1.30×10¹³")]
    [InlineData(double.NegativeInfinity, "−∞")]
    [InlineData(double.NaN, "NaN")]
    public void NumbersHaveThreeSignificantDigits(double number, string expected) => Assert.Equal(expected, Plain(Quantity.Number(number)));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.0000123, "12 µs")]
    [InlineData(0.0123, "12.3 ms")]
    [InlineData(0.9996, "1.00 s")]
    [InlineData(99.94, "99.9 s")]
    [InlineData(99.96, "1 min 40 s")]
    [InlineData(3599.7, "1 h 00 min")]
    [InlineData(3725, "1 h 02 min")]
    [InlineData(7199.6, "2 h 00 min")]
    public void TimesCarryOver(double seconds, string expected) => Assert.Equal(expected, Plain(Quantity.Seconds(seconds)));

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(999_600, "1.00 MB")]
    [InlineData(1_881_123_840, "1.88 GB")]
    [InlineData(long.MaxValue, "9.22 EB")]
    public void BytesAreDecimal(long bytes, string expected) => Assert.Equal(expected, Plain(Quantity.Bytes(bytes)));

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(0.00001, "0.0010 %")]
    [InlineData(0.004, "0.40 %")]
    [InlineData(0.09996, "10.0 %")]
    [InlineData(0.25, "25.0 %")]
    [InlineData(1, "100 %")]
    public void SharesArePercent(double share, string expected) => Assert.Equal(expected, Plain(Quantity.Percent(share)));

    [Theory]
    [InlineData(1.8449, "×1.84")]
    [InlineData(244.9, "×244.9")]
    [InlineData(0.004, "×0.0040")]
    [InlineData(0, "×0")]
    public void RatiosAreTimes(double ratio, string expected) => Assert.Equal(expected, Plain(Quantity.Ratio(ratio)));

    private static string Plain(string text) => text.Replace('\u202F', ' ');
}
