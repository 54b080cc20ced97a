namespace Engine.Kernels.Cpu;

/// <summary>Rounding a float64 to an integer, half to even, without an instruction for it.</summary>
internal static class Rounding
{
    /// <summary>1.5 * 2^52: a sum with it has no fraction bits left, and its bits minus those of the constant are the integer.</summary>
    public const double Magic = 6755399441055744.0;

    /// <summary>2^51: below it in magnitude, adding <see cref="Magic"/> stays where one unit in the last place is 1.</summary>
    public const double Limit = 2251799813685248.0;

    /// <summary>The nearest integer, half to even, for any value within 63 bits.</summary>
    public static long HalfToEven(double value) => (long)Math.Round(value, MidpointRounding.ToEven);
}

/// <summary>How the bits of a float16 become a float32.</summary>
internal static class HalfBits
{
    /// <summary>2^112, the ratio of the two exponent biases.</summary>
    public const float Rescale = 5.192296858534828e33f;
}
