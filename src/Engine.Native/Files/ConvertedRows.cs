using Engine.Kernels;

namespace Engine.Native.Files;

/// <summary>A matrix in a mapped file that the kernels cannot read as it lies: big-endian, column-major (Fortran order), float64 or unsigned bytes. A block is converted when it is borrowed.</summary>
/// <remarks>Element (r, j) lies at r * dim + j, in Fortran order at j * rows + r. Blocks are at most 4 MiB, or one row.</remarks>
internal sealed unsafe class ConvertedRows : RowSource
{
    private const int TargetBytes = 4 << 20;

    private readonly MappedFile _file;
    private readonly long _offset;
    private readonly StoredElement _stored;
    private readonly bool _bigEndian;
    private readonly bool _fortran;
    private readonly float _scale;
    private readonly int _blockRows;
    private readonly nuint _scratchAt;
    private readonly NativeBufferPool _buffers;

    /// <summary>Takes a region of a mapped file as a matrix that needs conversion.</summary>
    /// <param name="file">The file; owned from here on.</param>
    /// <param name="offset">Byte at which the elements begin; any alignment.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="dim">Elements in a row, at least 1.</param>
    /// <param name="stored">How the file stores an element.</param>
    /// <param name="bigEndian">Whether an element's most significant byte comes first.</param>
    /// <param name="fortran">Whether columns, not rows, are contiguous.</param>
    /// <param name="scale">What an 8-bit element is multiplied by; 1 otherwise.</param>
    /// <param name="buffers">Buffers shared with other shards of one width and element, or null; owned from here on by all of them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The region does not lie in the file.</exception>
    public ConvertedRows(MappedFile file, long offset, long rows, int dim, StoredElement stored, bool bigEndian, bool fortran, float scale = 1f, NativeBufferPool? buffers = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        long bytes = checked(rows * dim * stored.SizeInBytes());
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, file.Length - offset, nameof(rows));
        (_file, _offset, _stored, _bigEndian, _fortran, _scale) = (file, offset, stored, bigEndian, fortran, scale);
        (Rows, Dim) = (rows, dim);

        // A buffer holds the converted block, and behind it the block as stored when a step in between needs it.
        int size = Element.SizeInBytes();
        _blockRows = (int)Math.Clamp(TargetBytes / ((long)dim * size), 1, int.MaxValue);
        nuint converted = checked((nuint)_blockRows * (nuint)dim * (nuint)size);
        _scratchAt = (converted + 63) / 64 * 64;
        _buffers = buffers ?? new NativeBufferPool(BufferBytes(dim, stored));
    }

    /// <summary>Bytes of the buffer that a borrowed block takes.</summary>
    public static nuint BufferBytes(int dim, StoredElement stored)
    {
        int size = stored.Converted().SizeInBytes();
        nuint rows = (nuint)Math.Max(1, TargetBytes / ((long)dim * size));
        return checked((rows * (nuint)dim * (nuint)size + 63) / 64 * 64 + rows * (nuint)dim * (nuint)stored.SizeInBytes());
    }

    /// <inheritdoc/>
    public override long Rows { get; }

    /// <inheritdoc/>
    public override int Dim { get; }

    /// <inheritdoc/>
    public override ElementType Element => _stored.Converted();

    /// <inheritdoc/>
    public override long BlockBytes => Math.Min((long)_buffers.Bytes, checked(Rows * Dim * (Element.SizeInBytes() + _stored.SizeInBytes())));

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, Rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        int rows = (int)Math.Min(Math.Min(maxRows, _blockRows), Rows - firstRow);

        // Read addresses end at (Rows * Dim) elements behind the offset, which the constructor found in the file; written ones at
        // _blockRows * Dim elements of either size, which the buffer was made for.
        byte* start = _file.Lease(out IDisposable map);
        using (map)
        {
            NativeBufferPool.Loan loan = _buffers.Rent();
            byte* converted = loan.Buffer.Pointer;
            nint count = (nint)rows * Dim;
            nint size = _stored.SizeInBytes();
            byte* stored = start + _offset + firstRow * Dim * size;
            if (_fortran)
            {
                byte* scratch = converted + _scratchAt;
                ElementConversion.Transpose(start + _offset + firstRow * size, (nint)Rows, scratch, rows, Dim, (int)size);
                stored = scratch;
            }

            ElementConversion.Convert(stored, converted, count, _stored, _bigEndian, _scale);
            nint stride = (nint)Dim * Element.SizeInBytes();
            float scale = Element == ElementType.Int8 ? _scale : 1f;
            return new RowBlock(new MatrixView(converted, rows, Dim, stride, Element, scale), loan);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _buffers.Dispose();
        _file.Dispose();
    }
}
