// assign: the nearest centroid of every row. Where the tiles left one centroid within twice the margin of the least proposal, its canonical distance is all that is
// wanted; the other rows are listed, their proposals stored, and canonical distances decide among those within twice the margin.
#include "canonical.h"

#define ROW_ITEMS 32

// m + m' as derived above CentroidColumns, or infinity where float32 could overflow. `gamma` is gamma(n) + 4u and what the columns
// lost, `canon` (dim + 32) 2^-52.
DEVICE double assign_margin(double x, double s, double c, double gamma, double canon, double underflow, int dim)
{
    const double unit = 5.9604644775390625e-8, safe = 1e37;
    if (!(x * c < safe && s * x * c < safe && c * c < safe && s < safe)) return INFINITY_D;
    double proposal = 2 * s * x * c * gamma + 4 * unit * c * c + (2 * s * dim + 2) * underflow;
    double reach = s * x + c;
    return 1.01 * (proposal + canon * reach * reach);
}

// Rows that one proposal settles get its canonical distance; the others go on the list. Sixteen work-items a row, one a lane.
KERNEL void assign_settle(
    GLOBAL const u8 *rows, i64 first, int count, int dim, int element, float scale, GLOBAL const float *least, GLOBAL const float *second, GLOBAL const int *which,
    GLOBAL const float *centroids, GLOBAL const double *norms, GLOBAL const double *scales, int hasScales, i64 firstFact,
    double longest, double gamma, double canon, double underflow, GLOBAL int *nearest, GLOBAL double *distances, GLOBAL int *open, GLOBAL int *list)
{
    LOCAL_ARRAY(double, lanes, GROUP_ITEMS);
    int r = GROUP * (GROUP_ITEMS / LANES) + ITEM / LANES, lane = ITEM % LANES, present = r < count, settled = 0;
    double sum = 0;
    if (present)
    {
        double s = hasScales ? scales[firstFact + r] : 1.0;
        double margin = assign_margin(norms[firstFact + r] * (1 + 1e-9), s < 0 ? -s : s, longest, gamma, canon, underflow, dim);
        settled = margin < INFINITY_D && (double)second[r] > (double)least[r] + 2 * margin;
        if (settled)
        {
            GLOBAL const float *c = centroids + (i64)which[r] * dim;
            i64 at = (first + r) * dim;
            for (int j = lane; j < dim; j += LANES)
                sum = sum + squared_difference(s, widen(rows, at + j, element, scale), (double)c[j]);
        }
        else if (lane == 0)
        {
            list[ADD_GLOBAL_INT(open, 1)] = r;
        }
    }

    lanes[ITEM] = sum;
    group_lane_sum(lanes);
    if (settled && lane == 0)
    {
        nearest[firstFact + r] = which[r];
        distances[firstFact + r] = lanes[ITEM];
    }
}

// Thirty-two work-items a row of the list, of which this call has count from listFrom on. norms and scales begin with the block's first row; scales is ignored where hasScales is 0.
KERNEL void assign_decide(
    GLOBAL const u8 *rows, i64 first, GLOBAL const int *list, int listFrom, int count, int dim, int element, float scale,
    GLOBAL const float *products, GLOBAL const float *centroids, GLOBAL const float *squares, int k,
    GLOBAL const double *norms, GLOBAL const double *scales, int hasScales, i64 firstFact,
    double longest, double gamma, double canon, double underflow, GLOBAL int *nearest, GLOBAL double *distances)
{
    LOCAL_ARRAY(float, least, GROUP_ITEMS);
    LOCAL_ARRAY(double, best, GROUP_ITEMS);
    LOCAL_ARRAY(int, who, GROUP_ITEMS);
    int place = GROUP * (GROUP_ITEMS / ROW_ITEMS) + ITEM / ROW_ITEMS, item = ITEM % ROW_ITEMS;
    int present = place < count, r = present ? list[listFrom + place] : 0;
    double s = present && hasScales ? scales[firstFact + r] : 1.0, margin = 0;
    float by = (float)(-2 * s), low = INFINITY_F;
    if (present)
    {
        // Canonical norms lie within (dim + 32) 2^-52 of the exact ones.
        margin = assign_margin(norms[firstFact + r] * (1 + 1e-9), s < 0 ? -s : s, longest, gamma, canon, underflow, dim);
        for (int c = item; c < k; c += ROW_ITEMS)
        {
            float v = MAD_F(by, products[(i64)place * k + c], squares[c]);
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
            if (margin < INFINITY_D && (double)MAD_F(by, products[(i64)place * k + c], squares[c]) > limit) continue;
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
