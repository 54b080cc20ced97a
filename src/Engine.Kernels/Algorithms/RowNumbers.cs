using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Engine.Kernels.Algorithms;

/// <summary>The algorithms keep one number per row in arrays and name rows by 32-bit numbers; this is where that limit is checked.</summary>
internal static class RowNumbers
{
    /// <summary>Rows of a matrix as an array length.</summary>
    /// <exception cref="ArgumentException">The matrix has no row, or more than an array can hold.</exception>
    public static int CountOf(RowSource rows)
    {
        if (rows.Rows < 1) throw new ArgumentException("The matrix has no row.", nameof(rows));
        if (rows.Rows > Array.MaxLength) throw new ArgumentException($"The matrix has {rows.Rows} rows; at most {Array.MaxLength} can be numbered.", nameof(rows));
        return (int)rows.Rows;
    }

    /// <summary>What turns rows into unit rows: 1 / norm.</summary>
    /// <param name="norms">[rows], Euclidean norms.</param>
    /// <exception cref="ArgumentException">A norm is zero or not finite; the message names the row.</exception>
    public static double[] UnitScales(ReadOnlySpan<double> norms)
    {
        double[] scales = new double[norms.Length];
        for (int row = 0; row < norms.Length; row++)
        {
            if (!(norms[row] > 0 && double.IsFinite(norms[row]))) throw new ArgumentException($"Row {row} has norm {norms[row]}: it has no direction.");
            scales[row] = 1 / norms[row];
        }

        return scales;
    }

    /// <summary>One row as the kernels see it: widened to float64 and multiplied by its scale.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="rowScales">[rows] or empty for 1.</param>
    /// <param name="row">The row wanted.</param>
    /// <param name="scaled">Destination, [dim].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyScaled(RowSource rows, ReadOnlySpan<double> rowScales, int row, Span<double> scaled)
    {
        // The row is read into the upper half of the destination, and ahead of what is written.
        Span<float> stored = MemoryMarshal.Cast<double, float>(scaled[..rows.Dim])[rows.Dim..];
        rows.CopyRow(row, stored);
        double scale = rowScales.IsEmpty ? 1 : rowScales[row];
        int i = 0, lanes = Vector<double>.Count;
        for (; i + (2 * lanes) <= stored.Length; i += 2 * lanes)
        {
            Vector.Widen(new Vector<float>(stored[i..]), out Vector<double> low, out Vector<double> high);
            (low * scale).CopyTo(scaled[i..]);
            (high * scale).CopyTo(scaled[(i + lanes)..]);
        }

        for (; i < stored.Length; i++) scaled[i] = stored[i] * scale;
    }
}
