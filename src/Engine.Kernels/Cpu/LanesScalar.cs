using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Sixteen float32 lanes in memory.</summary>
[InlineArray(16)]
internal struct Float16Lanes
{
    private float _first;
}

/// <summary>Sixteen float64 lanes in memory.</summary>
[InlineArray(16)]
internal struct Double16Lanes
{
    private double _first;
}

/// <summary>No vector instruction at all: one lane after another. It runs anywhere and is the set that the others must agree with.</summary>
internal readonly unsafe struct LanesScalar : ILanes<Float16Lanes, Double16Lanes>
{
    // Optimised at once: these are called so often that the first, unoptimised version would be felt.
    private const MethodImplOptions Optimize = MethodImplOptions.AggressiveOptimization;

    public static bool Wide => false;

    public static ByteProduct? ByteProduct => null;

    [MethodImpl(Optimize)]
    public static Float16Lanes LoadF32(float* at)
    {
        Float16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = Unsafe.ReadUnaligned<float>(at + i);
        return to;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes LoadF16(ushort* at)
    {
        Float16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = (float)Unsafe.ReadUnaligned<Half>(at + i);
        return to;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes LoadBF16(ushort* at)
    {
        Float16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(at + i) << 16);
        return to;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes LoadI8(sbyte* at, float scale)
    {
        Float16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = at[i] * scale;
        return to;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes LoadWideF32(float* at) => Widen(LoadF32(at));

    public static Double16Lanes LoadF64(double* at)
    {
        Double16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = Unsafe.ReadUnaligned<double>(at + i);
        return to;
    }

    [MethodImpl(Optimize)]
    public static void Store(Float16Lanes value, float* at)
    {
        for (int i = 0; i < 16; i++) Unsafe.WriteUnaligned(at + i, value[i]);
    }

    [MethodImpl(Optimize)]
    public static void Store(Double16Lanes value, double* at)
    {
        for (int i = 0; i < 16; i++) Unsafe.WriteUnaligned(at + i, value[i]);
    }

    [MethodImpl(Optimize)]
    public static void StoreLowBytes(Float16Lanes value, byte* at)
    {
        for (int i = 0; i < 16; i++) at[i] = (byte)BitConverter.SingleToUInt32Bits(value[i]);
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes Broadcast(float value)
    {
        Float16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = value;
        return to;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes Broadcast(double value)
    {
        Double16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = value;
        return to;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes Add(Float16Lanes x, Float16Lanes y)
    {
        for (int i = 0; i < 16; i++) x[i] += y[i];
        return x;
    }

    // Not fused: without the instruction a fused product is emulated in software, and a proposal does not need it.
    [MethodImpl(Optimize)]
    public static Float16Lanes MultiplyAdd(Float16Lanes x, Float16Lanes y, Float16Lanes sum)
    {
        for (int i = 0; i < 16; i++) sum[i] += x[i] * y[i];
        return sum;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes Min(Float16Lanes x, Float16Lanes y)
    {
        for (int i = 0; i < 16; i++) x[i] = x[i] < y[i] ? x[i] : y[i];
        return x;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes Max(Float16Lanes x, Float16Lanes y)
    {
        for (int i = 0; i < 16; i++) x[i] = x[i] > y[i] ? x[i] : y[i];
        return x;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes Abs(Float16Lanes x)
    {
        for (int i = 0; i < 16; i++) x[i] = MathF.Abs(x[i]);
        return x;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes Sqrt(Float16Lanes x)
    {
        for (int i = 0; i < 16; i++) x[i] = MathF.Sqrt(x[i]);
        return x;
    }

    [MethodImpl(Optimize)]
    public static float Lowest(Float16Lanes x)
    {
        float lowest = x[0];
        for (int i = 1; i < 16; i++) lowest = x[i] < lowest ? x[i] : lowest;
        return lowest;
    }

    [MethodImpl(Optimize)]
    public static float Highest(Float16Lanes x)
    {
        float highest = x[0];
        for (int i = 1; i < 16; i++) highest = x[i] > highest ? x[i] : highest;
        return highest;
    }

    [MethodImpl(Optimize)]
    public static float SumApproximately(Float16Lanes x)
    {
        float sum = 0;
        for (int i = 0; i < 16; i++) sum += x[i];
        return sum;
    }

    [MethodImpl(Optimize)]
    public static uint AtMost(Float16Lanes x, Float16Lanes bound)
    {
        uint mask = 0;
        for (int i = 0; i < 16; i++) mask |= (x[i] <= bound[i] ? 1u : 0u) << i;
        return mask;
    }

    [MethodImpl(Optimize)]
    public static uint AtLeast(Float16Lanes x, Float16Lanes bound) => AtMost(bound, x);

    [MethodImpl(Optimize)]
    public static Double16Lanes Widen(Float16Lanes x)
    {
        Double16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = x[i];
        return to;
    }

    [MethodImpl(Optimize)]
    public static Float16Lanes Narrow(Double16Lanes x)
    {
        Float16Lanes to = default;
        for (int i = 0; i < 16; i++) to[i] = (float)x[i];
        return to;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes Add(Double16Lanes x, Double16Lanes y)
    {
        for (int i = 0; i < 16; i++) x[i] += y[i];
        return x;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes Subtract(Double16Lanes x, Double16Lanes y)
    {
        for (int i = 0; i < 16; i++) x[i] -= y[i];
        return x;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes Multiply(Double16Lanes x, Double16Lanes y)
    {
        for (int i = 0; i < 16; i++) x[i] *= y[i];
        return x;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes MultiplyAddExact(Double16Lanes x, Double16Lanes y, Double16Lanes sum)
    {
        for (int i = 0; i < 16; i++) sum[i] += x[i] * y[i];
        return sum;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes Divide(Double16Lanes x, Double16Lanes y)
    {
        for (int i = 0; i < 16; i++) x[i] /= y[i];
        return x;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes Max(Double16Lanes x, Double16Lanes y)
    {
        for (int i = 0; i < 16; i++) x[i] = x[i] < y[i] ? y[i] : x[i];
        return x;
    }

    [MethodImpl(Optimize)]
    public static Double16Lanes PowerOfTwo(Double16Lanes shifted)
    {
        // The shift drops everything above k + 1023, which becomes the exponent.
        for (int i = 0; i < 16; i++) shifted[i] = BitConverter.Int64BitsToDouble((BitConverter.DoubleToInt64Bits(shifted[i]) + 1023) << 52);
        return shifted;
    }

    [MethodImpl(Optimize)]
    public static double Sum(Double16Lanes x)
    {
        for (int half = 8; half > 0; half /= 2)
            for (int i = 0; i < half; i++) x[i] += x[i + half];
        return x[0];
    }

    [MethodImpl(Optimize)]
    public static bool RoundsByAddition(Double16Lanes x)
    {
        for (int i = 0; i < 16; i++)
            if (!(Math.Abs(x[i]) < Rounding.Limit)) return false;
        return true;
    }

    [MethodImpl(Optimize)]
    public static void AddRounded(Double16Lanes x, long* sums)
    {
        for (int i = 0; i < 16; i++) Unsafe.WriteUnaligned(sums + i, Unsafe.ReadUnaligned<long>(sums + i) + Rounding.HalfToEven(x[i]));
    }
}
