namespace Engine.Kernels;

/// <summary>A matrix [rows x dim] whose rows can be borrowed block by block: one file, many shards, or an array; the kernels do not know which.</summary>
/// <remarks>
/// Borrowing is safe from several threads at once. A block is valid until it is given back, and no longer: a source may lend a buffer that the next borrower gets.
/// The owner is disposed after the last block was returned.
/// </remarks>
public abstract class RowSource : IDisposable
{
    /// <summary>Rows in the matrix.</summary>
    public abstract long Rows { get; }

    /// <summary>Elements in a row.</summary>
    public abstract int Dim { get; }

    /// <summary>How the borrowed blocks store an element.</summary>
    public abstract ElementType Element { get; }

    /// <summary>Most memory, in bytes, that one borrowed block takes beside what the matrix itself takes; 0 when blocks are shown in place.</summary>
    public virtual long BlockBytes => 0;

    /// <summary>Borrows consecutive rows that lie contiguously in memory.</summary>
    /// <param name="firstRow">The first row wanted, <c>0 &lt;= firstRow &lt; Rows</c>.</param>
    /// <param name="maxRows">At least 1. The block may be shorter (the end of a shard), never empty.</param>
    /// <returns>A block to dispose when its view is no longer used.</returns>
    public abstract RowBlock Borrow(long firstRow, int maxRows);

    /// <summary>Copies one row, widened to float32, into caller memory of at least <see cref="Dim"/> floats.</summary>
    public void CopyRow(long row, Span<float> destination)
    {
        using RowBlock block = Borrow(row, 1);
        block.View.CopyRowTo(0, destination);
    }

    /// <summary>Gives back what the matrix holds. Blocks still borrowed are invalid afterwards.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the memory or the map.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>Rows on loan from a <see cref="RowSource"/>. Dispose it to give them back.</summary>
/// <param name="view">The rows.</param>
/// <param name="lease">What must be released when the rows are given back; null when the source keeps them in place for its whole life.</param>
public readonly ref struct RowBlock(MatrixView view, IDisposable? lease = null)
{
    /// <summary>The borrowed rows.</summary>
    public MatrixView View { get; } = view;

    /// <summary>Gives the rows back.</summary>
    public void Dispose() => lease?.Dispose();
}
