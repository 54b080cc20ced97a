using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Cpu;

/// <summary>Float16 straight to float64 in 512-bit registers: weighted sums of tokens, thirty-two columns at a time.</summary>
/// <remarks>
/// A register of 32 halves is 8 times 64 bits. Each half is shifted so that its sign is bit 63 and the rest bits 42 to 56, which is a float64 that is
/// 2^1008 times too small, denormals included: two shifts and one mask for eight elements, and no float32 on the way. Weights are 2^500 times
/// too large, so sums stay far from both ends of float64, and a power of two changes no bit of them. Two consequences: the eight
/// elements of part k are those at k, k + 4, k + 8 .. of the 32, so sums wait in that order until <see cref="InOrder"/>; and an exponent of
/// all ones is not seen for what it is, so <see cref="AddTwo"/> and <see cref="AddOne"/> tell when there was one.
/// </remarks>
internal static unsafe class Halves512
{
    /// <summary>Elements in a group; rows are padded to whole groups.</summary>
    public const int Group = 32;

    // Nearer lines arrive late.
    private const nint Ahead = 32 << 10;

    private const double WeightScale = 3.273390607896142e150; // 2^500
    private const double SumScale = 8.379879956214123e152; // 2^508
    private const ushort Special = 0xF7FF;

    /// <summary>Adds two neighbouring tokens to the sums.</summary>
    /// <param name="first">The first token, dim elements.</param>
    /// <param name="stride">Bytes to the second.</param>
    /// <param name="dim">Elements.</param>
    /// <param name="weight">The first one's weight, below 2^29.</param>
    /// <param name="next">The second one's.</param>
    /// <param name="sums">[dim, padded to whole groups], in the order of the parts.</param>
    /// <returns>False when an element is an infinity or NaN: the sums are worthless then.</returns>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AddTwo(byte* first, nint stride, int dim, double weight, double next, double* sums)
    {
        Sixteen tail, tailNext;
        int whole = dim & ~(Group - 1);
        CopyTail(first, whole, dim, tail.Bytes);
        CopyTail(first + stride, whole, dim, tailNext.Bytes);
        Vector512<double> w = Vector512.Create(weight * WeightScale), v = Vector512.Create(next * WeightScale);
        Vector512<ushort> highest = default;
        byte* ahead = first + Ahead;
        for (int j = 0; j < whole; j += Group)
        {
            byte* at = first + ((nint)j * sizeof(ushort));
            Prefetch.Later(ahead, 128);
            ahead += 128;
            Parts parts = new(sums + j);
            highest = parts.Add(at, w, highest);
            highest = parts.Add(at + stride, v, highest);
            parts.Store(sums + j);
        }

        if (whole < dim)
        {
            Parts parts = new(sums + whole);
            highest = parts.Add(tail.Bytes, w, highest);
            highest = parts.Add(tailNext.Bytes, v, highest);
            parts.Store(sums + whole);
        }

        return !Vector512.GreaterThanAny(highest, Vector512.Create(Special));
    }

    /// <summary>Adds one token to the sums, as <see cref="AddTwo"/> does.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AddOne(byte* token, int dim, double weight, double* sums)
    {
        Sixteen tail;
        int whole = dim & ~(Group - 1);
        CopyTail(token, whole, dim, tail.Bytes);
        Vector512<double> w = Vector512.Create(weight * WeightScale);
        Vector512<ushort> highest = default;
        for (int j = 0; j < whole; j += Group)
        {
            Parts parts = new(sums + j);
            highest = parts.Add(token + ((nint)j * sizeof(ushort)), w, highest);
            parts.Store(sums + j);
        }

        if (whole < dim)
        {
            Parts parts = new(sums + whole);
            highest = parts.Add(tail.Bytes, w, highest);
            parts.Store(sums + whole);
        }

        return !Vector512.GreaterThanAny(highest, Vector512.Create(Special));
    }

    /// <summary>Brings sums into the order of their columns and to their true size.</summary>
    /// <param name="sums">[length], in the order of the parts.</param>
    /// <param name="length">A multiple of <see cref="Group"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InOrder(double* sums, int length)
    {
        Vector512<long> low = Vector512.Create(0L, 8, 1, 9, 2, 10, 3, 11), high = Vector512.Create(4L, 12, 5, 13, 6, 14, 7, 15);
        Vector512<long> lowPairs = Vector512.Create(0L, 1, 8, 9, 2, 3, 10, 11), highPairs = Vector512.Create(4L, 5, 12, 13, 6, 7, 14, 15);
        Vector512<double> scale = Vector512.Create(SumScale);
        for (int j = 0; j < length; j += Group)
        {
            double* at = sums + j;
            Vector512<double> p0 = Vector512.Load(at), p1 = Vector512.Load(at + 8), p2 = Vector512.Load(at + 16), p3 = Vector512.Load(at + 24);
            Vector512<double> a = Avx512F.PermuteVar8x64x2(p0, low, p1), b = Avx512F.PermuteVar8x64x2(p2, low, p3);
            Vector512<double> c = Avx512F.PermuteVar8x64x2(p0, high, p1), d = Avx512F.PermuteVar8x64x2(p2, high, p3);
            (Avx512F.PermuteVar8x64x2(a, lowPairs, b) * scale).Store(at);
            (Avx512F.PermuteVar8x64x2(a, highPairs, b) * scale).Store(at + 8);
            (Avx512F.PermuteVar8x64x2(c, lowPairs, d) * scale).Store(at + 16);
            (Avx512F.PermuteVar8x64x2(c, highPairs, d) * scale).Store(at + 24);
        }
    }

    private static void CopyTail(byte* x, int from, int dim, byte* to)
    {
        if (from == dim) return;
        new Span<byte>(to, Group * sizeof(ushort)).Clear();
        Unsafe.CopyBlockUnaligned(to, x + ((nint)from * sizeof(ushort)), (uint)((dim - from) * sizeof(ushort)));
    }

    /// <summary>The sums of a group: part k holds those of elements k, k + 4, k + 8 ..</summary>
    private ref struct Parts
    {
        private Vector512<double> _part0;
        private Vector512<double> _part1;
        private Vector512<double> _part2;
        private Vector512<double> _part3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Parts(double* at)
        {
            _part0 = Vector512.Load(at);
            _part1 = Vector512.Load(at + 8);
            _part2 = Vector512.Load(at + 16);
            _part3 = Vector512.Load(at + 24);
        }

        /// <summary>Adds weight times thirty-two halves; gives the highest of their bits without the sign, twice.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<ushort> Add(byte* at, Vector512<double> weight, Vector512<ushort> highest)
        {
            Vector512<long> v = Vector512.Load((long*)at), kept = Vector512.Create(unchecked((long)0x81FFFC0000000000));
            _part0 = Vector512.FusedMultiplyAdd(weight, (((v << 48) >> 6) & kept).AsDouble(), _part0);
            _part1 = Vector512.FusedMultiplyAdd(weight, (((v << 32) >> 6) & kept).AsDouble(), _part1);
            _part2 = Vector512.FusedMultiplyAdd(weight, (((v << 16) >> 6) & kept).AsDouble(), _part2);
            _part3 = Vector512.FusedMultiplyAdd(weight, ((v >> 6) & kept).AsDouble(), _part3);
            return Vector512.Max(highest, v.AsUInt16() + v.AsUInt16());
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(double* at)
        {
            _part0.Store(at);
            _part1.Store(at + 8);
            _part2.Store(at + 16);
            _part3.Store(at + 24);
        }
    }
}
