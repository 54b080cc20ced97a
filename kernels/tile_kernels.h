// What is done with a tile of dot products as soon as it is there: store it, keep each row's least, list what reaches a threshold, lower least distances.
// Included by tile.cu and tile_mma.cu behind the product they use. All of it proposes; canonical values decide, here or in assign.cu and top.cu.

#define STEP 32
#define ROW_ITEMS 4
#define NO_STEP 0x7fffffff

// m + 2m' as derived above RowRelaxation, or infinity. `gamma` is gamma(n) + 6u and what the columns lost, `canon` (dim + 32) 2^-52.
DEVICE double relax_margin(double x, double s, double c, double gamma, double canon, double underflow, int dim)
{
    const double unit = 5.9604644775390625e-8, safe = 1e37;
    if (!(x * c < safe && s * x * c < safe && c * c < safe && s < safe)) return INFINITY_D;
    double proposal = 2 * s * x * c * gamma + 4 * unit * c * c + (2 * s * dim * (1 + x) + x * c + 2) * underflow;
    double reach = s * x + c;
    return 1.01 * (proposal + 2 * canon * reach * reach);
}

// products[r, c] for r < count and c < columnCount, c running fastest. Row r is first + r, or first + list[listFrom + r] where listFrom is not negative.
KERNEL void products(
    GLOBAL const u8 *rows, i64 first, GLOBAL const int *list, int listFrom, int count, int dim, int element, float scale,
    GLOBAL const float *columns, i64 lowColumns, float columnUnit, int columnCount, GLOBAL float *products)
{
    TILE_LOCALS;
    LOCAL_ARRAY(i64, rowOf, TILE);
    int columnTiles = (columnCount + TILE - 1) / TILE;
    int firstRow = GROUP / columnTiles * TILE, firstColumn = GROUP % columnTiles * TILE;
    int width = columnCount - firstColumn < TILE ? columnCount - firstColumn : TILE;
    if (ITEM < TILE) rowOf[ITEM] = firstRow + ITEM < count ? first + (listFrom >= 0 ? list[listFrom + firstRow + ITEM] : firstRow + ITEM) : -1;
    BARRIER;
    float dots[16];
    tile_dots(rows, dim, element, scale, rowOf, columns, lowColumns, columnUnit, firstColumn, width, 4, TILE_ARGUMENTS, dots);
#pragma unroll
    for (int i = 0; i < 16; i++)
    {
        int r = firstRow + TILE_ROW(i), c = TILE_COLUMN(i);
        if (r < count && c < width) products[(i64)r * columnCount + firstColumn + c] = dots[i];
    }
}

// The least and the second least v = |c|^2 - 2 s x.c of every row, and which centroid has the least. A group has 64 rows and goes through all centroids.
KERNEL void nearest(
    GLOBAL const u8 *rows, i64 first, int count, int dim, int element, float scale, GLOBAL const float *columns, i64 lowColumns, float columnUnit, int k,
    GLOBAL const float *squares, GLOBAL const double *scales, int hasScales, i64 firstFact, GLOBAL float *least, GLOBAL float *second, GLOBAL int *which)
{
    TILE_LOCALS;
    LOCAL_ARRAY(i64, rowOf, TILE);
    LOCAL_ARRAY(float, proposals, TILE * (TILE + 1));
    int firstRow = GROUP * TILE, r = ITEM / ROW_ITEMS, item = ITEM % ROW_ITEMS, present = firstRow + r < count;
    if (ITEM < TILE) rowOf[ITEM] = firstRow + ITEM < count ? first + firstRow + ITEM : -1;
    double s = present && hasScales ? scales[firstFact + firstRow + r] : 1.0;
    float by = (float)(-2 * s), low = INFINITY_F, next = INFINITY_F;
    int winner = 0;
    for (int firstColumn = 0; firstColumn < k; firstColumn += TILE)
    {
        int width = k - firstColumn < TILE ? k - firstColumn : TILE;
        float dots[16];
        BARRIER;
        tile_dots(rows, dim, element, scale, rowOf, columns, lowColumns, columnUnit, firstColumn, width, 4, TILE_ARGUMENTS, dots);
#pragma unroll
        for (int i = 0; i < 16; i++) proposals[TILE_ROW(i) * (TILE + 1) + TILE_COLUMN(i)] = dots[i];
        BARRIER;
        for (int c = item; c < width; c += ROW_ITEMS)
        {
            float v = MAD_F(by, proposals[r * (TILE + 1) + c], squares[firstColumn + c]);
            if (v < low)
            {
                next = low;
                low = v;
                winner = firstColumn + c;
            }
            else if (v < next)
            {
                next = v;
            }
        }
    }

    // Four work-items have the row's quarters; the first puts them together.
    BARRIER;
    proposals[3 * ITEM] = low;
    proposals[3 * ITEM + 1] = next;
    proposals[3 * ITEM + 2] = BITS_TO_FLOAT(winner);
    BARRIER;
    if (!present || item != 0) return;
    for (int i = 1; i < ROW_ITEMS; i++)
    {
        float other = proposals[3 * (ITEM + i)], otherNext = proposals[3 * (ITEM + i) + 1];
        if (other < low)
        {
            next = low < otherNext ? low : otherNext;
            low = other;
            winner = (int)FLOAT_TO_BITS(proposals[3 * (ITEM + i) + 2]);
        }
        else if (other < next)
        {
            next = other;
        }
    }

    least[firstRow + r] = low;
    second[firstRow + r] = next;
    which[firstRow + r] = winner;
}

// e of SimilarityQueries for a row of this norm; infinity where float32 could overflow.
DEVICE float cosine_error(double norm, double error, double underflow)
{
    if (!(norm >= 1e-30 && norm <= 1e37)) return INFINITY_F;
    return (float)((error + underflow / norm) * (1 + 1e-6));
}

// Lists (row, query) pairs whose proposed cosine plus its error reaches the bound of the query's list. total counts all of them, also those beyond capacity.
KERNEL void select_pairs(
    GLOBAL const u8 *rows, i64 first, int count, int dim, int element, float scale, GLOBAL const float *columns, i64 lowColumns, float columnUnit, int queries,
    GLOBAL const double *norms, i64 firstFact, GLOBAL const float *bounds, double error, double underflow, GLOBAL int *total, int capacity, GLOBAL int *pairs)
{
    TILE_LOCALS;
    LOCAL_ARRAY(i64, rowOf, TILE);
    LOCAL_ARRAY(float, inverse, TILE);
    LOCAL_ARRAY(float, slack, TILE);
    int columnTiles = (queries + TILE - 1) / TILE;
    int firstRow = GROUP / columnTiles * TILE, firstColumn = GROUP % columnTiles * TILE;
    int width = queries - firstColumn < TILE ? queries - firstColumn : TILE;
    if (ITEM < TILE)
    {
        int present = firstRow + ITEM < count;
        double norm = present ? norms[firstFact + firstRow + ITEM] : 1.0;
        rowOf[ITEM] = present ? first + firstRow + ITEM : -1;
        inverse[ITEM] = (float)(1.0 / norm);
        slack[ITEM] = cosine_error(norm, error, underflow);
    }

    BARRIER;
    float dots[16];
    tile_dots(rows, dim, element, scale, rowOf, columns, lowColumns, columnUnit, firstColumn, width, 4, TILE_ARGUMENTS, dots);
#pragma unroll
    for (int i = 0; i < 16; i++)
    {
        int r = TILE_ROW(i), c = TILE_COLUMN(i);
        if (firstRow + r >= count || c >= width) continue;
        float reach = dots[i] * inverse[r] + slack[r];
        if (reach < bounds[firstColumn + c]) continue;
        int place = ADD_GLOBAL_INT(total, 1);
        if (place >= capacity) continue;
        pairs[2 * place] = firstRow + r;
        pairs[2 * place + 1] = firstColumn + c;
    }
}

// The step of the row that is furthest behind: rows that are ahead wait for it, so that the group shares a tile.
DEVICE int next_step(int mine, int r, int item, LOCAL int *steps)
{
    BARRIER;
    if (item == 0) steps[r] = mine;
    BARRIER;
    int least = NO_STEP;
    for (int i = 0; i < TILE; i++)
        if (steps[i] < least) least = steps[i];
    return least;
}

// Least distances to growing centres. A group takes 64 rows, gathered from wherever they lie, through the centres they have not seen, 32 at a time.
// places[i]: the row's place among the rows of the share, which facts (norms, scales) are in the order of; data[i]: its row in the buffer.
// seen, least and nearest are [count], in the order of places. centres are float64; columns, what they are rounded to, propose.
KERNEL void relax(
    GLOBAL const u8 *rows, int dim, int element, float scale, GLOBAL const i64 *data, GLOBAL const i64 *places, int count,
    GLOBAL const double *centres, GLOBAL const float *columns, i64 lowColumns, float columnUnit, GLOBAL const float *squares, GLOBAL const int *labels, int centreCount,
    GLOBAL const double *norms, GLOBAL const double *scales, int hasScales, double longest, double gamma, double canon, double underflow, double enough,
    GLOBAL int *seen, GLOBAL double *least, GLOBAL int *nearest)
{
    TILE_LOCALS;
    LOCAL_ARRAY(i64, rowOf, TILE);
    LOCAL_ARRAY(float, proposals, TILE * (STEP + 1));
    LOCAL_ARRAY(float, low, GROUP_ITEMS);
    LOCAL_ARRAY(double, best, GROUP_ITEMS);
    LOCAL_ARRAY(int, who, GROUP_ITEMS);
    LOCAL_ARRAY(int, nextStep, TILE);
    int r = ITEM / ROW_ITEMS, item = ITEM % ROW_ITEMS, entry = GROUP * TILE + r;
    int present = entry < count;
    i64 row = present ? data[entry] : -1;
    double s = 1, shortest = 0, margin = 0, square = 0;
    int at = centreCount, label = -1;
    if (present)
    {
        i64 place = places[entry];
        s = hasScales ? scales[place] : 1.0;
        shortest = least[entry];
        at = seen[entry];
        label = nearest[entry];
        margin = relax_margin(norms[place] * (1 + 1e-9), s < 0 ? -s : s, longest, gamma, canon, underflow, dim);
        square = s * s * norms[place] * norms[place];
    }

    float by = (float)(-2 * s);
    int step = next_step(present && at < centreCount && !(shortest < enough) ? at / STEP : NO_STEP, r, item, nextStep);
    while (step < NO_STEP)
    {
        int begin = step * STEP, end = begin + STEP < centreCount ? begin + STEP : centreCount;
        int mine = present && at / STEP == step && at < centreCount && !(shortest < enough);
        if (item == 0) rowOf[r] = mine ? row : -1;
        BARRIER;
        float dots[16];
        tile_dots(rows, dim, element, scale, rowOf, columns, lowColumns, columnUnit, begin, end - begin, STEP / 16, TILE_ARGUMENTS, dots);
#pragma unroll
        for (int i = 0; i < 16; i++)
        {
            if (!RELAX_HOLDS(i)) continue;
            proposals[TILE_ROW(i) * (STEP + 1) + RELAX_COLUMN(i)] = dots[i];
        }

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

        step = next_step(present && at < centreCount && !(shortest < enough) ? at / STEP : NO_STEP, r, item, nextStep);
    }

    if (present && item == 0)
    {
        seen[entry] = at;
        least[entry] = shortest;
        nearest[entry] = label;
    }
}
