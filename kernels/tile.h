// A tile of float32 dot products: 64 rows by 64 columns by a group of 256 work-items, four by four each. They only propose.
//
// A product goes through at most min(dim, 256) + ceil(dim / 256) + 1 roundings: a new sum begins every 256 elements.
#include "canonical.h"

#define TILE 64
#define DEPTH 16
#define SLAB 256
#define TILE_STRIDE (TILE + 1)

// rowOf[64]: rows of the matrix, -1 for none. columns: [.. x dim] float32, columnCount of them from firstColumn on. Item (ty, tx) gets rows ty*4 + u and
// columns tx + 16*v, v < across, in dots[4*u + v]; across is 4, or 2 for a tile of 32 columns.
DEVICE void tile_dots(
    GLOBAL const u8 *rows, int dim, int element, float scale, LOCAL const i64 *rowOf, GLOBAL const float *columns, int firstColumn, int columnCount,
    int across, LOCAL float *a, LOCAL float *b, float *dots)
{
    int ty = ITEM / 16, tx = ITEM % 16, j = ITEM % DEPTH;
    for (int i = 0; i < 16; i++) dots[i] = 0;
    for (int slab = 0; slab < dim; slab += SLAB)
    {
        float sums[16];
        int end = slab + SLAB < dim ? slab + SLAB : dim;
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
            for (int step = 0; step < DEPTH; step++)
            {
                float x[4], y[4];
                for (int u = 0; u < 4; u++) x[u] = a[step * TILE_STRIDE + ty * 4 + u];
                for (int v = 0; v < across; v++) y[v] = b[step * TILE_STRIDE + tx + 16 * v];
                for (int u = 0; u < 4; u++)
                    for (int v = 0; v < across; v++) sums[4 * u + v] = MAD_F(x[u], y[v], sums[4 * u + v]);
            }

            BARRIER;
        }

        for (int i = 0; i < 16; i++) dots[i] = dots[i] + sums[i];
    }
}
