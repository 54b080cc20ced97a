// top: canonical scores of what the tiles proposed: a = (x . q') / |x| with q' = q/|q|, rounded.
#include "canonical.h"

// e of SimilarityQueries for a row of this norm; infinity where float32 could overflow.
DEVICE float cosine_error(double norm, double error, double underflow)
{
    if (!(norm >= 1e-30 && norm <= 1e37)) return INFINITY_F;
    return (float)((error + underflow / norm) * (1 + 1e-6));
}

// The canonical dot product of each pair. One work-item a pair.
KERNEL void top_score(
    GLOBAL const u8 *rows, i64 first, int dim, int element, float scale, GLOBAL const float *queries, GLOBAL const int *pairs, int count, GLOBAL double *dots)
{
    int i = GROUP * GROUP_ITEMS + ITEM;
    if (i < count) dots[i] = canonical_dot(rows, first + pairs[2 * i], element, scale, queries + (i64)pairs[2 * i + 1] * dim, dim);
}

// The canonical score of every row and group of queries, the highest cosine of the group's. One work-item a row and group.
KERNEL void top_groups(
    GLOBAL const u8 *rows, i64 first, int dim, int element, float scale, GLOBAL const float *products, int count,
    GLOBAL const float *queries, GLOBAL const double *queryNorms, int queryCount, GLOBAL const int *starts, int groups, GLOBAL const double *norms, i64 firstFact,
    double error, double underflow, GLOBAL double *scores)
{
    i64 i = (i64)GROUP * GROUP_ITEMS + ITEM;
    if (i >= (i64)count * groups) return;
    int r = (int)(i / groups), group = (int)(i % groups);
    int begin = starts[group], end = starts[group + 1];
    double norm = norms[firstFact + r];
    float e = cosine_error(norm, error, underflow), inverse = (float)(1.0 / norm), highest = -INFINITY_F;
    for (int q = begin; q < end; q++)
    {
        float a = products[(i64)r * queryCount + q] * inverse;
        if (a > highest) highest = a;
    }

    float bound = highest - 2 * e;
    double best = -INFINITY_D;
    for (int q = begin; q < end; q++)
    {
        if (products[(i64)r * queryCount + q] * inverse < bound) continue;
        double dot = canonical_dot(rows, first + r, element, scale, queries + (i64)q * dim, dim);
        double length = norm * queryNorms[q];
        double cosine = dot / length;
        if (cosine > best) best = cosine;
    }

    scores[i] = best;
}
