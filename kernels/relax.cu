// relax: least distances to growing centres. A group takes 64 rows, gathered from wherever they lie, through the centres they have not seen, 32 at a time;
// the update of the minimum is the epilogue of the product tile.
#include "tile.h"

#define STEP 32
#define ROW_ITEMS 4

// m + 2m' as derived above RowRelaxation, or infinity. `gamma` is gamma(n) + 6u, `canon` (dim + 32) 2^-52.
DEVICE double relax_margin(double x, double s, double c, double gamma, double canon, int dim)
{
    const double unit = 5.9604644775390625e-8, underflow = 1.401298464324817e-45, safe = 1e37;
    if (!(x * c < safe && s * x * c < safe && c * c < safe && s < safe)) return INFINITY_D;
    double proposal = 2 * s * x * c * gamma + 4 * unit * c * c + (2 * s * dim * (1 + x) + x * c + 2) * underflow;
    double reach = s * x + c;
    return 1.01 * (proposal + 2 * canon * reach * reach);
}

// places[i]: the row's place among the rows of the share, which facts (norms, scales) are in the order of; data[i]: its row in the buffer.
// seen, least and nearest are [count], in the order of places. centres are float64, their float32 rounding proposes.
KERNEL void relax(
    GLOBAL const u8 *rows, int dim, int element, float scale, GLOBAL const i64 *data, GLOBAL const i64 *places, int count,
    GLOBAL const double *centres, GLOBAL const float *rounded, GLOBAL const float *squares, GLOBAL const int *labels, int centreCount,
    GLOBAL const double *norms, GLOBAL const double *scales, int hasScales, double longest, double gamma, double canon, double enough,
    GLOBAL int *seen, GLOBAL double *least, GLOBAL int *nearest)
{
    LOCAL_ARRAY(float, a, DEPTH * TILE_STRIDE);
    LOCAL_ARRAY(float, b, DEPTH * TILE_STRIDE);
    LOCAL_ARRAY(i64, rowOf, TILE);
    LOCAL_ARRAY(float, proposals, TILE * (STEP + 1));
    LOCAL_ARRAY(float, low, GROUP_ITEMS);
    LOCAL_ARRAY(double, best, GROUP_ITEMS);
    LOCAL_ARRAY(int, who, GROUP_ITEMS);
    LOCAL_ARRAY(int, nextStep, TILE);
    int r = ITEM / ROW_ITEMS, item = ITEM % ROW_ITEMS, entry = GROUP * TILE + r;
    int present = entry < count;
    i64 row = present ? data[entry] : -1;
    double s = 1, norm = 0, shortest = 0, margin = 0, square = 0;
    int at = centreCount, label = -1;
    if (present)
    {
        i64 place = places[entry];
        s = hasScales ? scales[place] : 1.0;
        norm = norms[place] * (1 + 1e-9);
        shortest = least[entry];
        at = seen[entry];
        label = nearest[entry];
        margin = relax_margin(norm, s < 0 ? -s : s, longest, gamma, canon, dim);
        square = s * s * norms[place] * norms[place];
    }

    float by = (float)(-2 * s);
    for (;;)
    {
        // The step of the row that is furthest behind: rows that are ahead wait for it, so that the group shares a tile.
        int goes = present && at < centreCount && !(shortest < enough);
        BARRIER;
        if (item == 0) nextStep[r] = goes ? at / STEP : 0x7fffffff;
        BARRIER;
        int step = 0x7fffffff;
        for (int i = 0; i < TILE; i++)
            if (nextStep[i] < step) step = nextStep[i];
        if (step == 0x7fffffff) break;
        int begin = step * STEP, end = begin + STEP < centreCount ? begin + STEP : centreCount;
        int mine = goes && at / STEP == step;
        if (item == 0) rowOf[r] = mine ? row : -1;
        BARRIER;
        float dots[16];
        tile_dots(rows, dim, element, scale, rowOf, rounded, begin, end - begin, STEP / 16, a, b, dots);
        int ty = ITEM / 16, tx = ITEM % 16;
        for (int u = 0; u < 4; u++)
            for (int v = 0; v < STEP / 16; v++) proposals[(ty * 4 + u) * (STEP + 1) + tx + 16 * v] = dots[4 * u + v];
        BARRIER;

        float lowest = INFINITY_F;
        if (mine)
        {
            for (int c = at + item; c < end; c += ROW_ITEMS)
            {
                float v = MAD_F(by, proposals[r * (STEP + 1) + c - begin], squares[c]);
                proposals[r * (STEP + 1) + c - begin] = v;
                if (v < lowest) lowest = v;
            }
        }

        low[ITEM] = lowest;
        BARRIER;
        double candidate = INFINITY_D;
        int winner = centreCount;
        if (mine)
        {
            for (int i = 0; i < ROW_ITEMS; i++)
                if (low[ITEM - item + i] < lowest) lowest = low[ITEM - item + i];
            double limit = shortest - square + margin, close = (double)lowest + 2 * margin;
            for (int c = at + item; c < end; c += ROW_ITEMS)
            {
                double v = (double)proposals[r * (STEP + 1) + c - begin];
                if (margin < INFINITY_D && (v > limit || v > close)) continue;
                double d = canonical_distance_wide(rows, row, element, scale, s, centres + (i64)c * dim, dim);
                if (d < candidate)
                {
                    candidate = d;
                    winner = c;
                }
            }
        }

        best[ITEM] = candidate;
        who[ITEM] = winner;
        BARRIER;
        if (mine)
        {
            candidate = INFINITY_D;
            winner = centreCount;
            for (int i = 0; i < ROW_ITEMS; i++)
            {
                double d = best[ITEM - item + i];
                int c = who[ITEM - item + i];
                if (d < candidate || (d == candidate && c < winner))
                {
                    candidate = d;
                    winner = c;
                }
            }

            if (candidate < shortest)
            {
                shortest = candidate;
                label = labels[winner];
            }

            at = end;
        }
    }

    if (present && item == 0)
    {
        seen[entry] = at;
        least[entry] = shortest;
        nearest[entry] = label;
    }
}
