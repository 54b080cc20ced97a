using Engine.Kernels;

namespace Engine.Steps;

/// <summary>Consecutive rows of a matrix as a matrix of their own. It borrows the matrix and disposes nothing.</summary>
/// <param name="rows">The whole matrix.</param>
/// <param name="first">The row that becomes row 0.</param>
/// <param name="count">Rows in the range, within the matrix.</param>
internal sealed class RowRange(RowSource rows, long first, long count) : RowSource
{
    public override long Rows => count;

    public override int Dim => rows.Dim;

    public override ElementType Element => rows.Element;

    public override long BlockBytes => rows.BlockBytes;

    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, count);
        return rows.Borrow(first + firstRow, (int)Math.Min(maxRows, count - firstRow));
    }

    protected override void Dispose(bool disposing)
    {
    }
}
