// The tile product in float32, for every element type: 64 rows by 64 (or 32) columns by a group of 256 work-items, four by four each.
//
// A term goes through at most min(dim, 256) + ceil(dim / 256) + 1 roundings: a new sum begins every 256 elements.
#include "canonical.h"

#define TILE 64
#define DEPTH 16
#define SLAB 256
#define TILE_STRIDE (TILE + 1)

// Which of the tile's rows and columns a work-item's value i is.
#define TILE_ROW(i) (ITEM / 16 * 4 + (i) / 4)
#define TILE_COLUMN(i) (ITEM % 16 + 16 * ((i) % 4))
#define TILE_LOCALS \
    LOCAL_ARRAY(float, tileA, DEPTH * TILE_STRIDE); \
    LOCAL_ARRAY(float, tileB, DEPTH * TILE_STRIDE)
#define TILE_ARGUMENTS tileA, tileB

// rowOf[64]: rows of the matrix, -1 for none. columns: [.. x dim], columnCount of them from firstColumn on.
// dots: 16 values, of which those in columns 32 and above are left at zero when across is 2.
DEVICE void tile_dots(
    GLOBAL const u8 *rows, int dim, int element, float scale, LOCAL const i64 *rowOf, GLOBAL const float *columns, i64 lowColumns, float columnUnit,
    int firstColumn, int columnCount, int across, LOCAL float *a, LOCAL float *b, float *dots)
{
    // Float32 columns have no low parts and no unit.
    (void)lowColumns;
    (void)columnUnit;
    int ty = ITEM / 16, tx = ITEM % 16, j = ITEM % DEPTH;
#pragma unroll
    for (int i = 0; i < 16; i++) dots[i] = 0;
    for (int slab = 0; slab < dim; slab += SLAB)
    {
        float sums[16];
        int end = slab + SLAB < dim ? slab + SLAB : dim;
#pragma unroll
        for (int i = 0; i < 16; i++) sums[i] = 0;
        for (int k = slab; k < end; k += DEPTH)
        {
            for (int i = 0; i < TILE * DEPTH / GROUP_ITEMS; i++)
            {
                int place = ITEM / DEPTH + i * (GROUP_ITEMS / DEPTH), column = firstColumn + place;
                i64 row = rowOf[place];
                int inside = k + j < end;
                a[j * TILE_STRIDE + place] = row >= 0 && inside ? widen(rows, row * dim + k + j, element, scale) : 0.0f;
                if (place < 16 * across) b[j * TILE_STRIDE + place] = place < columnCount && inside ? columns[(i64)column * dim + k + j] : 0.0f;
            }

            BARRIER;
#pragma unroll
            for (int step = 0; step < DEPTH; step++)
            {
                float x[4], y[4];
#pragma unroll
                for (int u = 0; u < 4; u++) x[u] = a[step * TILE_STRIDE + ty * 4 + u];
#pragma unroll
                for (int v = 0; v < across; v++) y[v] = b[step * TILE_STRIDE + tx + 16 * v];
#pragma unroll
                for (int u = 0; u < 4; u++)
#pragma unroll
                    for (int v = 0; v < across; v++) sums[4 * u + v] = MAD_F(x[u], y[v], sums[4 * u + v]);
            }

            BARRIER;
        }

#pragma unroll
        for (int i = 0; i < 16; i++) dots[i] = dots[i] + sums[i];
    }
}
