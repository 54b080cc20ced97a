// The tile product on tensor cores, for rows of float16 or bfloat16: 64 rows by 64 (or 32) columns by eight warps, 16 by 32 (or 16 by 16) each, of m16n8k16 products.
//
// Rows are taken as they are stored. A column is the sum of two 16-bit values, high and low, times columnUnit, a power of two; what is left of it is part of the
// caller's margin. Products are exact. A tensor core adds sixteen of them to a sum without IEEE rounding; each of the seventeen terms may lose 2^-23 of the largest.
// A slab of 256 elements is 32 such additions, so a term goes through what 2 * 17 * 32 + ceil(dim / 256) + 1 roundings of 2^-24 may cost at most.
//
// OpenCL has no tensor cores: there the fragments are laid out as the hardware has them (PTX ISA, "Matrix Fragments for mma.m16n8k16") in local memory and
// multiplied from there, so that the same indices are tested without a GPU.
#include "canonical.h"

#define TILE 64
#define DEPTH 16
#define SLAB 256
#define MMA_STRIDE (DEPTH + 8)

// Registers of fragments that a lane holds: four of a, and four of b for each of four products.
#define FRAGMENTS 20

#define WARP (ITEM / 32)
#define WARP_LANE (ITEM % 32)

// Warps 0 to 3 have the lower columns of the four times 16 rows, warps 4 to 7 the upper ones. Value i belongs to product i / 4, where c0 c1 are row lane / 4 and
// columns lane % 4 * 2 + 0, 1, and c2 c3 the same eight rows below.
#define TILE_ROW(i) (WARP % 4 * 16 + WARP_LANE / 4 + ((i) % 4 / 2) * 8)
#define TILE_COLUMN_OF(i, across) (WARP / 4 * (8 * (across)) + (i) / 4 * 8 + WARP_LANE % 4 * 2 + (i) % 2)
#define TILE_COLUMN(i) TILE_COLUMN_OF(i, 4)

#if defined(__OPENCL_VERSION__)
#define TILE_LOCALS \
    LOCAL_ARRAY(u16, tileA, TILE * MMA_STRIDE); \
    LOCAL_ARRAY(u16, tileB, 2 * TILE * MMA_STRIDE); \
    LOCAL_ARRAY(u32, fragments, GROUP_ITEMS * FRAGMENTS)
#else
#define TILE_LOCALS \
    LOCAL_ARRAY(u16, tileA, TILE * MMA_STRIDE); \
    LOCAL_ARRAY(u16, tileB, 2 * TILE * MMA_STRIDE); \
    LOCAL u32 *fragments = 0
#endif
#define TILE_ARGUMENTS tileA, tileB, fragments

DEVICE u32 two_halves(LOCAL const u16 *at)
{
    return (u32)at[0] | ((u32)at[1] << 16);
}

#if defined(__OPENCL_VERSION__)
DEVICE float half_of(u32 two, int which, int element)
{
    u32 bits = which ? two >> 16 : two & 0xffffu;
    return element == FLOAT16 ? widen_half(bits) : BITS_TO_FLOAT(bits << 16);
}
#endif

// sums += a * b for 16 x 16 by 16 x 8, `across` times, by the fragments that the 32 lanes of a warp hold together: a[4], and b[4 * product] high, high, low, low.
DEVICE void mma(float *sums, const u32 *a, const u32 *b, int across, int element, LOCAL u32 *fragments)
{
#if defined(__OPENCL_VERSION__)
    LOCAL u32 *mine = fragments + FRAGMENTS * ITEM, *warp = fragments + FRAGMENTS * 32 * WARP;
    for (int i = 0; i < 4; i++) mine[i] = a[i];
    for (int i = 0; i < 4 * across; i++) mine[4 + i] = b[i];
    BARRIER;
    for (int i = 0; i < 4 * across; i++)
    {
        // a: lane row % 8 * 4 + k % 8 / 2 holds rows row and row + 8, and k and k + 8, two neighbours of k to a register. b: lane column * 4 + k % 8 / 2.
        int row = WARP_LANE / 4 + i % 4 / 2 * 8, column = WARP_LANE % 4 * 2 + i % 2, product = i / 4;
        float sum = sums[i];
        for (int k = 31; k >= 0; k--)
        {
            int low = k / 16, depth = k % 16;
            u32 x = warp[FRAGMENTS * (row % 8 * 4 + depth % 8 / 2) + row / 8 + depth / 8 * 2];
            u32 y = warp[FRAGMENTS * (column * 4 + depth % 8 / 2) + 4 + 4 * product + 2 * low + depth / 8];
            sum = MAD_F(half_of(x, depth % 2, element), half_of(y, depth % 2, element), sum);
        }

        sums[i] = sum;
    }
#else
    (void)fragments;
#pragma unroll
    for (int product = 0; product < across; product++)
    {
#pragma unroll
        for (int low = 1; low >= 0; low--)
        {
            float *c = sums + 4 * product;
            u32 b0 = b[4 * product + 2 * low], b1 = b[4 * product + 2 * low + 1];
            if (element == FLOAT16)
            {
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                             : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                             : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
            }
            else
            {
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                             : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                             : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
            }
        }
    }
#endif
}

// As tile_dots of tile_float.h; columns holds the high halves of all columns, [.. x dim] in 16 bits, and from element lowColumns on the low ones.
DEVICE void tile_dots(
    GLOBAL const u8 *rows, int dim, int element, float scale, LOCAL const i64 *rowOf, GLOBAL const float *columns, i64 lowColumns, float columnUnit,
    int firstColumn, int columnCount, int across, LOCAL u16 *a, LOCAL u16 *b, LOCAL u32 *fragments, float *dots)
{
    // Only 8-bit elements have a scale.
    (void)scale;
    GLOBAL const u16 *stored = (GLOBAL const u16 *)rows, *parts = (GLOBAL const u16 *)columns;
    int j = ITEM % DEPTH, group = WARP_LANE / 4, pair = WARP_LANE % 4 * 2;
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
                int place = ITEM / DEPTH + i * (GROUP_ITEMS / DEPTH);
                i64 row = rowOf[place], at = (i64)(firstColumn + place) * dim + k + j;
                int inside = k + j < end;
                a[place * MMA_STRIDE + j] = row >= 0 && inside ? stored[row * dim + k + j] : (u16)0;
                if (place >= 16 * across) continue;
                int present = place < columnCount && inside;
                b[place * MMA_STRIDE + j] = present ? parts[at] : (u16)0;
                b[(TILE + place) * MMA_STRIDE + j] = present ? parts[lowColumns + at] : (u16)0;
            }

            BARRIER;
            LOCAL const u16 *x = a + (WARP % 4 * 16 + group) * MMA_STRIDE + pair;
            u32 left[4], right[16];
            left[0] = two_halves(x);
            left[1] = two_halves(x + 8 * MMA_STRIDE);
            left[2] = two_halves(x + 8);
            left[3] = two_halves(x + 8 * MMA_STRIDE + 8);
#pragma unroll
            for (int product = 0; product < across; product++)
            {
                LOCAL const u16 *y = b + (WARP / 4 * (8 * across) + product * 8 + group) * MMA_STRIDE + pair, *low = y + TILE * MMA_STRIDE;
                right[4 * product] = two_halves(y);
                right[4 * product + 1] = two_halves(y + 8);
                right[4 * product + 2] = two_halves(low);
                right[4 * product + 3] = two_halves(low + 8);
            }

            mma(sums, left, right, across, element, fragments);
            BARRIER;
        }

#pragma unroll
        for (int i = 0; i < 16; i++) dots[i] = dots[i] + sums[i];
    }

#pragma unroll
    for (int i = 0; i < 16; i++) dots[i] = dots[i] * columnUnit;
}
