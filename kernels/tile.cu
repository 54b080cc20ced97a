// Tiles of float32 dot products, for every element type.
#include "tile_float.h"

#define RELAX_HOLDS(i) ((i) % 4 < STEP / 16)
#define RELAX_COLUMN(i) TILE_COLUMN(i)

#include "tile_kernels.h"
