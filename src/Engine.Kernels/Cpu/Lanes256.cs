using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Cpu;

/// <summary>Sixteen float32 lanes in two 256-bit registers.</summary>
internal readonly struct Float256x2(Vector256<float> first, Vector256<float> second)
{
    /// <summary>Lanes 0 to 7.</summary>
    public readonly Vector256<float> First = first;

    /// <summary>Lanes 8 to 15.</summary>
    public readonly Vector256<float> Second = second;
}

/// <summary>Sixteen float64 lanes in four 256-bit registers.</summary>
internal readonly struct Double256x4(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d)
{
    /// <summary>Lanes 0 to 3.</summary>
    public readonly Vector256<double> A = a;

    /// <summary>Lanes 4 to 7.</summary>
    public readonly Vector256<double> B = b;

    /// <summary>Lanes 8 to 11.</summary>
    public readonly Vector256<double> C = c;

    /// <summary>Lanes 12 to 15.</summary>
    public readonly Vector256<double> D = d;
}

/// <summary>AVX2 with FMA.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Float256x2, Double256x4>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static bool Wide
    {
        [MethodImpl(Inline)]
        get => false;
    }

    public static ByteProduct? ByteProduct => ByteProduct<ByteLanes256, Byte256x2>.Instance;

    [MethodImpl(Inline)]
    public static Float256x2 LoadF32(float* at) => new(Vector256.Load(at), Vector256.Load(at + 8));

    [MethodImpl(Inline)]
    public static Float256x2 LoadF16(ushort* at) => new(Half8((short*)at), Half8((short*)at + 8));

    [MethodImpl(Inline)]
    public static Float256x2 LoadBF16(ushort* at)
        => new((Avx2.ConvertToVector256Int32(at) << 16).AsSingle(), (Avx2.ConvertToVector256Int32(at + 8) << 16).AsSingle());

    [MethodImpl(Inline)]
    public static Float256x2 LoadI8(sbyte* at, float scale)
    {
        Vector256<float> by = Vector256.Create(scale);
        return new(
            Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(at)) * by,
            Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(at + 8)) * by);
    }

    [MethodImpl(Inline)]
    public static Double256x4 LoadWideF32(float* at) => new(
        Avx.ConvertToVector256Double(Vector128.Load(at)),
        Avx.ConvertToVector256Double(Vector128.Load(at + 4)),
        Avx.ConvertToVector256Double(Vector128.Load(at + 8)),
        Avx.ConvertToVector256Double(Vector128.Load(at + 12)));

    [MethodImpl(Inline)]
    public static Double256x4 LoadF64(double* at) => new(Vector256.Load(at), Vector256.Load(at + 4), Vector256.Load(at + 8), Vector256.Load(at + 12));

    [MethodImpl(Inline)]
    public static void Store(Float256x2 value, float* at)
    {
        value.First.Store(at);
        value.Second.Store(at + 8);
    }

    [MethodImpl(Inline)]
    public static void Store(Double256x4 value, double* at)
    {
        value.A.Store(at);
        value.B.Store(at + 4);
        value.C.Store(at + 8);
        value.D.Store(at + 12);
    }

    [MethodImpl(Inline)]
    public static void StoreLowBytes(Float256x2 value, byte* at)
    {
        Vector256<ushort> low = Vector256.Narrow(value.First.AsUInt32(), value.Second.AsUInt32());
        Vector128.Narrow(low.GetLower(), low.GetUpper()).Store(at);
    }

    [MethodImpl(Inline)]
    public static Float256x2 Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(Inline)]
    public static Double256x4 Broadcast(double value)
    {
        Vector256<double> four = Vector256.Create(value);
        return new(four, four, four, four);
    }

    [MethodImpl(Inline)]
    public static Float256x2 Add(Float256x2 x, Float256x2 y) => new(x.First + y.First, x.Second + y.Second);

    [MethodImpl(Inline)]
    public static Float256x2 MultiplyAdd(Float256x2 x, Float256x2 y, Float256x2 sum)
        => new(Vector256.FusedMultiplyAdd(x.First, y.First, sum.First), Vector256.FusedMultiplyAdd(x.Second, y.Second, sum.Second));

    [MethodImpl(Inline)]
    public static Float256x2 Min(Float256x2 x, Float256x2 y) => new(Vector256.MinNative(x.First, y.First), Vector256.MinNative(x.Second, y.Second));

    [MethodImpl(Inline)]
    public static Float256x2 Max(Float256x2 x, Float256x2 y) => new(Vector256.MaxNative(x.First, y.First), Vector256.MaxNative(x.Second, y.Second));

    [MethodImpl(Inline)]
    public static Float256x2 Abs(Float256x2 x) => new(Vector256.Abs(x.First), Vector256.Abs(x.Second));

    [MethodImpl(Inline)]
    public static Float256x2 Sqrt(Float256x2 x) => new(Vector256.Sqrt(x.First), Vector256.Sqrt(x.Second));

    [MethodImpl(Inline)]
    public static float Lowest(Float256x2 x) => Lowest(Vector256.MinNative(x.First, x.Second));

    [MethodImpl(Inline)]
    public static float Highest(Float256x2 x) => Highest(Vector256.MaxNative(x.First, x.Second));

    [MethodImpl(Inline)]
    public static float Lowest(Vector256<float> x) => Lanes128.Lowest(Vector128.MinNative(x.GetLower(), x.GetUpper()));

    [MethodImpl(Inline)]
    public static float Highest(Vector256<float> x) => Lanes128.Highest(Vector128.MaxNative(x.GetLower(), x.GetUpper()));

    [MethodImpl(Inline)]
    public static float SumApproximately(Float256x2 x) => Vector256.Sum(x.First + x.Second);

    [MethodImpl(Inline)]
    public static uint AtMost(Float256x2 x, Float256x2 bound)
        => Vector256.LessThanOrEqual(x.First, bound.First).ExtractMostSignificantBits()
        | (Vector256.LessThanOrEqual(x.Second, bound.Second).ExtractMostSignificantBits() << 8);

    [MethodImpl(Inline)]
    public static uint AtLeast(Float256x2 x, Float256x2 bound) => AtMost(bound, x);

    [MethodImpl(Inline)]
    public static Double256x4 Widen(Float256x2 x) => new(
        Avx.ConvertToVector256Double(x.First.GetLower()),
        Avx.ConvertToVector256Double(x.First.GetUpper()),
        Avx.ConvertToVector256Double(x.Second.GetLower()),
        Avx.ConvertToVector256Double(x.Second.GetUpper()));

    [MethodImpl(Inline)]
    public static Float256x2 Narrow(Double256x4 x) => new(
        Vector256.Create(Avx.ConvertToVector128Single(x.A), Avx.ConvertToVector128Single(x.B)),
        Vector256.Create(Avx.ConvertToVector128Single(x.C), Avx.ConvertToVector128Single(x.D)));

    [MethodImpl(Inline)]
    public static Double256x4 Add(Double256x4 x, Double256x4 y) => new(x.A + y.A, x.B + y.B, x.C + y.C, x.D + y.D);

    [MethodImpl(Inline)]
    public static Double256x4 Subtract(Double256x4 x, Double256x4 y) => new(x.A - y.A, x.B - y.B, x.C - y.C, x.D - y.D);

    [MethodImpl(Inline)]
    public static Double256x4 Multiply(Double256x4 x, Double256x4 y) => new(x.A * y.A, x.B * y.B, x.C * y.C, x.D * y.D);

    [MethodImpl(Inline)]
    public static Double256x4 MultiplyAddExact(Double256x4 x, Double256x4 y, Double256x4 sum) => new(
        Vector256.FusedMultiplyAdd(x.A, y.A, sum.A),
        Vector256.FusedMultiplyAdd(x.B, y.B, sum.B),
        Vector256.FusedMultiplyAdd(x.C, y.C, sum.C),
        Vector256.FusedMultiplyAdd(x.D, y.D, sum.D));

    [MethodImpl(Inline)]
    public static Double256x4 Divide(Double256x4 x, Double256x4 y) => new(x.A / y.A, x.B / y.B, x.C / y.C, x.D / y.D);

    [MethodImpl(Inline)]
    public static Double256x4 Max(Double256x4 x, Double256x4 y)
        => new(Vector256.MaxNative(x.A, y.A), Vector256.MaxNative(x.B, y.B), Vector256.MaxNative(x.C, y.C), Vector256.MaxNative(x.D, y.D));

    [MethodImpl(Inline)]
    public static Double256x4 PowerOfTwo(Double256x4 shifted)
        => new(PowerOfTwo(shifted.A), PowerOfTwo(shifted.B), PowerOfTwo(shifted.C), PowerOfTwo(shifted.D));

    // The shift drops everything above k + 1023, which becomes the exponent.
    [MethodImpl(Inline)]
    private static Vector256<double> PowerOfTwo(Vector256<double> shifted) => ((shifted.AsInt64() + Vector256.Create(1023L)) << 52).AsDouble();

    [MethodImpl(Inline)]
    public static double Sum(Double256x4 x)
    {
        Vector256<double> four = (x.A + x.C) + (x.B + x.D);
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    [MethodImpl(Inline)]
    public static bool RoundsByAddition(Double256x4 x)
    {
        Vector256<double> ab = Vector256.MaxNative(Vector256.Abs(x.A), Vector256.Abs(x.B));
        Vector256<double> cd = Vector256.MaxNative(Vector256.Abs(x.C), Vector256.Abs(x.D));
        return Vector256.LessThanAll(Vector256.MaxNative(ab, cd), Vector256.Create(Rounding.Limit));
    }

    [MethodImpl(Inline)]
    public static void AddRounded(Double256x4 x, long* sums)
    {
        AddRounded(x.A, sums);
        AddRounded(x.B, sums + 4);
        AddRounded(x.C, sums + 8);
        AddRounded(x.D, sums + 12);
    }

    [MethodImpl(Inline)]
    private static void AddRounded(Vector256<double> x, long* sums)
    {
        Vector256<double> magic = Vector256.Create(Rounding.Magic);
        (Vector256.Load(sums) + ((x + magic).AsInt64() - magic.AsInt64())).Store(sums);
    }

    [MethodImpl(Inline)]
    private static Vector256<float> Half8(short* at)
    {
        Vector256<int> spread = Avx2.ConvertToVector256Int32(at) << 13;
        Vector256<int> magnitude = spread & Vector256.Create(0x0FFFE000);
        Vector256<int> special = Vector256.GreaterThan(magnitude, Vector256.Create(0x0F7FFFFF)) & Vector256.Create(0x70000000);
        Vector256<int> bits = (spread & Vector256.Create(unchecked((int)0x8FFFE000))) | special;
        return bits.AsSingle() * Vector256.Create(HalfBits.Rescale);
    }
}
