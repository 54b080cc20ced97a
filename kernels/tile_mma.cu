// Tiles of dot products on tensor cores, for rows of float16 and bfloat16.
#include "tile_mma.h"

#define RELAX_HOLDS(i) ((i) < 4 * (STEP / 16))
#define RELAX_COLUMN(i) TILE_COLUMN_OF(i, STEP / 16)

#include "tile_kernels.h"
