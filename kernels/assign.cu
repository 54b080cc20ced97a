// assign: the nearest centroid of every row. Proposals v = |c|^2 - 2 s x.c from `products`; canonical distances decide among those within twice the margin.
#include "canonical.h"

#define ROW_ITEMS 32

// m + m' as derived above CentroidColumns, or infinity where float32 could overflow. `gamma` is gamma(n) + 4u, `canon` (dim + 32) 2^-52.
DEVICE double assign_margin(double x, double s, double c, double gamma, double canon, int dim)
{
    const double unit = 5.9604644775390625e-8, underflow = 1.401298464324817e-45, safe = 1e37;
    if (!(x * c < safe && s * x * c < safe && c * c < safe && s < safe)) return INFINITY_D;
    double proposal = 2 * s * x * c * gamma + 4 * unit * c * c + (2 * s * dim + 2) * underflow;
    double reach = s * x + c;
    return 1.01 * (proposal + canon * reach * reach);
}

// Thirty-two work-items a row. norms and scales begin with the block's first row; scales is ignored where hasScales is 0.
KERNEL void assign_decide(
    GLOBAL const u8 *rows, i64 first, int count, int dim, int element, float scale,
    GLOBAL const float *products, int stride, GLOBAL const float *centroids, GLOBAL const float *squares, int k,
    GLOBAL const double *norms, GLOBAL const double *scales, int hasScales, i64 firstFact,
    double longest, double gamma, double canon, GLOBAL int *nearest, GLOBAL double *distances)
{
    LOCAL_ARRAY(float, least, GROUP_ITEMS);
    LOCAL_ARRAY(double, best, GROUP_ITEMS);
    LOCAL_ARRAY(int, who, GROUP_ITEMS);
    int r = GROUP * (GROUP_ITEMS / ROW_ITEMS) + ITEM / ROW_ITEMS, item = ITEM % ROW_ITEMS;
    int present = r < count;
    double s = present && hasScales ? scales[firstFact + r] : 1.0, margin = 0;
    float by = (float)(-2 * s), low = INFINITY_F;
    if (present)
    {
        // Canonical norms lie within (dim + 32) 2^-52 of the exact ones.
        margin = assign_margin(norms[firstFact + r] * (1 + 1e-9), s < 0 ? -s : s, longest, gamma, canon, dim);
        for (int c = item; c < k; c += ROW_ITEMS)
        {
            float v = MAD_F(by, products[(i64)r * stride + c], squares[c]);
            if (v < low) low = v;
        }
    }

    least[ITEM] = low;
    for (int apart = ROW_ITEMS / 2; apart > 0; apart /= 2)
    {
        BARRIER;
        if (item < apart && least[ITEM + apart] < least[ITEM]) least[ITEM] = least[ITEM + apart];
    }

    BARRIER;
    double shortest = INFINITY_D;
    int winner = k;
    if (present)
    {
        double limit = (double)least[ITEM - item] + 2 * margin;
        for (int c = item; c < k; c += ROW_ITEMS)
        {
            if (margin < INFINITY_D && (double)MAD_F(by, products[(i64)r * stride + c], squares[c]) > limit) continue;
            double d = canonical_distance(rows, first + r, element, scale, s, centroids + (i64)c * dim, dim);
            if (d < shortest || winner == k)
            {
                shortest = d;
                winner = c;
            }
        }
    }

    best[ITEM] = shortest;
    who[ITEM] = winner;
    for (int apart = ROW_ITEMS / 2; apart > 0; apart /= 2)
    {
        BARRIER;
        if (item < apart)
        {
            double d = best[ITEM + apart];
            int c = who[ITEM + apart];
            if (d < best[ITEM] || (d == best[ITEM] && c < who[ITEM]))
            {
                best[ITEM] = d;
                who[ITEM] = c;
            }
        }
    }

    if (present && item == 0)
    {
        nearest[firstFact + r] = who[ITEM];
        distances[firstFact + r] = best[ITEM];
    }
}
