using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Float32 dot products of a block of widened rows with packed columns, for proposals: the matrix product under k-means and similarity search.</summary>
/// <remarks>
/// The accumulators of a tile stay in registers over a slab: 12 rows by 32 columns where a group of sixteen is one register of 32, else 6 by 16.
/// Each step loads one element of all columns and multiplies it by one element of each row. Rows that do not lie one behind the other, and at most six
/// that are left of a block, are taken six at a time, by their addresses, with 32 or 16 columns.
/// </remarks>
internal static unsafe class ProductTile<TLanes, TFloat, TDouble>
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    /// <summary>Rows of the largest tile; blocks are whole multiples of it.</summary>
    public const int TileRows = 12;

    private const int SomeRows = 6;

    /// <summary>Tiles of the smaller kind that so many rows need.</summary>
    public static int Tiles(int rows) => (rows + SomeRows - 1) / SomeRows;

    /// <summary>So many rows, or up to five more: what is multiplied.</summary>
    public static int Whole(int rows) => Tiles(rows) * SomeRows;

    /// <summary>dots[r, c] = sum of rows[r, j] * columns[j, c].</summary>
    /// <param name="rows">Widened rows, [rowCount x rowStride].</param>
    /// <param name="rowStride">Floats from one row to the next.</param>
    /// <param name="rowCount">Rows, a <see cref="Whole"/> number.</param>
    /// <param name="columns">Packed columns.</param>
    /// <param name="dots">Destination, [rowCount x columns.Width].</param>
    public static void Multiply(float* rows, nint rowStride, int rowCount, PackedColumns columns, float* dots)
    {
        nint width = columns.Width;
        float** at = stackalloc float*[SomeRows];
        for (int from = 0; from < columns.Dim; from += columns.SlabDepth)
        {
            nint depth = Math.Min(columns.SlabDepth, columns.Dim - from);
            int panel = 0;
            for (; TLanes.Wide && panel + 2 <= columns.Panels; panel += 2)
            {
                float* left = columns.Panel(panel) + ((nint)from * 16), right = columns.Panel(panel + 1) + ((nint)from * 16);
                int r = 0;
                for (; r + TileRows <= rowCount; r += TileRows)
                    Tile12x32(rows + (r * rowStride) + from, rowStride, left, right, depth, dots + (r * width) + (panel * 16), width, from > 0);
                if (r == rowCount) continue;
                Place(rows + (r * rowStride), rowStride, at);
                Tile6x32(at, from, left, right, depth, dots + (r * width) + (panel * 16), width, from > 0);
            }

            for (; panel < columns.Panels; panel++)
            {
                float* only = columns.Panel(panel) + ((nint)from * 16);
                for (int r = 0; r < rowCount; r += SomeRows)
                {
                    Place(rows + (r * rowStride), rowStride, at);
                    Tile6x16(at, from, only, depth, dots + (r * width) + (panel * 16), width, from > 0);
                }
            }
        }
    }

    /// <summary>dots[i, c] = sum of rows[i][j] * columns[j, c] for some rows and some panels of columns.</summary>
    /// <param name="rows">Addresses of widened rows.</param>
    /// <param name="rowCount">Rows, a <see cref="Whole"/> number.</param>
    /// <param name="columns">Packed columns.</param>
    /// <param name="first">The first panel.</param>
    /// <param name="panels">Panels.</param>
    /// <param name="dots">Destination, [rowCount x panels * 16].</param>
    public static void MultiplySome(float** rows, int rowCount, PackedColumns columns, int first, int panels, float* dots)
    {
        nint width = (nint)panels * 16;
        for (int from = 0; from < columns.Dim; from += columns.SlabDepth)
        {
            nint depth = Math.Min(columns.SlabDepth, columns.Dim - from);
            int panel = 0;
            for (; TLanes.Wide && panel + 2 <= panels; panel += 2)
            {
                float* left = columns.Panel(first + panel) + ((nint)from * 16), right = columns.Panel(first + panel + 1) + ((nint)from * 16);
                for (int r = 0; r < rowCount; r += SomeRows) Tile6x32(rows + r, from, left, right, depth, dots + (r * width) + (panel * 16), width, from > 0);
            }

            for (; panel < panels; panel++)
            {
                float* only = columns.Panel(first + panel) + ((nint)from * 16);
                for (int r = 0; r < rowCount; r += SomeRows) Tile6x16(rows + r, from, only, depth, dots + (r * width) + (panel * 16), width, from > 0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Place(float* first, nint stride, float** at)
    {
        for (int i = 0; i < SomeRows; i++) at[i] = first + (i * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile12x32(float* rows, nint stride, float* left, float* right, nint depth, float* to, nint width, bool add)
    {
        TFloat l0 = default, l1 = default, l2 = default, l3 = default, l4 = default, l5 = default;
        TFloat l6 = default, l7 = default, l8 = default, l9 = default, l10 = default, l11 = default;
        TFloat r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default;
        TFloat r6 = default, r7 = default, r8 = default, r9 = default, r10 = default, r11 = default;

        // Four base addresses and two strides reach twelve rows.
        nint twice = 2 * stride;
        float* a = rows, b = rows + (3 * stride), c = rows + (6 * stride), d = rows + (9 * stride);
        for (nint j = 0; j < depth; j++)
        {
            TFloat x = TLanes.LoadF32(left), y = TLanes.LoadF32(right);
            TFloat v = TLanes.Broadcast(a[0]);
            l0 = TLanes.MultiplyAdd(v, x, l0);
            r0 = TLanes.MultiplyAdd(v, y, r0);
            v = TLanes.Broadcast(a[stride]);
            l1 = TLanes.MultiplyAdd(v, x, l1);
            r1 = TLanes.MultiplyAdd(v, y, r1);
            v = TLanes.Broadcast(a[twice]);
            l2 = TLanes.MultiplyAdd(v, x, l2);
            r2 = TLanes.MultiplyAdd(v, y, r2);
            v = TLanes.Broadcast(b[0]);
            l3 = TLanes.MultiplyAdd(v, x, l3);
            r3 = TLanes.MultiplyAdd(v, y, r3);
            v = TLanes.Broadcast(b[stride]);
            l4 = TLanes.MultiplyAdd(v, x, l4);
            r4 = TLanes.MultiplyAdd(v, y, r4);
            v = TLanes.Broadcast(b[twice]);
            l5 = TLanes.MultiplyAdd(v, x, l5);
            r5 = TLanes.MultiplyAdd(v, y, r5);
            v = TLanes.Broadcast(c[0]);
            l6 = TLanes.MultiplyAdd(v, x, l6);
            r6 = TLanes.MultiplyAdd(v, y, r6);
            v = TLanes.Broadcast(c[stride]);
            l7 = TLanes.MultiplyAdd(v, x, l7);
            r7 = TLanes.MultiplyAdd(v, y, r7);
            v = TLanes.Broadcast(c[twice]);
            l8 = TLanes.MultiplyAdd(v, x, l8);
            r8 = TLanes.MultiplyAdd(v, y, r8);
            v = TLanes.Broadcast(d[0]);
            l9 = TLanes.MultiplyAdd(v, x, l9);
            r9 = TLanes.MultiplyAdd(v, y, r9);
            v = TLanes.Broadcast(d[stride]);
            l10 = TLanes.MultiplyAdd(v, x, l10);
            r10 = TLanes.MultiplyAdd(v, y, r10);
            v = TLanes.Broadcast(d[twice]);
            l11 = TLanes.MultiplyAdd(v, x, l11);
            r11 = TLanes.MultiplyAdd(v, y, r11);
            a++;
            b++;
            c++;
            d++;
            left += 16;
            right += 16;
        }

        to = Put(l0, r0, to, width, add);
        to = Put(l1, r1, to, width, add);
        to = Put(l2, r2, to, width, add);
        to = Put(l3, r3, to, width, add);
        to = Put(l4, r4, to, width, add);
        to = Put(l5, r5, to, width, add);
        to = Put(l6, r6, to, width, add);
        to = Put(l7, r7, to, width, add);
        to = Put(l8, r8, to, width, add);
        to = Put(l9, r9, to, width, add);
        to = Put(l10, r10, to, width, add);
        Put(l11, r11, to, width, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile6x32(float** rows, nint from, float* left, float* right, nint depth, float* to, nint width, bool add)
    {
        TFloat l0 = default, l1 = default, l2 = default, l3 = default, l4 = default, l5 = default;
        TFloat r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default;
        float* a = rows[0] + from, b = rows[1] + from, c = rows[2] + from, d = rows[3] + from, e = rows[4] + from, f = rows[5] + from;
        for (nint j = 0; j < depth; j++)
        {
            TFloat x = TLanes.LoadF32(left), y = TLanes.LoadF32(right);
            TFloat v = TLanes.Broadcast(a[j]);
            l0 = TLanes.MultiplyAdd(v, x, l0);
            r0 = TLanes.MultiplyAdd(v, y, r0);
            v = TLanes.Broadcast(b[j]);
            l1 = TLanes.MultiplyAdd(v, x, l1);
            r1 = TLanes.MultiplyAdd(v, y, r1);
            v = TLanes.Broadcast(c[j]);
            l2 = TLanes.MultiplyAdd(v, x, l2);
            r2 = TLanes.MultiplyAdd(v, y, r2);
            v = TLanes.Broadcast(d[j]);
            l3 = TLanes.MultiplyAdd(v, x, l3);
            r3 = TLanes.MultiplyAdd(v, y, r3);
            v = TLanes.Broadcast(e[j]);
            l4 = TLanes.MultiplyAdd(v, x, l4);
            r4 = TLanes.MultiplyAdd(v, y, r4);
            v = TLanes.Broadcast(f[j]);
            l5 = TLanes.MultiplyAdd(v, x, l5);
            r5 = TLanes.MultiplyAdd(v, y, r5);
            left += 16;
            right += 16;
        }

        to = Put(l0, r0, to, width, add);
        to = Put(l1, r1, to, width, add);
        to = Put(l2, r2, to, width, add);
        to = Put(l3, r3, to, width, add);
        to = Put(l4, r4, to, width, add);
        Put(l5, r5, to, width, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile6x16(float** rows, nint from, float* columns, nint depth, float* to, nint width, bool add)
    {
        TFloat s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        float* a = rows[0] + from, b = rows[1] + from, c = rows[2] + from, d = rows[3] + from, e = rows[4] + from, f = rows[5] + from;
        for (nint j = 0; j < depth; j++)
        {
            TFloat x = TLanes.LoadF32(columns);
            s0 = TLanes.MultiplyAdd(TLanes.Broadcast(a[j]), x, s0);
            s1 = TLanes.MultiplyAdd(TLanes.Broadcast(b[j]), x, s1);
            s2 = TLanes.MultiplyAdd(TLanes.Broadcast(c[j]), x, s2);
            s3 = TLanes.MultiplyAdd(TLanes.Broadcast(d[j]), x, s3);
            s4 = TLanes.MultiplyAdd(TLanes.Broadcast(e[j]), x, s4);
            s5 = TLanes.MultiplyAdd(TLanes.Broadcast(f[j]), x, s5);
            columns += 16;
        }

        to = Put(s0, to, width, add);
        to = Put(s1, to, width, add);
        to = Put(s2, to, width, add);
        to = Put(s3, to, width, add);
        to = Put(s4, to, width, add);
        Put(s5, to, width, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Put(TFloat left, TFloat right, float* to, nint width, bool add)
    {
        Put(left, to, width, add);
        Put(right, to + 16, width, add);
        return to + width;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Put(TFloat sum, float* to, nint width, bool add)
    {
        TLanes.Store(add ? TLanes.Add(TLanes.LoadF32(to), sum) : sum, to);
        return to + width;
    }
}
