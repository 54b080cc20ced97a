using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Kernels;

namespace Engine.Native.Files;

/// <summary>A matrix in a mapped file that the kernels cannot read as it lies: big-endian, column-major (Fortran order), float64 or unsigned bytes. A block is converted when it is borrowed.</summary>
/// <remarks>Element (r, j) lies at r * dim + j, in Fortran order at j * rows + r. Blocks are at most 4 MiB, or one row.</remarks>
internal sealed unsafe class ConvertedRows : RowSource
{
    private const int BlockBytes = 4 << 20;

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
    /// <exception cref="ArgumentOutOfRangeException">The region does not lie in the file.</exception>
    public ConvertedRows(MappedFile file, long offset, long rows, int dim, StoredElement stored, bool bigEndian, bool fortran, float scale = 1f)
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
        _blockRows = (int)Math.Clamp(BlockBytes / ((long)dim * size), 1, Math.Max(1, rows));
        nuint converted = checked((nuint)_blockRows * (nuint)dim * (nuint)size);
        _scratchAt = (converted + 63) / 64 * 64;
        _buffers = new NativeBufferPool(checked(_scratchAt + (nuint)_blockRows * (nuint)dim * (nuint)stored.SizeInBytes()));
    }

    /// <inheritdoc/>
    public override long Rows { get; }

    /// <inheritdoc/>
    public override int Dim { get; }

    /// <inheritdoc/>
    public override ElementType Element => _stored.Converted();

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
                Transpose(start + _offset + firstRow * size, scratch, rows);
                stored = scratch;
            }

            Convert(stored, converted, count);
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

    private void Transpose(byte* columns, byte* rowMajor, int rows)
    {
        switch (_stored.SizeInBytes())
        {
            case 8: Transpose((ulong*)columns, (ulong*)rowMajor, rows); break;
            case 4: Transpose((uint*)columns, (uint*)rowMajor, rows); break;
            case 2: Transpose((ushort*)columns, (ushort*)rowMajor, rows); break;
            default: Transpose<byte>(columns, rowMajor, rows); break;
        }
    }

    // Tiles keep both the columns read and the rows written within the cache's reach.
    private void Transpose<T>(T* columns, T* rowMajor, int rows)
        where T : unmanaged
    {
        const int Tile = 32;
        for (int firstRow = 0; firstRow < rows; firstRow += Tile)
        {
            int endRow = Math.Min(rows, firstRow + Tile);
            for (int firstColumn = 0; firstColumn < Dim; firstColumn += Tile)
            {
                int endColumn = Math.Min(Dim, firstColumn + Tile);
                for (int column = firstColumn; column < endColumn; column++)
                {
                    T* from = columns + column * (nint)Rows;
                    for (int row = firstRow; row < endRow; row++) rowMajor[(nint)row * Dim + column] = Unsafe.ReadUnaligned<T>(from + row);
                }
            }
        }
    }

    private void Convert(byte* stored, byte* converted, nint count)
    {
        // A block is at most 4 MiB or one row of int.MaxValue elements, so the count fits a span.
        int length = checked((int)count);
        switch (_stored)
        {
            case StoredElement.Float64:
                Narrow(stored, new Span<float>(converted, length), _bigEndian);
                break;
            case StoredElement.UInt8:
                for (int i = 0; i < length; i++) ((float*)converted)[i] = stored[i] * _scale;
                break;
            case StoredElement.Float32 when _bigEndian:
                BinaryPrimitives.ReverseEndianness(new ReadOnlySpan<uint>(stored, length), new Span<uint>(converted, length));
                break;
            case StoredElement.Float16 or StoredElement.BFloat16 when _bigEndian:
                BinaryPrimitives.ReverseEndianness(new ReadOnlySpan<ushort>(stored, length), new Span<ushort>(converted, length));
                break;
            default:
                NativeMemory.Copy(stored, converted, checked((nuint)count * (nuint)_stored.SizeInBytes()));
                break;
        }
    }

    private static void Narrow(byte* stored, Span<float> converted, bool bigEndian)
    {
        int i = 0;
        if (!bigEndian)
        {
            for (; i <= converted.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<double> low = Unsafe.ReadUnaligned<Vector<double>>(stored + 8 * (nint)i);
                Vector<double> high = Unsafe.ReadUnaligned<Vector<double>>(stored + 8 * (nint)(i + Vector<double>.Count));
                Vector.Narrow(low, high).CopyTo(converted[i..]);
            }
        }

        for (; i < converted.Length; i++)
        {
            ulong bits = Unsafe.ReadUnaligned<ulong>(stored + 8 * (nint)i);
            converted[i] = (float)BitConverter.UInt64BitsToDouble(bigEndian ? BinaryPrimitives.ReverseEndianness(bits) : bits);
        }
    }
}
