using Engine.Kernels.Cpu;

namespace Engine.Native.Devices;

/// <summary>The canonical arithmetic on a single vector of the host, where speed does not count.</summary>
internal static unsafe class CanonicalRow
{
    /// <summary>sum x².</summary>
    public static double SquaredNorm(ReadOnlySpan<float> values)
    {
        // The span is fixed for the call, and its length is what is read.
        fixed (float* at = values)
            return RowMath<LanesScalar, Float16Lanes, Double16Lanes>.SquaredNorm<Float32Element>((byte*)at, 1, values.Length, out _);
    }
}
