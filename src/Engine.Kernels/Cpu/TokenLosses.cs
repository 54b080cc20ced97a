using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The loss of one column a row under the softmax of that row: what a language model's logits say of the token that came.</summary>
/// <remarks>
/// loss = ln(sum over j of e^(x[j] - m)) - (x[column] - m) with m the row's highest element. The terms are float64 in sixteen lanes, like every canonical sum. Differences
/// below -700 count as -700: such a term is below 1e-304, and the sum is at least 1.
/// </remarks>
internal static unsafe class TokenLosses<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Does <see cref="IKernels.TokenLosses"/>; shapes have been checked.</summary>
    public static void Run(RowSource rows, ReadOnlySpan<int> columns, Span<double> losses, int threads, Pass pass)
    {
        // Each worker writes losses of its own rows only, and both spans stay fixed until the workers are done.
        fixed (int* which = columns)
        fixed (double* to = losses)
        {
            int* from = which;
            double* into = to;
            Workers.Run(threads, rows.Rows, Workers.RowsPerClaim(rows, threads, 1), "rows", pass, () => new Scorer(rows, from, into, pass));
        }
    }

    private sealed class Scorer(RowSource rows, int* columns, double* losses, Pass pass) : RowWorker(rows, pass)
    {
        protected override void Block(MatrixView view, long firstRow)
        {
            for (nint r = 0; r < view.Rows; r++)
            {
                int column = columns[(nint)firstRow + r];
                byte* x = view.DangerousRow(r);
                float highest = Highest(x, view.Scale, view.Dim);
                losses[(nint)firstRow + r] = float.IsFinite(highest)
                    ? Algorithms.NaturalLog.Of(Sum(x, view.Scale, view.Dim, highest)) - (Element(x, view, column) - highest)
                    : double.NaN;
            }
        }
    }

    /// <summary>The highest element; NaN when one is NaN.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Highest(byte* x, float scale, int dim)
    {
        float* tail = stackalloc float[16];
        int whole = Tail(x, scale, dim, tail);
        TFloat high = TLanes.Broadcast(float.NegativeInfinity), lowest = high;
        uint ordered = 0xFFFF;
        for (int j = 0; j < whole; j += 16)
        {
            TFloat v = TElement.Load<TLanes, TFloat, TDouble>(x + ((nint)j * TElement.Size), scale);
            ordered &= TLanes.AtLeast(v, lowest);
            high = TLanes.Max(high, v);
        }

        if (whole < dim)
        {
            TFloat v = TLanes.LoadF32(tail);
            ordered &= TLanes.AtLeast(v, lowest);
            high = TLanes.Max(high, v);
        }

        return ordered == 0xFFFF ? TLanes.Highest(high) : float.NaN;
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(byte* x, float scale, int dim, float highest)
    {
        float* tail = stackalloc float[16];
        int whole = Tail(x, scale, dim, tail);
        TDouble sum = default, from = TLanes.Broadcast((double)highest);
        for (int j = 0; j < whole; j += 16)
            sum = TLanes.Add(sum, LaneExponential<TLanes, TFloat, TDouble>.OfNegative(TLanes.Subtract(RowMath<TLanes, TFloat, TDouble>.Load<TElement>(x, j, scale), from)));
        if (whole < dim) sum = TLanes.Add(sum, LaneExponential<TLanes, TFloat, TDouble>.OfNegative(TLanes.Subtract(TLanes.LoadWideF32(tail), from)));
        return TLanes.Sum(sum);
    }

    /// <summary>Widens the elements behind the last whole group of sixteen and fills up with minus infinity, which adds nothing to a sum of exponentials.</summary>
    /// <returns>Where that group begins.</returns>
    private static int Tail(byte* x, float scale, int dim, float* to)
    {
        int whole = dim & ~15;
        if (whole == dim) return whole;
        Sixteen tail;
        RowMath<TLanes, TFloat, TDouble>.CopyTail<TElement>(x, whole, dim, tail.Bytes);
        TLanes.Store(TElement.Load<TLanes, TFloat, TDouble>(tail.Bytes, scale), to);
        new Span<float>(to + (dim - whole), 16 - (dim - whole)).Fill(float.NegativeInfinity);
        return whole;
    }

    private static double Element(byte* x, MatrixView view, int column)
    {
        Sixteen group;
        float* widened = stackalloc float[16];
        RowMath<TLanes, TFloat, TDouble>.CopyTail<TElement>(x, column, column + 1, group.Bytes);
        TLanes.Store(TElement.Load<TLanes, TFloat, TDouble>(group.Bytes, view.Scale), widened);
        return widened[0];
    }
}
