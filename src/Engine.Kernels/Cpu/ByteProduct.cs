using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Estimated dot products of a block of quantised rows with quantised columns: exact integer products, scaled to float32.</summary>
internal abstract unsafe class ByteProduct
{
    /// <summary>The largest magnitude of a row's elements.</summary>
    public abstract int RowLimit { get; }

    /// <summary>Steps of four elements that are added up in 16 bits, until their sums are added to 32-bit totals; <see cref="int.MaxValue"/> where all are added in 32 bits at once.</summary>
    public abstract int StepsPerSum { get; }

    /// <summary>dots[r, c] = shares[r] * columns.Offsets[c] + scales[r] * columns.Scales[c] * (sum of rows[r, j] * columns[j, c]), where a row's bytes are its elements plus <see cref="RowLimit"/>.</summary>
    /// <param name="rows">Quantised rows, [rowCount x stride] bytes.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    /// <param name="scales">[rowCount].</param>
    /// <param name="shares">[rowCount].</param>
    /// <param name="rowCount">Rows, a multiple of six.</param>
    /// <param name="columns">Columns quantised for this product.</param>
    /// <param name="dots">Destination, [rowCount x columns.Width].</param>
    public abstract void Multiply(byte* rows, nint stride, float* scales, float* shares, int rowCount, ByteColumns columns, float* dots);
}

/// <summary>The product in one kind of registers.</summary>
/// <remarks>
/// A step multiplies four elements of each row with four of each column. Four steps are added up in 16 bits, which <see cref="ByteColumns"/> keeps from overflowing, and
/// then in 32. Products come in pairs before they are added: one multiply after another keeps both multipliers of current x86 cores busier.
/// </remarks>
internal sealed unsafe class ByteProduct<TBytes, TRegister> : ByteProduct
    where TBytes : struct, IByteLanes<TRegister>
    where TRegister : unmanaged
{
    /// <summary>The only one there need be.</summary>
    public static readonly ByteProduct Instance = new ByteProduct<TBytes, TRegister>();

    private const int Line = 64;
    private const int Step = 4;
    private const int Steps = 4;

    private ByteProduct()
    {
    }

    /// <inheritdoc/>
    public override int RowLimit => 90;

    /// <inheritdoc/>
    public override int StepsPerSum => Steps;

    /// <inheritdoc/>
    public override void Multiply(byte* rows, nint stride, float* scales, float* shares, int rowCount, ByteColumns columns, float* dots)
    {
        nint width = columns.Width;
        int panel = 0;
        for (; TBytes.Wide && panel + 2 <= columns.Panels; panel += 2)
        {
            for (int r = 0; r < rowCount; r += 6)
                Tile6x32(rows + (r * stride), stride, columns.Panel(panel), columns.Panel(panel + 1), columns.Sums, scales + r, shares + r, columns.Scales + (panel * 16), columns.Offsets + (panel * 16), dots + (r * width) + (panel * 16), width);
        }

        for (; panel < columns.Panels; panel++)
        {
            for (int r = 0; r < rowCount; r += 2)
                Tile2x16(rows + (r * stride), stride, columns.Panel(panel), columns.Sums, scales + r, shares + r, columns.Scales + (panel * 16), columns.Offsets + (panel * 16), dots + (r * width) + (panel * 16), width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile6x32(byte* rows, nint stride, byte* left, byte* right, nint sums, float* scales, float* shares, float* columnScales, float* offsets, float* to, nint width)
    {
        TRegister l0 = default, l1 = default, l2 = default, l3 = default, l4 = default, l5 = default;
        TRegister r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default;

        // Two base addresses and two strides reach six rows.
        nint twice = 2 * stride;
        byte* a = rows, b = rows + (3 * stride);
        for (nint s = 0; s < sums; s++)
        {
            TRegister p0 = TBytes.Load(left), q0 = TBytes.Load(right);
            TRegister p1 = p0, p2 = p0, p3 = p0, p4 = p0, p5 = p0, q1 = q0, q2 = q0, q3 = q0, q4 = q0, q5 = q0;
            for (nint k = 0; k < Steps; k++)
            {
                left += Line;
                right += Line;
                TRegister x = TBytes.Load(left), y = TBytes.Load(right);
                TRegister v = TBytes.Broadcast(a);
                TRegister i = TBytes.Multiply(v, x), j = TBytes.Multiply(v, y);
                p0 = TBytes.Add(p0, i);
                q0 = TBytes.Add(q0, j);
                v = TBytes.Broadcast(a + stride);
                i = TBytes.Multiply(v, x);
                j = TBytes.Multiply(v, y);
                p1 = TBytes.Add(p1, i);
                q1 = TBytes.Add(q1, j);
                v = TBytes.Broadcast(a + twice);
                i = TBytes.Multiply(v, x);
                j = TBytes.Multiply(v, y);
                p2 = TBytes.Add(p2, i);
                q2 = TBytes.Add(q2, j);
                v = TBytes.Broadcast(b);
                i = TBytes.Multiply(v, x);
                j = TBytes.Multiply(v, y);
                p3 = TBytes.Add(p3, i);
                q3 = TBytes.Add(q3, j);
                v = TBytes.Broadcast(b + stride);
                i = TBytes.Multiply(v, x);
                j = TBytes.Multiply(v, y);
                p4 = TBytes.Add(p4, i);
                q4 = TBytes.Add(q4, j);
                v = TBytes.Broadcast(b + twice);
                i = TBytes.Multiply(v, x);
                j = TBytes.Multiply(v, y);
                p5 = TBytes.Add(p5, i);
                q5 = TBytes.Add(q5, j);
                a += Step;
                b += Step;
            }

            left += Line;
            right += Line;
            l0 = TBytes.AddPairs(l0, p0);
            r0 = TBytes.AddPairs(r0, q0);
            l1 = TBytes.AddPairs(l1, p1);
            r1 = TBytes.AddPairs(r1, q1);
            l2 = TBytes.AddPairs(l2, p2);
            r2 = TBytes.AddPairs(r2, q2);
            l3 = TBytes.AddPairs(l3, p3);
            r3 = TBytes.AddPairs(r3, q3);
            l4 = TBytes.AddPairs(l4, p4);
            r4 = TBytes.AddPairs(r4, q4);
            l5 = TBytes.AddPairs(l5, p5);
            r5 = TBytes.AddPairs(r5, q5);
        }

        TBytes.Store(l0, scales[0], columnScales, shares[0], offsets, to);
        TBytes.Store(r0, scales[0], columnScales + 16, shares[0], offsets + 16, to + 16);
        to += width;
        TBytes.Store(l1, scales[1], columnScales, shares[1], offsets, to);
        TBytes.Store(r1, scales[1], columnScales + 16, shares[1], offsets + 16, to + 16);
        to += width;
        TBytes.Store(l2, scales[2], columnScales, shares[2], offsets, to);
        TBytes.Store(r2, scales[2], columnScales + 16, shares[2], offsets + 16, to + 16);
        to += width;
        TBytes.Store(l3, scales[3], columnScales, shares[3], offsets, to);
        TBytes.Store(r3, scales[3], columnScales + 16, shares[3], offsets + 16, to + 16);
        to += width;
        TBytes.Store(l4, scales[4], columnScales, shares[4], offsets, to);
        TBytes.Store(r4, scales[4], columnScales + 16, shares[4], offsets + 16, to + 16);
        to += width;
        TBytes.Store(l5, scales[5], columnScales, shares[5], offsets, to);
        TBytes.Store(r5, scales[5], columnScales + 16, shares[5], offsets + 16, to + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile2x16(byte* rows, nint stride, byte* columns, nint sums, float* scales, float* shares, float* columnScales, float* offsets, float* to, nint width)
    {
        TRegister t0 = default, t1 = default;
        byte* a = rows, b = rows + stride;
        for (nint s = 0; s < sums; s++)
        {
            TRegister p0 = TBytes.Load(columns), p1 = p0;
            for (nint k = 0; k < Steps; k++)
            {
                columns += Line;
                TRegister x = TBytes.Load(columns);
                TRegister i = TBytes.Multiply(TBytes.Broadcast(a), x), j = TBytes.Multiply(TBytes.Broadcast(b), x);
                p0 = TBytes.Add(p0, i);
                p1 = TBytes.Add(p1, j);
                a += Step;
                b += Step;
            }

            columns += Line;
            t0 = TBytes.AddPairs(t0, p0);
            t1 = TBytes.AddPairs(t1, p1);
        }

        TBytes.Store(t0, scales[0], columnScales, shares[0], offsets, to);
        TBytes.Store(t1, scales[1], columnScales, shares[1], offsets, to + width);
    }
}
