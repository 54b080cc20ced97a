using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Engine.Native.Files;

/// <summary>Turns elements as files store them into elements as the kernels read them. Callers have checked that every address lies in their memory.</summary>
internal static unsafe class ElementConversion
{
    /// <summary>Gathers rows out of contiguous columns.</summary>
    /// <param name="columns">Row 0 of column 0.</param>
    /// <param name="columnStride">Elements from one column to the next.</param>
    /// <param name="rowMajor">Destination, [rows x dim].</param>
    /// <param name="rows">Rows wanted.</param>
    /// <param name="dim">Columns.</param>
    /// <param name="elementBytes">1, 2, 4 or 8.</param>
    public static void Transpose(byte* columns, nint columnStride, byte* rowMajor, int rows, int dim, int elementBytes)
    {
        switch (elementBytes)
        {
            case 8: Transpose((ulong*)columns, columnStride, (ulong*)rowMajor, rows, dim); break;
            case 4: Transpose((uint*)columns, columnStride, (uint*)rowMajor, rows, dim); break;
            case 2: Transpose((ushort*)columns, columnStride, (ushort*)rowMajor, rows, dim); break;
            default: Transpose<byte>(columns, columnStride, rowMajor, rows, dim); break;
        }
    }

    /// <summary>Converts elements of one block.</summary>
    /// <param name="from">The elements as stored; any alignment.</param>
    /// <param name="to">Destination; does not overlap.</param>
    /// <param name="count">Elements.</param>
    /// <param name="stored">How they are stored.</param>
    /// <param name="bigEndian">Whether an element's most significant byte comes first.</param>
    /// <param name="scale">What an unsigned 8-bit element is multiplied by.</param>
    public static void Convert(byte* from, byte* to, nint count, StoredElement stored, bool bigEndian, float scale)
    {
        // A block is a few MiB or one row, so the count fits a span.
        int length = checked((int)count);
        switch (stored)
        {
            case StoredElement.Float64:
                Narrow(from, new Span<float>(to, length), bigEndian);
                break;
            case StoredElement.UInt8:
                for (int i = 0; i < length; i++) ((float*)to)[i] = from[i] * scale;
                break;
            case StoredElement.Float32 when bigEndian:
                BinaryPrimitives.ReverseEndianness(new ReadOnlySpan<uint>(from, length), new Span<uint>(to, length));
                break;
            case StoredElement.Float16 or StoredElement.BFloat16 when bigEndian:
                BinaryPrimitives.ReverseEndianness(new ReadOnlySpan<ushort>(from, length), new Span<ushort>(to, length));
                break;
            default:
                NativeMemory.Copy(from, to, checked((nuint)count * (nuint)stored.SizeInBytes()));
                break;
        }
    }

    // Tiles keep both the columns read and the rows written within the cache's reach.
    private static void Transpose<T>(T* columns, nint columnStride, T* rowMajor, int rows, int dim)
        where T : unmanaged
    {
        const int Tile = 32;
        for (int firstRow = 0; firstRow < rows; firstRow += Tile)
        {
            int endRow = Math.Min(rows, firstRow + Tile);
            for (int firstColumn = 0; firstColumn < dim; firstColumn += Tile)
            {
                int endColumn = Math.Min(dim, firstColumn + Tile);
                for (int column = firstColumn; column < endColumn; column++)
                {
                    T* from = columns + column * columnStride;
                    for (int row = firstRow; row < endRow; row++) rowMajor[(nint)row * dim + column] = Unsafe.ReadUnaligned<T>(from + row);
                }
            }
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
