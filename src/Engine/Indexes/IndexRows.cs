using Engine.Kernels;

namespace Engine.Indexes;

/// <summary>Rows as an index takes them: float32, on the unit sphere for cosines.</summary>
internal static class IndexRows
{
    /// <summary>Copies consecutive rows.</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="norms">[rows], their norms, for cosines.</param>
    /// <param name="metric">What the index ranks by.</param>
    /// <param name="first">The first row.</param>
    /// <param name="to">[count x dim]; its length says how many rows.</param>
    public static void Copy(RowSource rows, double[] norms, IndexMetric metric, long first, Span<float> to)
    {
        int dim = rows.Dim, count = to.Length / dim;
        for (int done = 0; done < count;)
        {
            using RowBlock block = rows.Borrow(first + done, count - done);
            for (nint r = 0; r < block.View.Rows; r++, done++)
            {
                Span<float> row = to.Slice(done * dim, dim);
                block.View.CopyRowTo(r, row);
                if (metric == IndexMetric.Cosine) Divide(row, norms[first + done]);
            }
        }
    }

    /// <summary>Copies some rows.</summary>
    public static float[] Copy(RowSource rows, double[] norms, IndexMetric metric, ReadOnlySpan<int> which)
    {
        float[] values = new float[checked(which.Length * rows.Dim)];
        for (int i = 0; i < which.Length; i++) Copy(rows, norms, metric, which[i], values.AsSpan(i * rows.Dim, rows.Dim));
        return values;
    }

    /// <summary>Puts a vector on the unit sphere.</summary>
    public static void Normalize(Span<float> vector)
    {
        double squares = 0;
        foreach (float x in vector) squares += (double)x * x;
        Divide(vector, Math.Sqrt(squares));
    }

    private static void Divide(Span<float> vector, double norm)
    {
        double inverse = 1 / norm;
        for (int i = 0; i < vector.Length; i++) vector[i] = (float)(vector[i] * inverse);
    }
}
