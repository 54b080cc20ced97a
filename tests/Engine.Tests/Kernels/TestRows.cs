using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>A matrix between guard pages, with any stride, an unaligned base, and blocks as short as a test wants them.</summary>
internal sealed unsafe class TestRows : RowSource
{
    private readonly GuardedMemory _memory;
    private readonly byte* _origin;
    private readonly long _stride;
    private readonly int _longestBlock;
    private int _borrowed;

    /// <summary>Stores values row by row; a float that the type cannot hold is rounded to one it can.</summary>
    /// <param name="values">[rows x dim].</param>
    /// <param name="dim">Elements in a row.</param>
    /// <param name="element">How they are stored.</param>
    /// <param name="scale">For 8-bit elements.</param>
    /// <param name="padding">Bytes between rows, filled with a pattern that is NaN in every float type.</param>
    /// <param name="longestBlock">The most rows that one block lends.</param>
    /// <param name="atEnd">Whether the last row ends at a guard page, or the first begins at one.</param>
    public TestRows(
        float[] values, int dim, ElementType element = ElementType.Float32, float scale = 1f, int padding = 0, int longestBlock = int.MaxValue, bool atEnd = true)
    {
        int size = element.SizeInBytes();
        Rows = values.Length / dim;
        Dim = dim;
        Element = element;
        Scale = scale;
        _stride = (dim * size) + padding;
        _longestBlock = longestBlock;
        byte[] encoded = Encode(values, element, scale);

        // Nothing follows the last row, so that reading past it is reading past the memory.
        long bytes = ((Rows - 1) * _stride) + (dim * size);
        _memory = new GuardedMemory(bytes, atEnd);
        _origin = _memory.Pointer;
        new Span<byte>(_origin, (int)bytes).Fill(0xFF);
        for (int r = 0; r < Rows; r++) encoded.AsSpan(r * dim * size, dim * size).CopyTo(new Span<byte>(_origin + (r * _stride), dim * size));

        Decoded = new float[Rows][];
        for (int r = 0; r < Rows; r++)
        {
            Decoded[r] = new float[dim];
            for (int j = 0; j < dim; j++) Decoded[r][j] = Oracle.Decode(encoded, (r * (long)dim) + j, element, scale);
        }
    }

    public override long Rows { get; }

    public override int Dim { get; }

    public override ElementType Element { get; }

    public float Scale { get; }

    /// <summary>The stored values as float32, by the oracle's decoder.</summary>
    public float[][] Decoded { get; }

    /// <summary>Blocks lent and not yet given back.</summary>
    public int Borrowed => Volatile.Read(ref _borrowed);

    /// <summary>Thrown when a block with this row is borrowed.</summary>
    public (long Row, Exception Failure)? Trap { get; init; }

    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        if (firstRow < 0 || firstRow >= Rows || maxRows < 1) throw new InvalidOperationException($"Borrowed {maxRows} rows from {firstRow} of {Rows}.");
        long rows = Math.Min(Math.Min(maxRows, _longestBlock), Rows - firstRow);
        if (Trap is { } trap && firstRow <= trap.Row && trap.Row < firstRow + rows) throw trap.Failure;
        Interlocked.Increment(ref _borrowed);
        return new RowBlock(new MatrixView(_origin + (firstRow * _stride), (nint)rows, Dim, (nint)_stride, Element, Scale), new Return(this));
    }

    protected override void Dispose(bool disposing) => _memory.Dispose();

    private static byte[] Encode(float[] values, ElementType element, float scale)
    {
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        foreach (float value in values)
        {
            switch (element)
            {
                case ElementType.Float32:
                    writer.Write(value);
                    break;
                case ElementType.Float16:
                    writer.Write((Half)value);
                    break;
                case ElementType.BFloat16:
                    writer.Write((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                    break;
                default:
                    writer.Write((sbyte)Math.Clamp(MathF.Round(value / scale), -128, 127));
                    break;
            }
        }

        return bytes.ToArray();
    }

    private sealed class Return(TestRows owner) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref owner._borrowed);
    }
}
