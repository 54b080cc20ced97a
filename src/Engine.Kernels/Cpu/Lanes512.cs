using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Cpu;

/// <summary>Sixteen float64 lanes in two 512-bit registers.</summary>
internal readonly struct Double512x2(Vector512<double> first, Vector512<double> second)
{
    /// <summary>Lanes 0 to 7.</summary>
    public readonly Vector512<double> First = first;

    /// <summary>Lanes 8 to 15.</summary>
    public readonly Vector512<double> Second = second;
}

/// <summary>AVX-512: sixteen float32 lanes are one register.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>, Double512x2>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static bool Wide
    {
        [MethodImpl(Inline)]
        get => true;
    }

    public static ByteProduct? ByteProduct => DotProductBytes.Instance ?? (Avx512BW.IsSupported ? ByteProduct<ByteLanes512, Vector512<byte>>.Instance : null);

    [MethodImpl(Inline)]
    public static Vector512<float> LoadF32(float* at) => Vector512.Load(at);

    [MethodImpl(Inline)]
    public static Vector512<float> LoadF16(ushort* at)
    {
        // Sign in bit 31, the 15 other bits in 13..27: a float32 that is 2^112 times too small, denormals included.
        Vector512<int> spread = Avx512F.ConvertToVector512Int32(Vector256.Load((short*)at)) << 13;
        Vector512<int> magnitude = spread & Vector512.Create(0x0FFFE000);
        Vector512<int> bits = spread & Vector512.Create(unchecked((int)0x8FFFE000));
        bits = Vector512.ConditionalSelect(Vector512.GreaterThan(magnitude, Vector512.Create(0x0F7FFFFF)), bits | Vector512.Create(0x70000000), bits);
        return bits.AsSingle() * Vector512.Create(HalfBits.Rescale);
    }

    [MethodImpl(Inline)]
    public static Vector512<float> LoadBF16(ushort* at) => (Avx512F.ConvertToVector512Int32(Vector256.Load(at)) << 16).AsSingle();

    [MethodImpl(Inline)]
    public static Vector512<float> LoadI8(sbyte* at, float scale)
        => Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(at))) * Vector512.Create(scale);

    [MethodImpl(Inline)]
    public static Double512x2 LoadWideF32(float* at) => new(Avx512F.ConvertToVector512Double(Vector256.Load(at)), Avx512F.ConvertToVector512Double(Vector256.Load(at + 8)));

    [MethodImpl(Inline)]
    public static Double512x2 LoadF64(double* at) => new(Vector512.Load(at), Vector512.Load(at + 8));

    [MethodImpl(Inline)]
    public static void Store(Vector512<float> value, float* at) => value.Store(at);

    [MethodImpl(Inline)]
    public static void Store(Double512x2 value, double* at)
    {
        value.First.Store(at);
        value.Second.Store(at + 8);
    }

    [MethodImpl(Inline)]
    public static void StoreLowBytes(Vector512<float> value, byte* at) => Avx512F.ConvertToVector128Byte(value.AsUInt32()).Store(at);

    [MethodImpl(Inline)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(Inline)]
    public static Double512x2 Broadcast(double value) => new(Vector512.Create(value), Vector512.Create(value));

    [MethodImpl(Inline)]
    public static Vector512<float> Add(Vector512<float> x, Vector512<float> y) => x + y;

    [MethodImpl(Inline)]
    public static Vector512<float> MultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> sum) => Vector512.FusedMultiplyAdd(x, y, sum);

    [MethodImpl(Inline)]
    public static Vector512<float> Min(Vector512<float> x, Vector512<float> y) => Vector512.MinNative(x, y);

    [MethodImpl(Inline)]
    public static Vector512<float> Max(Vector512<float> x, Vector512<float> y) => Vector512.MaxNative(x, y);

    [MethodImpl(Inline)]
    public static Vector512<float> Abs(Vector512<float> x) => Vector512.Abs(x);

    [MethodImpl(Inline)]
    public static Vector512<float> Sqrt(Vector512<float> x) => Vector512.Sqrt(x);

    [MethodImpl(Inline)]
    public static float Lowest(Vector512<float> x) => Lanes256.Lowest(Vector256.MinNative(x.GetLower(), x.GetUpper()));

    [MethodImpl(Inline)]
    public static float Highest(Vector512<float> x) => Lanes256.Highest(Vector256.MaxNative(x.GetLower(), x.GetUpper()));

    [MethodImpl(Inline)]
    public static float SumApproximately(Vector512<float> x) => Vector512.Sum(x);

    [MethodImpl(Inline)]
    public static uint AtMost(Vector512<float> x, Vector512<float> bound) => (uint)Vector512.LessThanOrEqual(x, bound).ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static uint AtLeast(Vector512<float> x, Vector512<float> bound) => (uint)Vector512.GreaterThanOrEqual(x, bound).ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static Double512x2 Widen(Vector512<float> x) => new(Avx512F.ConvertToVector512Double(x.GetLower()), Avx512F.ConvertToVector512Double(x.GetUpper()));

    [MethodImpl(Inline)]
    public static Vector512<float> Narrow(Double512x2 x)
        => Vector512.Create(Avx512F.ConvertToVector256Single(x.First), Avx512F.ConvertToVector256Single(x.Second));

    [MethodImpl(Inline)]
    public static Double512x2 Add(Double512x2 x, Double512x2 y) => new(x.First + y.First, x.Second + y.Second);

    [MethodImpl(Inline)]
    public static Double512x2 Subtract(Double512x2 x, Double512x2 y) => new(x.First - y.First, x.Second - y.Second);

    [MethodImpl(Inline)]
    public static Double512x2 Multiply(Double512x2 x, Double512x2 y) => new(x.First * y.First, x.Second * y.Second);

    [MethodImpl(Inline)]
    public static Double512x2 MultiplyAddExact(Double512x2 x, Double512x2 y, Double512x2 sum)
        => new(Vector512.FusedMultiplyAdd(x.First, y.First, sum.First), Vector512.FusedMultiplyAdd(x.Second, y.Second, sum.Second));

    [MethodImpl(Inline)]
    public static Double512x2 Divide(Double512x2 x, Double512x2 y) => new(x.First / y.First, x.Second / y.Second);

    [MethodImpl(Inline)]
    public static Double512x2 Max(Double512x2 x, Double512x2 y) => new(Vector512.MaxNative(x.First, y.First), Vector512.MaxNative(x.Second, y.Second));

    [MethodImpl(Inline)]
    public static Double512x2 PowerOfTwo(Double512x2 shifted)
    {
        // The shift drops everything above k + 1023, which becomes the exponent.
        Vector512<long> bias = Vector512.Create(1023L);
        return new(((shifted.First.AsInt64() + bias) << 52).AsDouble(), ((shifted.Second.AsInt64() + bias) << 52).AsDouble());
    }

    [MethodImpl(Inline)]
    public static double Sum(Double512x2 x)
    {
        Vector512<double> eight = x.First + x.Second;
        Vector256<double> four = eight.GetLower() + eight.GetUpper();
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    [MethodImpl(Inline)]
    public static bool RoundsByAddition(Double512x2 x)
    {
        Vector512<double> largest = Vector512.MaxNative(Vector512.Abs(x.First), Vector512.Abs(x.Second));
        return Vector512.LessThanAll(largest, Vector512.Create(Rounding.Limit));
    }

    [MethodImpl(Inline)]
    public static void AddRounded(Double512x2 x, long* sums)
    {
        Vector512<double> magic = Vector512.Create(Rounding.Magic);
        (Vector512.Load(sums) + ((x.First + magic).AsInt64() - magic.AsInt64())).Store(sums);
        (Vector512.Load(sums + 8) + ((x.Second + magic).AsInt64() - magic.AsInt64())).Store(sums + 8);
    }
}
