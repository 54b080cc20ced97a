// inspect: norms[r] = sqrt(sum x^2), and the largest finite magnitude of each row. Sixteen work-items a row.
#include "canonical.h"

KERNEL void inspect(GLOBAL const u8 *rows, i64 first, int count, int dim, int element, float scale, GLOBAL double *norms, GLOBAL float *largest)
{
    LOCAL_ARRAY(double, lanes, GROUP_ITEMS);
    LOCAL_ARRAY(float, high, GROUP_ITEMS);
    int r = GROUP * (GROUP_ITEMS / LANES) + ITEM / LANES, lane = ITEM % LANES;
    double sum = 0;
    float most = 0;
    if (r < count)
    {
        i64 at = (first + r) * dim;
        for (int j = lane; j < dim; j += LANES)
        {
            float v = widen(rows, at + j, element, scale), magnitude = ABS_F(v);
            sum = FMA_D((double)v, (double)v, sum);
            if (magnitude < INFINITY_F && magnitude > most) most = magnitude;
        }
    }

    lanes[ITEM] = sum;
    high[ITEM] = most;
    group_lane_sum(lanes);
    for (int apart = LANES / 2; apart > 0; apart /= 2)
    {
        if (lane < apart && high[ITEM + apart] > high[ITEM]) high[ITEM] = high[ITEM + apart];
        BARRIER;
    }

    if (r < count && lane == 0)
    {
        norms[r] = SQRT_D(lanes[ITEM]);
        largest[r] = high[ITEM];
    }
}
