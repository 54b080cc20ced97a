using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The canonical arithmetic on one row: float64, sixteen lanes in ascending order, multiply then add, one reduction tree.</summary>
/// <remarks>These values decide; their bits are the same for every implementation of <see cref="ILanes{TFloat, TDouble}"/>. kernels/README.md states the rule.</remarks>
internal static unsafe class RowMath<TLanes, TFloat, TDouble>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    /// <summary>sum x[j] * y[j].</summary>
    /// <param name="x">dim elements of <typeparamref name="TX"/>.</param>
    /// <param name="scale">The matrix's scale, for 8-bit elements.</param>
    /// <param name="y">dim elements of <typeparamref name="TY"/>.</param>
    /// <param name="dim">Elements, at least 1.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot<TX, TY>(byte* x, float scale, byte* y, int dim)
        where TX : struct, IOperand
        where TY : struct, IOperand
    {
        Sixteen xTail, yTail;
        int whole = dim & ~15;
        CopyTail<TX>(x, whole, dim, xTail.Bytes);
        CopyTail<TY>(y, whole, dim, yTail.Bytes);
        TDouble sum = default;
        for (int j = 0; j < whole; j += 16)
            sum = AddProduct<TX, TY>(sum, Load<TX>(x, j, scale), Load<TY>(y, j, 1));
        if (whole < dim)
            sum = AddProduct<TX, TY>(sum, Load<TX>(xTail.Bytes, 0, scale), Load<TY>(yTail.Bytes, 0, 1));
        return TLanes.Sum(sum);
    }

    /// <summary>Four dot products of one row, which is loaded once.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dot4<TX, TY>(byte* x, float scale, byte* y0, byte* y1, byte* y2, byte* y3, int dim, double* dots)
        where TX : struct, IOperand
        where TY : struct, IOperand
    {
        Sixteen xTail, tail0, tail1, tail2, tail3;
        int whole = dim & ~15;
        CopyTail<TX>(x, whole, dim, xTail.Bytes);
        CopyTail<TY>(y0, whole, dim, tail0.Bytes);
        CopyTail<TY>(y1, whole, dim, tail1.Bytes);
        CopyTail<TY>(y2, whole, dim, tail2.Bytes);
        CopyTail<TY>(y3, whole, dim, tail3.Bytes);
        TDouble s0 = default, s1 = default, s2 = default, s3 = default;
        for (int j = 0; j < whole; j += 16)
        {
            TDouble v = Load<TX>(x, j, scale);
            s0 = AddProduct<TX, TY>(s0, v, Load<TY>(y0, j, 1));
            s1 = AddProduct<TX, TY>(s1, v, Load<TY>(y1, j, 1));
            s2 = AddProduct<TX, TY>(s2, v, Load<TY>(y2, j, 1));
            s3 = AddProduct<TX, TY>(s3, v, Load<TY>(y3, j, 1));
        }

        if (whole < dim)
        {
            TDouble v = Load<TX>(xTail.Bytes, 0, scale);
            s0 = AddProduct<TX, TY>(s0, v, Load<TY>(tail0.Bytes, 0, 1));
            s1 = AddProduct<TX, TY>(s1, v, Load<TY>(tail1.Bytes, 0, 1));
            s2 = AddProduct<TX, TY>(s2, v, Load<TY>(tail2.Bytes, 0, 1));
            s3 = AddProduct<TX, TY>(s3, v, Load<TY>(tail3.Bytes, 0, 1));
        }

        dots[0] = TLanes.Sum(s0);
        dots[1] = TLanes.Sum(s1);
        dots[2] = TLanes.Sum(s2);
        dots[3] = TLanes.Sum(s3);
    }

    /// <summary>sum x[j]². Finite exactly when every element is, and zero exactly when every element is: float32 squares neither overflow nor vanish in float64.</summary>
    /// <param name="x">dim elements.</param>
    /// <param name="scale">The matrix's scale, for 8-bit elements.</param>
    /// <param name="dim">Elements, at least 1.</param>
    /// <param name="largest">max |x[j]| where every element is finite.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SquaredNorm<TX>(byte* x, float scale, int dim, out float largest)
        where TX : struct, IElement
    {
        Sixteen tail;
        int whole = dim & ~15;
        CopyTail<TX>(x, whole, dim, tail.Bytes);
        TDouble sum = default;
        TFloat high = default;
        for (int j = 0; j < whole; j += 16)
        {
            TFloat v = TX.Load<TLanes, TFloat, TDouble>(x + (nint)j * TX.Size, scale);
            TDouble wide = TLanes.Widen(v);
            high = TLanes.Max(high, TLanes.Abs(v));
            sum = TLanes.MultiplyAddExact(wide, wide, sum);
        }

        if (whole < dim)
        {
            TFloat v = TX.Load<TLanes, TFloat, TDouble>(tail.Bytes, scale);
            TDouble wide = TLanes.Widen(v);
            high = TLanes.Max(high, TLanes.Abs(v));
            sum = TLanes.MultiplyAddExact(wide, wide, sum);
        }

        largest = TLanes.Highest(high);
        return TLanes.Sum(sum);
    }

    /// <summary>sum (s * x[j] - c[j])².</summary>
    /// <param name="x">dim elements of <typeparamref name="TX"/>.</param>
    /// <param name="scale">The matrix's scale, for 8-bit elements.</param>
    /// <param name="s">The row's scale.</param>
    /// <param name="c">dim elements of <typeparamref name="TC"/>.</param>
    /// <param name="dim">Elements, at least 1.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SquaredDistance<TX, TC>(byte* x, float scale, double s, byte* c, int dim)
        where TX : struct, IOperand
        where TC : struct, IOperand
    {
        Sixteen xTail, cTail;
        int whole = dim & ~15;
        CopyTail<TX>(x, whole, dim, xTail.Bytes);
        CopyTail<TC>(c, whole, dim, cTail.Bytes);
        TDouble sum = default, by = TLanes.Broadcast(s);
        if (s == 1)
        {
            for (int j = 0; j < whole; j += 16) sum = AddSquare(sum, Load<TX>(x, j, scale), Load<TC>(c, j, 1));
        }
        else
        {
            for (int j = 0; j < whole; j += 16) sum = AddSquare(sum, TLanes.Multiply(by, Load<TX>(x, j, scale)), Load<TC>(c, j, 1));
        }

        if (whole < dim)
            sum = AddSquare(sum, TLanes.Multiply(by, Load<TX>(xTail.Bytes, 0, scale)), Load<TC>(cTail.Bytes, 0, 1));
        return TLanes.Sum(sum);
    }

    /// <summary>Four squared distances of one row, which is loaded and scaled once.</summary>
    /// <param name="x">dim elements of <typeparamref name="TX"/>.</param>
    /// <param name="scale">The matrix's scale, for 8-bit elements.</param>
    /// <param name="s">The row's scale.</param>
    /// <param name="c">Four centres, dim elements each.</param>
    /// <param name="dim">Elements, at least 1.</param>
    /// <param name="distances">Destination, [4].</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SquaredDistance4<TX, TC>(byte* x, float scale, double s, byte** c, int dim, double* distances)
        where TX : struct, IOperand
        where TC : struct, IOperand
    {
        Sixteen xTail, tail0, tail1, tail2, tail3;
        byte* c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
        int whole = dim & ~15;
        CopyTail<TX>(x, whole, dim, xTail.Bytes);
        CopyTail<TC>(c0, whole, dim, tail0.Bytes);
        CopyTail<TC>(c1, whole, dim, tail1.Bytes);
        CopyTail<TC>(c2, whole, dim, tail2.Bytes);
        CopyTail<TC>(c3, whole, dim, tail3.Bytes);
        TDouble s0 = default, s1 = default, s2 = default, s3 = default, by = TLanes.Broadcast(s);
        for (int j = 0; j < whole; j += 16)
        {
            TDouble v = TLanes.Multiply(by, Load<TX>(x, j, scale));
            s0 = AddSquare(s0, v, Load<TC>(c0, j, 1));
            s1 = AddSquare(s1, v, Load<TC>(c1, j, 1));
            s2 = AddSquare(s2, v, Load<TC>(c2, j, 1));
            s3 = AddSquare(s3, v, Load<TC>(c3, j, 1));
        }

        if (whole < dim)
        {
            TDouble v = TLanes.Multiply(by, Load<TX>(xTail.Bytes, 0, scale));
            s0 = AddSquare(s0, v, Load<TC>(tail0.Bytes, 0, 1));
            s1 = AddSquare(s1, v, Load<TC>(tail1.Bytes, 0, 1));
            s2 = AddSquare(s2, v, Load<TC>(tail2.Bytes, 0, 1));
            s3 = AddSquare(s3, v, Load<TC>(tail3.Bytes, 0, 1));
        }

        distances[0] = TLanes.Sum(s0);
        distances[1] = TLanes.Sum(s1);
        distances[2] = TLanes.Sum(s2);
        distances[3] = TLanes.Sum(s3);
    }

    /// <summary>Elements j .. j + 15, all of them inside the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TDouble Load<TX>(byte* x, int j, float scale)
        where TX : struct, IOperand => TX.LoadWide<TLanes, TFloat, TDouble>(x + (nint)j * TX.Size, scale);

    /// <summary>Copies elements from .. dim - 1, at most fifteen, and fills up with zeros; reads no byte beyond the row.</summary>
    /// <remarks>Kernels copy tails before their loop: a call after it would have the compiler keep the accumulators in memory.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyTail<TX>(byte* x, int from, int dim, byte* to)
        where TX : struct, IOperand
    {
        if (from == dim) return;
        new Span<byte>(to, 16 * TX.Size).Clear();
        Unsafe.CopyBlockUnaligned(to, x + ((nint)from * TX.Size), (uint)((dim - from) * TX.Size));
    }

    /// <summary>Fused where both factors are float32, as their product is exact then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TDouble AddProduct<TX, TY>(TDouble sum, TDouble x, TDouble y)
        where TX : struct, IOperand
        where TY : struct, IOperand
        => TX.IsFloat32 && TY.IsFloat32 ? TLanes.MultiplyAddExact(x, y, sum) : TLanes.Add(sum, TLanes.Multiply(x, y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TDouble AddSquare(TDouble sum, TDouble scaled, TDouble centre)
    {
        TDouble t = TLanes.Subtract(scaled, centre);
        return TLanes.Add(sum, TLanes.Multiply(t, t));
    }
}

/// <summary>Room for sixteen elements of any size: where the last, partial group of a row is copied so that zeros follow it.</summary>
internal unsafe struct Sixteen
{
    /// <summary>Sixteen float64 elements or anything smaller.</summary>
    public fixed byte Bytes[16 * sizeof(double)];
}
