using System.Runtime.CompilerServices;
using Engine.Kernels;

namespace Engine.Native.Files;

/// <summary>A matrix [rows x dim] that lies in a mapped file as the kernels want it: row-major, little-endian. Nothing is copied.</summary>
internal sealed unsafe class MappedRows : RowSource
{
    private readonly MappedFile _file;
    private readonly long _offset;
    private readonly float _scale;

    /// <summary>Takes a region of a mapped file as a matrix.</summary>
    /// <param name="file">The file; owned from here on.</param>
    /// <param name="offset">Byte at which row 0 begins; any alignment.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="dim">Elements in a row, at least 1.</param>
    /// <param name="element">How an element is stored.</param>
    /// <param name="scale">What an 8-bit element is multiplied by; 1 otherwise.</param>
    /// <exception cref="ArgumentOutOfRangeException">The region does not lie in the file.</exception>
    public MappedRows(MappedFile file, long offset, long rows, int dim, ElementType element, float scale = 1f)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        long bytes = checked(rows * dim * element.SizeInBytes());
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, file.Length - offset, nameof(rows));
        (_file, _offset, _scale) = (file, offset, scale);
        (Rows, Dim, Element) = (rows, dim, element);
    }

    /// <inheritdoc/>
    public override long Rows { get; }

    /// <inheritdoc/>
    public override int Dim { get; }

    /// <inheritdoc/>
    public override ElementType Element { get; }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, Rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);

        // The constructor found Rows * stride bytes behind the offset, and firstRow + rows <= Rows.
        byte* start = _file.Lease(out IDisposable lease);
        nint stride = (nint)Dim * Element.SizeInBytes();
        nint rows = (nint)Math.Min(maxRows, Rows - firstRow);
        return new RowBlock(new MatrixView(start + _offset + firstRow * stride, rows, Dim, stride, Element, _scale), lease);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _file.Dispose();
    }
}
