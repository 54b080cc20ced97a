namespace Engine.Kernels.Cpu;

/// <summary>Canonical dot products of every row with a few vectors, four to a load of the row.</summary>
internal static unsafe class RowProducts<TLanes, TFloat, TDouble, TElement>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Does <see cref="IKernels.DotProducts"/>; shapes have been checked.</summary>
    public static void Run(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, int threads, Pass pass)
    {
        // Each worker writes places of its own rows only, and both spans stay fixed until the workers are done.
        fixed (double* with = vectors)
        fixed (double* to = products)
        {
            double* from = with, into = to;
            int count = vectors.Length / rows.Dim;
            Workers.Run(threads, rows.Rows, Workers.RowsPerClaim(rows, threads, 1), "rows", pass, () => new Multiplier(rows, from, count, into, pass));
        }
    }

    private sealed class Multiplier(RowSource rows, double* vectors, int count, double* products, Pass pass) : RowWorker(rows, pass)
    {
        protected override void Block(MatrixView view, long firstRow)
        {
            int dim = view.Dim;
            for (nint r = 0; r < view.Rows; r++)
            {
                byte* x = view.DangerousRow(r);
                double* to = products + (((nint)firstRow + r) * count);
                int v = 0;
                for (; v + 4 <= count; v += 4)
                    RowMath<TLanes, TFloat, TDouble>.Dot4<TElement, Float64Operand>(x, view.Scale, At(v, dim), At(v + 1, dim), At(v + 2, dim), At(v + 3, dim), dim, to + v);
                for (; v < count; v++) to[v] = RowMath<TLanes, TFloat, TDouble>.Dot<TElement, Float64Operand>(x, view.Scale, At(v, dim), dim);
            }
        }

        private byte* At(int vector, int dim) => (byte*)(vectors + ((nint)vector * dim));
    }
}
