// The canonical arithmetic (README.md): float64, sixteen lanes in ascending order, multiply then add, one tree. These values decide.
#include "portable.h"

#define FLOAT32 0
#define FLOAT16 1
#define BFLOAT16 2
#define LANES 16
#define UNROLL _Pragma("unroll")

DEVICE float widen_half(u32 h)
{
    u32 sign = (h & 0x8000u) << 16, rest = h & 0x7fffu;
    if (rest >= 0x7c00u) return BITS_TO_FLOAT(sign | 0x7f800000u | (rest << 13));
    if (rest < 0x400u)
    {
        // Denormal: an integer times 2^-24, exactly.
        float magnitude = (float)rest * 5.9604644775390625e-8f;
        return BITS_TO_FLOAT(sign | FLOAT_TO_BITS(magnitude));
    }

    return BITS_TO_FLOAT(sign | ((rest << 13) + 0x38000000u));
}

// Element `at` of a packed matrix as float32: exact, or one rounded product for 8-bit integers.
DEVICE float widen(GLOBAL const u8 *data, i64 at, int element, float scale)
{
    if (element == FLOAT32) return ((GLOBAL const float *)data)[at];
    if (element == FLOAT16) return widen_half(((GLOBAL const u16 *)data)[at]);
    if (element == BFLOAT16) return BITS_TO_FLOAT((u32)(((GLOBAL const u16 *)data)[at]) << 16);
    return (float)((GLOBAL const signed char *)data)[at] * scale;
}

// lanes[i] and lanes[i + 8], then + 4, + 2, + 1.
DEVICE double lane_sum(double *lanes)
{
#pragma unroll
    for (int i = 0; i < 8; i++) lanes[i] = lanes[i] + lanes[i + 8];
#pragma unroll
    for (int i = 0; i < 4; i++) lanes[i] = lanes[i] + lanes[i + 4];
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

// sum x*y by one work-item. Products of two float32 are exact, so fused or not is one value.
DEVICE double canonical_dot(GLOBAL const u8 *rows, i64 row, int element, float scale, GLOBAL const float *y, int dim)
{
    double lanes[LANES];
#pragma unroll
    for (int i = 0; i < LANES; i++) lanes[i] = 0;
    i64 at = row * dim;
    for (int j = 0; j < dim; j += LANES)
#pragma unroll
        for (int i = 0; i < LANES; i++)
            if (j + i < dim) lanes[i] = FMA_D((double)widen(rows, at + j + i, element, scale), (double)y[j + i], lanes[i]);
    return lane_sum(lanes);
}

// (s*x - c)^2: multiply, subtract, multiply, each rounded.
DEVICE double squared_difference(double s, float x, double c)
{
    double scaled = s * (double)x;
    double t = scaled - c;
    return t * t;
}

// sum (s*x - c)^2 by one work-item, for centres of either width.
#define CANONICAL_DISTANCE(name, centre)                                                                                                  \
    DEVICE double name(GLOBAL const u8 *rows, i64 row, int element, float scale, double s, GLOBAL const centre *c, int dim)                \
    {                                                                                                                                     \
        double lanes[LANES];                                                                                                              \
        i64 at = row * dim;                                                                                                               \
        UNROLL for (int i = 0; i < LANES; i++) lanes[i] = 0;                                                                              \
        for (int j = 0; j < dim; j += LANES)                                                                                              \
        {                                                                                                                                 \
            UNROLL for (int i = 0; i < LANES; i++)                                                                                        \
            {                                                                                                                             \
                if (j + i < dim) lanes[i] = lanes[i] + squared_difference(s, widen(rows, at + j + i, element, scale), (double)c[j + i]);  \
            }                                                                                                                             \
        }                                                                                                                                 \
        return lane_sum(lanes);                                                                                                           \
    }

CANONICAL_DISTANCE(canonical_distance, float)
CANONICAL_DISTANCE(canonical_distance_wide, double)

// The tree over sixteen neighbouring work-items, each with its lane in local memory; all items of the group take part. The sum is in the first lane's place.
DEVICE void group_lane_sum(LOCAL double *lanes)
{
    int lane = ITEM % LANES;
    for (int apart = LANES / 2; apart > 0; apart /= 2)
    {
        BARRIER;
        if (lane < apart) lanes[ITEM] = lanes[ITEM] + lanes[ITEM + apart];
    }

    BARRIER;
}
