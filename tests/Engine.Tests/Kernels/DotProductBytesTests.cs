using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>The product in machine code: exact integers, where they belong and nowhere else.</summary>
public sealed unsafe class DotProductBytesTests
{
    private const string Missing = "DotProductBytes: no AVX-512 VNNI, not Linux, or no memory that can hold code";

    [DotProductFact]
    public void ProductsAreExactAndInTheirPlaces()
    {
        ByteProduct product = DotProductBytes.Instance!;
        foreach ((int count, int dim, int rows) in new[] { (64, 64, 6), (70, 65, 12), (96, 100, 18), (129, 512, 6), (80, 1023, 12) })
        {
            using PackedColumns packed = new(count, dim);
            float[] values = Cases.Values(dim, count * dim);
            for (int c = 0; c < count; c++) packed.Set(c, values.AsSpan(c * dim, dim), Oracle.Norm(values[(c * dim)..((c + 1) * dim)]));
            using ByteColumns columns = ByteColumns.Of(packed, product);
            int stride = (4 * columns.Steps) + 64, dots = rows * columns.Width;
            using NativeBuffer<byte> bytes = new(rows * stride);
            using NativeBuffer<float> facts = new(2 * rows), to = new(dots + 16);
            new Random(dim).NextBytes(new Span<byte>(bytes.Pointer, rows * stride));
            for (int i = 0; i < rows * stride; i++) bytes.Pointer[i] = Math.Min(bytes.Pointer[i], (byte)(2 * product.RowLimit));

            // The rows' shares are none. Scales are powers of two, so that integers stay what they are.
            new Span<float>(facts.Pointer, rows).Fill(0.25f);
            new Span<float>(columns.Scales, columns.Width).Fill(2);
            new Span<float>(to.Pointer, dots + 16).Fill(float.NaN);
            product.Multiply(bytes.Pointer, stride, facts.Pointer, facts.Pointer + rows, rows, columns, to.Pointer);
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns.Width; c++)
                {
                    long sum = 0;
                    for (int j = 0; j < 4 * columns.Steps; j++)
                        sum += (bytes.Pointer[(r * stride) + j] - product.RowLimit) * (sbyte)columns.Panel(c / 16)[64 + (j / 4 * 64) + (c % 16 * 4) + (j % 4)];
                    Assert.Equal(sum / 2f, to.Pointer[(r * columns.Width) + c]);
                }
            }

            Assert.Equal(-1, new Span<float>(to.Pointer + dots, 16).IndexOfAnyExcept(float.NaN));
        }
    }

    /// <summary>Left out, with the reason printed, where the product cannot be had.</summary>
    private sealed class DotProductFactAttribute : FactAttribute
    {
        public DotProductFactAttribute() => Skip = DotProductBytes.Instance is null ? Missing : null;
    }
}
