// products: float32 dot products of a block of rows with many columns, stored. What follows reads them from the cache and decides.
#include "tile.h"

// products[r, c] for r < count and c < columnCount, c running fastest, `stride` floats from one row to the next.
KERNEL void products(
    GLOBAL const u8 *rows, i64 first, int count, int dim, int element, float scale, GLOBAL const float *columns, int columnCount, GLOBAL float *products, int stride)
{
    LOCAL_ARRAY(float, a, DEPTH * TILE_STRIDE);
    LOCAL_ARRAY(float, b, DEPTH * TILE_STRIDE);
    LOCAL_ARRAY(i64, rowOf, TILE);
    int columnTiles = (columnCount + TILE - 1) / TILE;
    int firstRow = GROUP / columnTiles * TILE, firstColumn = GROUP % columnTiles * TILE;
    int width = columnCount - firstColumn < TILE ? columnCount - firstColumn : TILE;
    if (ITEM < TILE) rowOf[ITEM] = firstRow + ITEM < count ? first + firstRow + ITEM : -1;
    BARRIER;
    float dots[16];
    tile_dots(rows, dim, element, scale, rowOf, columns, firstColumn, width, 4, a, b, dots);
    int ty = ITEM / 16, tx = ITEM % 16;
    for (int u = 0; u < 4; u++)
    {
        int r = firstRow + ty * 4 + u;
        if (r >= count) continue;
        for (int v = 0; v < 4; v++)
            if (tx + 16 * v < width) products[(i64)r * stride + firstColumn + tx + 16 * v] = dots[4 * u + v];
    }
}
