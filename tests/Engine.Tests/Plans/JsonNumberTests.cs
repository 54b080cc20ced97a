using Engine.Plans;

namespace Engine.Tests.Plans;

public sealed class JsonNumberTests
{
    [Theory]
    [InlineData("0", "0", 0L)]
    [InlineData("-0", "0", 0L)]
    [InlineData("0e5", "0", 0L)]
    [InlineData("0.000", "0", 0L)]
    [InlineData("1000", "1e3", 1000L)]
    [InlineData("1e3", "1e3", 1000L)]
    [InlineData("1000.00", "1e3", 1000L)]
    [InlineData("0.001e6", "1e3", 1000L)]
    [InlineData("-15E-1", "-15e-1", null)]
    [InlineData("1.00000000000000000000000000000000000001", "100000000000000000000000000000000000001e-38", null)]
    [InlineData("1e-30", "1e-30", null)]
    [InlineData("9223372036854775807", "9223372036854775807e0", long.MaxValue)]
    [InlineData("-9223372036854775808", "-9223372036854775808e0", long.MinValue)]
    [InlineData("9223372036854775808", "9223372036854775808e0", null)]
    [InlineData("1e400", "1e400", null)]
    [InlineData("1e99999999999999999999", "1e4611686018427387904", null)]
    [InlineData("1e-99999999999999999999", "1e-4611686018427387904", null)]
    public void EveryValueHasOneSpelling(string text, string expected, long? whole)
    {
        Assert.True(JsonNumber.TryParse(text, out JsonNumber number));
        Assert.Equal(expected, number.ToString());
        Assert.Equal(whole is not null, number.TryGetInt64(out long value));
        if (whole is not null) Assert.Equal(whole, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1e")]
    [InlineData("1 ")]
    [InlineData("1\n")]
    [InlineData("1,5")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("0x10")]
    [InlineData("١")]
    public void OtherTextIsNoNumber(string text) => Assert.False(JsonNumber.TryParse(text, out _));
}
