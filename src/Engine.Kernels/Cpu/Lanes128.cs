using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Cpu;

/// <summary>Sixteen float32 lanes in four 128-bit registers.</summary>
internal readonly struct Float128x4(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
{
    /// <summary>Lanes 0 to 3.</summary>
    public readonly Vector128<float> A = a;

    /// <summary>Lanes 4 to 7.</summary>
    public readonly Vector128<float> B = b;

    /// <summary>Lanes 8 to 11.</summary>
    public readonly Vector128<float> C = c;

    /// <summary>Lanes 12 to 15.</summary>
    public readonly Vector128<float> D = d;
}

/// <summary>Eight float64 lanes in four 128-bit registers.</summary>
internal readonly struct Double128x4(Vector128<double> a, Vector128<double> b, Vector128<double> c, Vector128<double> d)
{
    /// <summary>Lanes 0 and 1 of eight.</summary>
    public readonly Vector128<double> A = a;

    /// <summary>Lanes 2 and 3 of eight.</summary>
    public readonly Vector128<double> B = b;

    /// <summary>Lanes 4 and 5 of eight.</summary>
    public readonly Vector128<double> C = c;

    /// <summary>Lanes 6 and 7 of eight.</summary>
    public readonly Vector128<double> D = d;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double128x4 operator +(Double128x4 x, Double128x4 y) => new(x.A + y.A, x.B + y.B, x.C + y.C, x.D + y.D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double128x4 operator -(Double128x4 x, Double128x4 y) => new(x.A - y.A, x.B - y.B, x.C - y.C, x.D - y.D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double128x4 operator *(Double128x4 x, Double128x4 y) => new(x.A * y.A, x.B * y.B, x.C * y.C, x.D * y.D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double128x4 operator /(Double128x4 x, Double128x4 y) => new(x.A / y.A, x.B / y.B, x.C / y.C, x.D / y.D);
}

/// <summary>Sixteen float64 lanes in eight 128-bit registers, as two fours because the compiler keeps structs of at most four fields in registers.</summary>
internal readonly struct Double128x8(Double128x4 first, Double128x4 second)
{
    /// <summary>Lanes 0 to 7.</summary>
    public readonly Double128x4 First = first;

    /// <summary>Lanes 8 to 15.</summary>
    public readonly Double128x4 Second = second;
}

/// <summary>128-bit registers with a fused multiply-add: NEON, or x86 with wider registers switched off. Only portable vector calls.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Float128x4, Double128x8>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static bool Wide
    {
        [MethodImpl(Inline)]
        get => false;
    }

    public static ByteProduct? ByteProduct => null;

    [MethodImpl(Inline)]
    public static Float128x4 LoadF32(float* at) => new(Vector128.Load(at), Vector128.Load(at + 4), Vector128.Load(at + 8), Vector128.Load(at + 12));

    [MethodImpl(Inline)]
    public static Float128x4 LoadF16(ushort* at)
    {
        (Vector128<int> a, Vector128<int> b) = Vector128.Widen(Vector128.Load((short*)at));
        (Vector128<int> c, Vector128<int> d) = Vector128.Widen(Vector128.Load((short*)at + 8));
        return new(Half4(a), Half4(b), Half4(c), Half4(d));
    }

    [MethodImpl(Inline)]
    public static Float128x4 LoadBF16(ushort* at)
    {
        (Vector128<uint> a, Vector128<uint> b) = Vector128.Widen(Vector128.Load(at));
        (Vector128<uint> c, Vector128<uint> d) = Vector128.Widen(Vector128.Load(at + 8));
        return new((a << 16).AsSingle(), (b << 16).AsSingle(), (c << 16).AsSingle(), (d << 16).AsSingle());
    }

    [MethodImpl(Inline)]
    public static Float128x4 LoadI8(sbyte* at, float scale)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(at));
        (Vector128<int> a, Vector128<int> b) = Vector128.Widen(low);
        (Vector128<int> c, Vector128<int> d) = Vector128.Widen(high);
        Vector128<float> by = Vector128.Create(scale);
        return new(
            Vector128.ConvertToSingle(a) * by,
            Vector128.ConvertToSingle(b) * by,
            Vector128.ConvertToSingle(c) * by,
            Vector128.ConvertToSingle(d) * by);
    }

    [MethodImpl(Inline)]
    public static Double128x8 LoadWideF32(float* at) => Widen(LoadF32(at));

    [MethodImpl(Inline)]
    public static Double128x8 LoadF64(double* at) => new(Load8(at), Load8(at + 8));

    [MethodImpl(Inline)]
    public static void Store(Float128x4 value, float* at)
    {
        value.A.Store(at);
        value.B.Store(at + 4);
        value.C.Store(at + 8);
        value.D.Store(at + 12);
    }

    [MethodImpl(Inline)]
    public static void Store(Double128x8 value, double* at)
    {
        Store8(value.First, at);
        Store8(value.Second, at + 8);
    }

    [MethodImpl(Inline)]
    public static void StoreLowBytes(Float128x4 value, byte* at)
        => Vector128.Narrow(Vector128.Narrow(value.A.AsUInt32(), value.B.AsUInt32()), Vector128.Narrow(value.C.AsUInt32(), value.D.AsUInt32())).Store(at);

    [MethodImpl(Inline)]
    public static Float128x4 Broadcast(float value)
    {
        Vector128<float> four = Vector128.Create(value);
        return new(four, four, four, four);
    }

    [MethodImpl(Inline)]
    public static Double128x8 Broadcast(double value)
    {
        Vector128<double> two = Vector128.Create(value);
        Double128x4 eight = new(two, two, two, two);
        return new(eight, eight);
    }

    [MethodImpl(Inline)]
    public static Float128x4 Add(Float128x4 x, Float128x4 y) => new(x.A + y.A, x.B + y.B, x.C + y.C, x.D + y.D);

    [MethodImpl(Inline)]
    public static Float128x4 MultiplyAdd(Float128x4 x, Float128x4 y, Float128x4 sum) => new(
        Vector128.FusedMultiplyAdd(x.A, y.A, sum.A),
        Vector128.FusedMultiplyAdd(x.B, y.B, sum.B),
        Vector128.FusedMultiplyAdd(x.C, y.C, sum.C),
        Vector128.FusedMultiplyAdd(x.D, y.D, sum.D));

    [MethodImpl(Inline)]
    public static Float128x4 Min(Float128x4 x, Float128x4 y) => new(
        Vector128.MinNative(x.A, y.A), Vector128.MinNative(x.B, y.B), Vector128.MinNative(x.C, y.C), Vector128.MinNative(x.D, y.D));

    [MethodImpl(Inline)]
    public static Float128x4 Max(Float128x4 x, Float128x4 y) => new(
        Vector128.MaxNative(x.A, y.A), Vector128.MaxNative(x.B, y.B), Vector128.MaxNative(x.C, y.C), Vector128.MaxNative(x.D, y.D));

    [MethodImpl(Inline)]
    public static Float128x4 Abs(Float128x4 x) => new(Vector128.Abs(x.A), Vector128.Abs(x.B), Vector128.Abs(x.C), Vector128.Abs(x.D));

    [MethodImpl(Inline)]
    public static Float128x4 Sqrt(Float128x4 x) => new(Vector128.Sqrt(x.A), Vector128.Sqrt(x.B), Vector128.Sqrt(x.C), Vector128.Sqrt(x.D));

    [MethodImpl(Inline)]
    public static float Lowest(Float128x4 x) => Lowest(Vector128.MinNative(Vector128.MinNative(x.A, x.B), Vector128.MinNative(x.C, x.D)));

    [MethodImpl(Inline)]
    public static float Highest(Float128x4 x) => Highest(Vector128.MaxNative(Vector128.MaxNative(x.A, x.B), Vector128.MaxNative(x.C, x.D)));

    [MethodImpl(Inline)]
    public static float Lowest(Vector128<float> x)
    {
        x = Vector128.MinNative(x, Vector128.Shuffle(x, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MinNative(x, Vector128.Shuffle(x, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(Inline)]
    public static float Highest(Vector128<float> x)
    {
        x = Vector128.MaxNative(x, Vector128.Shuffle(x, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(x, Vector128.Shuffle(x, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(Inline)]
    public static float SumApproximately(Float128x4 x) => Vector128.Sum((x.A + x.B) + (x.C + x.D));

    [MethodImpl(Inline)]
    public static uint AtMost(Float128x4 x, Float128x4 bound)
        => Vector128.LessThanOrEqual(x.A, bound.A).ExtractMostSignificantBits()
        | (Vector128.LessThanOrEqual(x.B, bound.B).ExtractMostSignificantBits() << 4)
        | (Vector128.LessThanOrEqual(x.C, bound.C).ExtractMostSignificantBits() << 8)
        | (Vector128.LessThanOrEqual(x.D, bound.D).ExtractMostSignificantBits() << 12);

    [MethodImpl(Inline)]
    public static uint AtLeast(Float128x4 x, Float128x4 bound) => AtMost(bound, x);

    [MethodImpl(Inline)]
    public static Double128x8 Widen(Float128x4 x) => new(Widen(x.A, x.B), Widen(x.C, x.D));

    [MethodImpl(Inline)]
    public static Float128x4 Narrow(Double128x8 x) => new(
        Vector128.Narrow(x.First.A, x.First.B),
        Vector128.Narrow(x.First.C, x.First.D),
        Vector128.Narrow(x.Second.A, x.Second.B),
        Vector128.Narrow(x.Second.C, x.Second.D));

    [MethodImpl(Inline)]
    public static Double128x8 Add(Double128x8 x, Double128x8 y) => new(x.First + y.First, x.Second + y.Second);

    [MethodImpl(Inline)]
    public static Double128x8 Subtract(Double128x8 x, Double128x8 y) => new(x.First - y.First, x.Second - y.Second);

    [MethodImpl(Inline)]
    public static Double128x8 Multiply(Double128x8 x, Double128x8 y) => new(x.First * y.First, x.Second * y.Second);

    [MethodImpl(Inline)]
    public static Double128x8 MultiplyAddExact(Double128x8 x, Double128x8 y, Double128x8 sum)
        => new(MultiplyAddExact(x.First, y.First, sum.First), MultiplyAddExact(x.Second, y.Second, sum.Second));

    [MethodImpl(Inline)]
    public static Double128x8 Divide(Double128x8 x, Double128x8 y) => new(x.First / y.First, x.Second / y.Second);

    [MethodImpl(Inline)]
    public static Double128x8 Max(Double128x8 x, Double128x8 y) => new(Max(x.First, y.First), Max(x.Second, y.Second));

    [MethodImpl(Inline)]
    public static Double128x8 PowerOfTwo(Double128x8 shifted) => new(PowerOfTwo(shifted.First), PowerOfTwo(shifted.Second));

    [MethodImpl(Inline)]
    public static double Sum(Double128x8 x)
    {
        Double128x4 eight = x.First + x.Second;
        Vector128<double> two = (eight.A + eight.C) + (eight.B + eight.D);
        return two[0] + two[1];
    }

    [MethodImpl(Inline)]
    public static bool RoundsByAddition(Double128x8 x) => RoundsByAddition(x.First) && RoundsByAddition(x.Second);

    [MethodImpl(Inline)]
    public static void AddRounded(Double128x8 x, long* sums)
    {
        AddRounded(x.First, sums);
        AddRounded(x.Second, sums + 8);
    }

    [MethodImpl(Inline)]
    private static Double128x4 MultiplyAddExact(Double128x4 x, Double128x4 y, Double128x4 sum) => new(
        Vector128.FusedMultiplyAdd(x.A, y.A, sum.A),
        Vector128.FusedMultiplyAdd(x.B, y.B, sum.B),
        Vector128.FusedMultiplyAdd(x.C, y.C, sum.C),
        Vector128.FusedMultiplyAdd(x.D, y.D, sum.D));

    [MethodImpl(Inline)]
    private static Double128x4 Max(Double128x4 x, Double128x4 y)
        => new(Vector128.MaxNative(x.A, y.A), Vector128.MaxNative(x.B, y.B), Vector128.MaxNative(x.C, y.C), Vector128.MaxNative(x.D, y.D));

    [MethodImpl(Inline)]
    private static Double128x4 PowerOfTwo(Double128x4 shifted)
        => new(PowerOfTwo(shifted.A), PowerOfTwo(shifted.B), PowerOfTwo(shifted.C), PowerOfTwo(shifted.D));

    // The shift drops everything above k + 1023, which becomes the exponent.
    [MethodImpl(Inline)]
    private static Vector128<double> PowerOfTwo(Vector128<double> shifted) => ((shifted.AsInt64() + Vector128.Create(1023L)) << 52).AsDouble();

    [MethodImpl(Inline)]
    private static bool RoundsByAddition(Double128x4 x)
    {
        Vector128<double> ab = Vector128.MaxNative(Vector128.Abs(x.A), Vector128.Abs(x.B));
        Vector128<double> cd = Vector128.MaxNative(Vector128.Abs(x.C), Vector128.Abs(x.D));
        return Vector128.LessThanAll(Vector128.MaxNative(ab, cd), Vector128.Create(Rounding.Limit));
    }

    [MethodImpl(Inline)]
    private static void AddRounded(Double128x4 x, long* sums)
    {
        AddRounded(x.A, sums);
        AddRounded(x.B, sums + 2);
        AddRounded(x.C, sums + 4);
        AddRounded(x.D, sums + 6);
    }

    [MethodImpl(Inline)]
    private static void AddRounded(Vector128<double> x, long* sums)
    {
        Vector128<double> magic = Vector128.Create(Rounding.Magic);
        (Vector128.Load(sums) + ((x + magic).AsInt64() - magic.AsInt64())).Store(sums);
    }

    [MethodImpl(Inline)]
    private static Double128x4 Load8(double* at) => new(Vector128.Load(at), Vector128.Load(at + 2), Vector128.Load(at + 4), Vector128.Load(at + 6));

    [MethodImpl(Inline)]
    private static void Store8(Double128x4 value, double* at)
    {
        value.A.Store(at);
        value.B.Store(at + 2);
        value.C.Store(at + 4);
        value.D.Store(at + 6);
    }

    [MethodImpl(Inline)]
    private static Double128x4 Widen(Vector128<float> low, Vector128<float> high)
    {
        (Vector128<double> a, Vector128<double> b) = Vector128.Widen(low);
        (Vector128<double> c, Vector128<double> d) = Vector128.Widen(high);
        return new(a, b, c, d);
    }

    [MethodImpl(Inline)]
    private static Vector128<float> Half4(Vector128<int> half)
    {
        Vector128<int> spread = half << 13;
        Vector128<int> magnitude = spread & Vector128.Create(0x0FFFE000);
        Vector128<int> special = Vector128.GreaterThan(magnitude, Vector128.Create(0x0F7FFFFF)) & Vector128.Create(0x70000000);
        Vector128<int> bits = (spread & Vector128.Create(unchecked((int)0x8FFFE000))) | special;
        return bits.AsSingle() * Vector128.Create(HalfBits.Rescale);
    }
}
