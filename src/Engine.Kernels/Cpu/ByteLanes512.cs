using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Cpu;

/// <summary>AVX-512 BW: sixteen columns are one register.</summary>
internal readonly unsafe struct ByteLanes512 : IByteLanes<Vector512<byte>>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static bool Wide
    {
        [MethodImpl(Inline)]
        get => true;
    }

    [MethodImpl(Inline)]
    public static Vector512<byte> Load(byte* at) => Vector512.Load(at);

    [MethodImpl(Inline)]
    public static Vector512<byte> Broadcast(byte* at) => Vector512.Create(Unsafe.ReadUnaligned<int>(at)).AsByte();

    [MethodImpl(Inline)]
    public static Vector512<byte> Multiply(Vector512<byte> row, Vector512<byte> columns) => Avx512BW.MultiplyAddAdjacent(row, columns.AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static Vector512<byte> Add(Vector512<byte> x, Vector512<byte> y) => (x.AsInt16() + y.AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static Vector512<byte> AddPairs(Vector512<byte> totals, Vector512<byte> sums)
        => (totals.AsInt32() + Avx512BW.MultiplyAddAdjacent(sums.AsInt16(), Vector512.Create((short)1))).AsByte();

    [MethodImpl(Inline)]
    public static void Store(Vector512<byte> totals, float rowScale, float* columnScales, float share, float* offsets, float* to)
    {
        Vector512<float> scaled = Vector512.ConvertToSingle(totals.AsInt32()) * (Vector512.Create(rowScale) * Vector512.Load(columnScales));
        Vector512.FusedMultiplyAdd(Vector512.Create(share), Vector512.Load(offsets), scaled).Store(to);
    }
}
