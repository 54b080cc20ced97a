namespace Engine.Kernels;

/// <summary>Consecutive rows of a matrix as a matrix of their own. It borrows the matrix and disposes nothing.</summary>
/// <param name="rows">The whole matrix.</param>
/// <param name="first">The row that becomes row 0.</param>
/// <param name="count">Rows in the range, within the matrix.</param>
public sealed class RowRange(RowSource rows, long first, long count) : RowSource
{
    /// <inheritdoc/>
    public override long Rows => count;

    /// <inheritdoc/>
    public override int Dim => rows.Dim;

    /// <inheritdoc/>
    public override ElementType Element => rows.Element;

    /// <inheritdoc/>
    public override long BlockBytes => rows.BlockBytes;

    /// <inheritdoc/>
    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, count);
        return rows.Borrow(first + firstRow, (int)Math.Min(maxRows, count - firstRow));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
