using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Engine.Kernels;

/// <summary>A borrowed, read-only, row-major block of rows at a fixed address. It owns nothing and must not outlive its <see cref="RowBlock"/>.</summary>
/// <remarks>Dimensions are native-size because a span ends at 2^31 elements. The base need not be aligned: files begin their data at any byte.</remarks>
public readonly unsafe ref struct MatrixView
{
    private readonly byte* _origin;

    /// <summary>Describes memory that somebody else owns and keeps in place.</summary>
    /// <param name="origin">Address of row 0, element 0; any alignment.</param>
    /// <param name="rows">Rows, 0 or more.</param>
    /// <param name="dim">Elements in a row, at least 1.</param>
    /// <param name="strideBytes">Bytes from one row to the next, at least <c>dim * element size</c>.</param>
    /// <param name="element">How an element is stored.</param>
    /// <param name="scale">What an <see cref="ElementType.Int8"/> element is multiplied by; 1 otherwise.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative or the stride is shorter than a row.</exception>
    public MatrixView(byte* origin, nint rows, int dim, nint strideBytes, ElementType element, float scale = 1f)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(strideBytes, checked((nint)dim * element.SizeInBytes()));
        _origin = origin;
        Rows = rows;
        Dim = dim;
        StrideBytes = strideBytes;
        Element = element;
        Scale = scale;
    }

    /// <summary>Rows in the block.</summary>
    public nint Rows { get; }

    /// <summary>Elements in a row.</summary>
    public int Dim { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public nint StrideBytes { get; }

    /// <summary>How an element is stored.</summary>
    public ElementType Element { get; }

    /// <summary>What a stored <see cref="ElementType.Int8"/> element is multiplied by; 1 for every other type.</summary>
    public float Scale { get; }

    /// <summary>Address of a row. The caller has checked <c>0 &lt;= row &lt; Rows</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* DangerousRow(nint row) => _origin + row * StrideBytes;

    /// <summary>Copies one row, widened to float32, into caller memory.</summary>
    /// <param name="row">0-based row.</param>
    /// <param name="destination">At least <see cref="Dim"/> floats.</param>
    /// <exception cref="ArgumentException">The row is outside the block or the destination is too short.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void CopyRowTo(nint row, Span<float> destination)
    {
        if ((nuint)row >= (nuint)Rows) throw new ArgumentOutOfRangeException(nameof(row), row, $"The block has {Rows} rows.");
        if (destination.Length < Dim) throw new ArgumentException($"A row has {Dim} elements, the destination {destination.Length}.", nameof(destination));

        // row < Rows was checked above, so the Dim elements read below lie inside the row.
        byte* at = DangerousRow(row);
        Span<float> to = destination[..Dim];
        switch (Element)
        {
            case ElementType.Float32:
                new ReadOnlySpan<byte>(at, sizeof(float) * Dim).CopyTo(MemoryMarshal.AsBytes(to));
                break;
            case ElementType.Float16:
                for (int i = 0; i < to.Length; i++) to[i] = (float)Unsafe.ReadUnaligned<Half>(at + (2 * (nint)i));
                break;
            case ElementType.BFloat16:
                for (int i = 0; i < to.Length; i++) to[i] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(at + (2 * (nint)i)) << 16);
                break;
            default:
                for (int i = 0; i < to.Length; i++) to[i] = (sbyte)at[i] * Scale;
                break;
        }
    }
}
