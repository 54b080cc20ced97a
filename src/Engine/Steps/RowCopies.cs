using Engine.Kernels;

namespace Engine.Steps;

/// <summary>Copies of whole small matrices, such as queries and centroids, which many calls go over.</summary>
internal static class RowCopies
{
    /// <summary>The rows as float32, [rows x dim], row-major.</summary>
    /// <param name="rows">A matrix that fits one array; the caller has checked it.</param>
    public static float[] Of(RowSource rows)
    {
        float[] values = new float[checked(rows.Rows * rows.Dim)];
        CopyTo(rows, values);
        return values;
    }

    /// <summary>Copies the rows, widened to float32, row-major.</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="destination">At least rows * dim values.</param>
    public static void CopyTo(RowSource rows, Span<float> destination)
    {
        for (long row = 0; row < rows.Rows; row++) rows.CopyRow(row, destination.Slice(checked((int)(row * rows.Dim)), rows.Dim));
    }
}
