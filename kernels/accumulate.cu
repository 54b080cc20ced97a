// accumulate: sums[cluster, j] += round(s x[j] 2^q), apart to even, in 64-bit integers. They have no order, so neither have the work-items.
#include "canonical.h"

#define RUN 64

// The block's rows in the order of their clusters: order[i] is a row of the block, cluster[i] its cluster; a negative unit takes the row away.
// A group adds up to 64 consecutive rows of the order for 256 elements, one work-item an element, and adds to memory where the cluster changes.
KERNEL void accumulate(
    GLOBAL const u8 *rows, i64 first, int dim, int element, float scale, GLOBAL const int *order, GLOBAL const int *cluster, int count,
    GLOBAL const double *scales, int hasScales, i64 firstFact, double unit, GLOBAL i64 *sums)
{
    int blocksPerRun = (dim + GROUP_ITEMS - 1) / GROUP_ITEMS;
    int begin = GROUP / blocksPerRun * RUN, j = (GROUP % blocksPerRun) * GROUP_ITEMS + ITEM;
    if (j >= dim) return;
    int end = begin + RUN < count ? begin + RUN : count, current = -1;
    i64 sum = 0;
    for (int i = begin; i < end; i++)
    {
        if (cluster[i] != current)
        {
            if (current >= 0) ADD_GLOBAL_I64(sums + (i64)current * dim + j, sum);
            current = cluster[i];
            sum = 0;
        }

        double x = (double)widen(rows, (first + order[i]) * dim + j, element, scale);
        double scaled = (hasScales ? scales[firstFact + order[i]] : 1.0) * x;
        double steps = scaled * unit;
        sum += (i64)RINT_D(steps);
    }

    if (current >= 0) ADD_GLOBAL_I64(sums + (i64)current * dim + j, sum);
}
