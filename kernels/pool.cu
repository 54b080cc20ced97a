// pool: token states to record vectors. One work-item an element of a record: a chain over the tokens in their order, as the contract has it.
#include "canonical.h"

// Adds the tokens of a block to the sums of their records. A segment is a run of one record's tokens: record (a row of sums), first token in the block,
// tokens, weight of the first. step is 1 for the weighted mean, else 0. Weights are integers, so weight times element is exact.
KERNEL void pool_add(
    GLOBAL const u8 *tokens, int dim, int element, float scale, GLOBAL const i64 *segments, int segmentCount, int step, GLOBAL double *sums)
{
    int blocksPerSegment = (dim + GROUP_ITEMS - 1) / GROUP_ITEMS;
    int segment = GROUP / blocksPerSegment, j = (GROUP % blocksPerSegment) * GROUP_ITEMS + ITEM;
    if (segment >= segmentCount || j >= dim) return;
    i64 record = segments[4 * segment], token = segments[4 * segment + 1], count = segments[4 * segment + 2], weight = segments[4 * segment + 3];
    double sum = sums[record * dim + j];
    for (i64 i = 0; i < count; i++)
        sum = FMA_D((double)(weight + i * step), (double)widen(tokens, (token + i) * dim + j, element, scale), sum);
    sums[record * dim + j] = sum;
}

// Divides by the weights and, if asked, by the norm; rounds once to float32. Sixteen work-items a record.
KERNEL void pool_finish(GLOBAL double *sums, GLOBAL const double *weights, int records, int dim, int normalize, GLOBAL float *pooled, GLOBAL double *norms)
{
    LOCAL_ARRAY(double, lanes, GROUP_ITEMS);
    int record = GROUP * (GROUP_ITEMS / LANES) + ITEM / LANES, lane = ITEM % LANES;
    int present = record < records;
    double squares = 0;
    if (present)
    {
        for (int j = lane; j < dim; j += LANES)
        {
            double mean = sums[(i64)record * dim + j] / weights[record];
            double square = mean * mean;
            sums[(i64)record * dim + j] = mean;
            squares = squares + square;
        }
    }

    lanes[ITEM] = squares;
    group_lane_sum(lanes);
    if (!present) return;
    double norm = SQRT_D(lanes[ITEM - lane]), length = normalize ? norm : 1.0;
    for (int j = lane; j < dim; j += LANES) pooled[(i64)record * dim + j] = (float)(sums[(i64)record * dim + j] / length);
    if (lane == 0) norms[record] = norm;
}
