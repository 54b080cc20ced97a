using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Cpu;

/// <summary>64 bytes in two 256-bit registers.</summary>
internal readonly struct Byte256x2(Vector256<byte> first, Vector256<byte> second)
{
    /// <summary>Columns 0 to 7.</summary>
    public readonly Vector256<byte> First = first;

    /// <summary>Columns 8 to 15.</summary>
    public readonly Vector256<byte> Second = second;
}

/// <summary>AVX2.</summary>
internal readonly unsafe struct ByteLanes256 : IByteLanes<Byte256x2>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static bool Wide
    {
        [MethodImpl(Inline)]
        get => false;
    }

    [MethodImpl(Inline)]
    public static Byte256x2 Load(byte* at) => new(Vector256.Load(at), Vector256.Load(at + 32));

    [MethodImpl(Inline)]
    public static Byte256x2 Broadcast(byte* at)
    {
        Vector256<byte> four = Vector256.Create(Unsafe.ReadUnaligned<int>(at)).AsByte();
        return new(four, four);
    }

    [MethodImpl(Inline)]
    public static Byte256x2 Multiply(Byte256x2 row, Byte256x2 columns)
        => new(Avx2.MultiplyAddAdjacent(row.First, columns.First.AsSByte()).AsByte(), Avx2.MultiplyAddAdjacent(row.Second, columns.Second.AsSByte()).AsByte());

    [MethodImpl(Inline)]
    public static Byte256x2 Add(Byte256x2 x, Byte256x2 y)
        => new((x.First.AsInt16() + y.First.AsInt16()).AsByte(), (x.Second.AsInt16() + y.Second.AsInt16()).AsByte());

    [MethodImpl(Inline)]
    public static Byte256x2 AddPairs(Byte256x2 totals, Byte256x2 sums)
    {
        Vector256<short> ones = Vector256.Create((short)1);
        return new(
            (totals.First.AsInt32() + Avx2.MultiplyAddAdjacent(sums.First.AsInt16(), ones)).AsByte(),
            (totals.Second.AsInt32() + Avx2.MultiplyAddAdjacent(sums.Second.AsInt16(), ones)).AsByte());
    }

    [MethodImpl(Inline)]
    public static void Store(Byte256x2 totals, float rowScale, float* columnScales, float share, float* offsets, float* to)
    {
        Vector256<float> scale = Vector256.Create(rowScale), by = Vector256.Create(share);
        Vector256<float> low = Vector256.ConvertToSingle(totals.First.AsInt32()) * (scale * Vector256.Load(columnScales));
        Vector256<float> high = Vector256.ConvertToSingle(totals.Second.AsInt32()) * (scale * Vector256.Load(columnScales + 8));
        Vector256.FusedMultiplyAdd(by, Vector256.Load(offsets), low).Store(to);
        Vector256.FusedMultiplyAdd(by, Vector256.Load(offsets + 8), high).Store(to + 8);
    }
}
