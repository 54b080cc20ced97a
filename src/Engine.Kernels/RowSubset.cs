namespace Engine.Kernels;

/// <summary>Some rows of a matrix as a matrix: nothing is copied. Neighbours that are neighbours in the matrix are borrowed together.</summary>
/// <param name="matrix">The matrix; not owned.</param>
/// <param name="rows">0-based rows of it; row i of the subset is row <c>rows[i]</c> of the matrix.</param>
public sealed class RowSubset(RowSource matrix, int[] rows) : RowSource
{
    /// <inheritdoc/>
    public override long Rows => rows.Length;

    /// <inheritdoc/>
    public override int Dim => matrix.Dim;

    /// <inheritdoc/>
    public override ElementType Element => matrix.Element;

    /// <inheritdoc/>
    public override long BlockBytes => matrix.BlockBytes;

    /// <inheritdoc/>
    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, Rows);
        int at = (int)firstRow;
        int most = (int)Math.Min(maxRows, Rows - firstRow);
        int run = 1;
        while (run < most && rows[at + run] == rows[at + run - 1] + 1) run++;
        return matrix.Borrow(rows[at], run);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
