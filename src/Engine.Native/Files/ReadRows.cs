using Engine.Kernels;

namespace Engine.Native.Files;

/// <summary>Reads bytes of a file from a place until the buffer is full, or throws.</summary>
/// <param name="offset">First byte wanted.</param>
/// <param name="buffer">Filled completely.</param>
internal delegate void ByteReader(long offset, Span<byte> buffer);

/// <summary>A matrix whose blocks are read into buffers when they are borrowed, and converted there where the kernels cannot read them as stored: nothing is mapped.</summary>
/// <remarks>
/// Element (r, j) lies at r * dim + j, in Fortran order at j * rows + r. Blocks are at most 1 MiB as stored, or one row. In Fortran order a row is spread over the
/// whole file, so single rows come out of the block that was read last.
/// </remarks>
internal sealed unsafe class ReadRows : RowSource
{
    private const int TargetBytes = 1 << 20;

    private readonly ByteReader _read;
    private readonly long _offset;
    private readonly StoredElement _stored;
    private readonly bool _bigEndian;
    private readonly bool _fortran;
    private readonly bool _plain;
    private readonly float _scale;
    private readonly int _blockRows;
    private readonly nuint _scratchAt;
    private readonly NativeBufferPool _buffers;
    private readonly Lock _gate = new();
    private SharedBlock? _recent;

    /// <summary>Takes a region of a file as a matrix. The file holds it: the caller has checked.</summary>
    /// <param name="read">Reads the file; called from several threads.</param>
    /// <param name="offset">Byte at which the elements begin.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="dim">Elements in a row, at least 1.</param>
    /// <param name="stored">How the file stores an element.</param>
    /// <param name="bigEndian">Whether an element's most significant byte comes first.</param>
    /// <param name="fortran">Whether columns, not rows, are contiguous.</param>
    /// <param name="scale">What an 8-bit element is multiplied by; 1 otherwise.</param>
    /// <param name="buffers">Buffers shared with other shards of one width and element, or null; owned from here on by all of them.</param>
    public ReadRows(ByteReader read, long offset, long rows, int dim, StoredElement stored, bool bigEndian, bool fortran, float scale = 1f, NativeBufferPool? buffers = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        _ = checked(offset + rows * dim * stored.SizeInBytes());
        (_read, _offset, _stored, _bigEndian, _fortran, _scale) = (read, offset, stored, bigEndian, fortran, scale);
        (Rows, Dim) = (rows, dim);
        _plain = stored.IsKernelType() && !bigEndian && !fortran;
        _blockRows = BlockRows(dim, stored);
        _scratchAt = ScratchAt(dim, stored);
        _buffers = buffers ?? new NativeBufferPool(BufferBytes(dim, stored));
    }

    /// <inheritdoc/>
    public override long Rows { get; }

    /// <inheritdoc/>
    public override int Dim { get; }

    /// <inheritdoc/>
    public override ElementType Element => _stored.Converted();

    /// <inheritdoc/>
    public override long BlockBytes => Math.Min((long)_buffers.Bytes, checked(Rows * Dim * (Element.SizeInBytes() + _stored.SizeInBytes())));

    /// <summary>Bytes of the buffer that a borrowed block takes: the block as the kernels read it or as stored, and behind it what comes in between.</summary>
    public static nuint BufferBytes(int dim, StoredElement stored) =>
        checked(ScratchAt(dim, stored) + (nuint)BlockRows(dim, stored) * (nuint)dim * (nuint)stored.SizeInBytes());

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, Rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        if (_fortran && maxRows == 1) return BorrowRecent(firstRow);
        int rows = (int)Math.Min(Math.Min(maxRows, _blockRows), Rows - firstRow);
        NativeBufferPool.Loan loan = Fill(firstRow, rows);
        return new RowBlock(View(loan, 0, rows), loan);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        lock (_gate)
        {
            _recent?.Dispose();
            _recent = null;
        }

        _buffers.Dispose();
    }

    private static int BlockRows(int dim, StoredElement stored) => (int)Math.Max(1, TargetBytes / ((long)dim * stored.SizeInBytes()));

    private static nuint ScratchAt(int dim, StoredElement stored)
    {
        int size = Math.Max(stored.SizeInBytes(), stored.Converted().SizeInBytes());
        return checked(((nuint)BlockRows(dim, stored) * (nuint)dim * (nuint)size + 63) / 64 * 64);
    }

    private RowBlock BorrowRecent(long row)
    {
        lock (_gate)
        {
            if (_recent is { } recent && row >= recent.FirstRow && row < recent.FirstRow + recent.Rows) return recent.Lend(View(recent.Loan, (int)(row - recent.FirstRow), 1));
        }

        // Aligned, so that rows visited in any order near each other find one block.
        long first = row - row % _blockRows;
        int rows = (int)Math.Min(_blockRows, Rows - first);
        var block = new SharedBlock(Fill(first, rows), first, rows);
        lock (_gate)
        {
            _recent?.Dispose();
            _recent = block;
            return block.Lend(View(block.Loan, (int)(row - first), 1));
        }
    }

    private MatrixView View(NativeBufferPool.Loan loan, int row, int rows)
    {
        nint stride = (nint)Dim * Element.SizeInBytes();
        return new MatrixView(loan.Buffer.Pointer + row * stride, rows, Dim, stride, Element, Element == ElementType.Int8 ? _scale : 1f);
    }

    // A buffer was made for _blockRows * Dim elements of the wider type, then as many as stored; rows is at most _blockRows.
    private NativeBufferPool.Loan Fill(long firstRow, int rows)
    {
        NativeBufferPool.Loan loan = _buffers.Rent();
        try
        {
            byte* block = loan.Buffer.Pointer, scratch = block + _scratchAt;
            int size = _stored.SizeInBytes();
            if (_fortran)
            {
                for (int column = 0; column < Dim; column++)
                    _read(_offset + (column * Rows + firstRow) * size, new Span<byte>(block + (nint)column * rows * size, rows * size));
                ElementConversion.Transpose(block, rows, scratch, rows, Dim, size);
            }
            else
            {
                _read(_offset + firstRow * Dim * size, new Span<byte>(_plain ? block : scratch, checked(rows * Dim * size)));
            }

            if (!_plain) ElementConversion.Convert(scratch, block, (nint)rows * Dim, _stored, _bigEndian, _scale);
            return loan;
        }
        catch
        {
            loan.Dispose();
            throw;
        }
    }

    /// <summary>A block that several borrowers may hold; its buffer goes back with the last of them.</summary>
    private sealed class SharedBlock(NativeBufferPool.Loan loan, long firstRow, int rows) : IDisposable
    {
        private int _holders = 1;

        public NativeBufferPool.Loan Loan => loan;

        public long FirstRow => firstRow;

        public int Rows => rows;

        /// <summary>One borrower more; called while it is held.</summary>
        public RowBlock Lend(MatrixView view)
        {
            Interlocked.Increment(ref _holders);
            return new RowBlock(view, this);
        }

        public void Dispose()
        {
            if (Interlocked.Decrement(ref _holders) == 0) loan.Dispose();
        }
    }
}
