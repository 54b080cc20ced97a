using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The shape checks at the kernels' border: beyond them, pointers are trusted.</summary>
internal static class Shapes
{
    /// <summary>One value per row.</summary>
    public static void One(RowSource rows, long length, string name)
    {
        if (length != rows.Rows) throw new ArgumentException($"{rows.Rows} rows need as many values, not {length}.", name);
    }

    /// <summary>One scale per row, or none at all.</summary>
    public static void Scales(RowSource rows, int length)
    {
        if (length != 0) One(rows, length, "rowScales");
    }

    /// <summary>Whole vectors of the matrix's dim, at least so many.</summary>
    public static void Vectors(RowSource rows, int length, int least, string name)
    {
        if (length % rows.Dim != 0) throw new ArgumentException($"{length} values do not fill vectors of {rows.Dim}.", name);
        if (length / rows.Dim < least) throw new ArgumentException($"{least} or more vectors are needed, not {length / rows.Dim}.", name);
    }

    /// <summary>What <see cref="IMinDistances.Relax"/> takes.</summary>
    public static void Relaxation(RowSource rows, int seen, int minSquared, int nearest)
    {
        One(rows, seen, nameof(seen));
        One(rows, minSquared, nameof(minSquared));
        if (nearest != 0) One(rows, nearest, nameof(nearest));
    }

    /// <summary>What <see cref="IKernels.AssignNearest"/> takes.</summary>
    public static void Assignment(RowSource rows, int scales, int centroids, int assignments, int distances)
    {
        Scales(rows, scales);
        One(rows, assignments, nameof(assignments));
        One(rows, distances, "squaredDistances");
        Vectors(rows, centroids, 1, nameof(centroids));
    }

    /// <summary>What <see cref="IKernels.AccumulateCentroids"/> takes.</summary>
    public static void Accumulation(RowSource rows, int scales, ReadOnlySpan<int> assignments, ReadOnlySpan<int> previous, int sums)
    {
        Scales(rows, scales);
        One(rows, assignments.Length, nameof(assignments));
        if (!previous.IsEmpty) One(rows, previous.Length, nameof(previous));
        Vectors(rows, sums, 1, nameof(sums));
        int clusters = sums / rows.Dim;
        Clusters(assignments, clusters, nameof(assignments));
        Clusters(previous, clusters, nameof(previous));
    }

    /// <summary>What <see cref="IKernels.TopSimilarities"/> takes.</summary>
    /// <returns>The tile to go through: the given one, or all rows.</returns>
    public static SimilarityTile Ranking(RowSource rows, int norms, QueryGroups queries, Combination combination, int ranges, int depth, SimilarityTile? tile, int highest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        Queries(rows, norms, queries);
        if (highest != 0) One(rows, highest, nameof(highest));
        tile ??= new SimilarityTile(0, rows.Rows, []);
        Tile(rows, tile, combination == Combination.Each ? queries.Groups : 1);
        int wanted = combination == Combination.NormalizedMean ? queries.Groups : 0;
        if (ranges != wanted) throw new ArgumentException($"{combination} takes {wanted} ranges, not {ranges}.", nameof(ranges));
        return tile;
    }

    /// <summary>Ascending record boundaries within the tokens, no record empty, and room for the result.</summary>
    public static void Offsets(RowSource tokens, ReadOnlySpan<long> offsets, int pooled)
    {
        if (offsets.IsEmpty) throw new ArgumentException("Record boundaries are [records + 1]; there are none.", nameof(offsets));
        if (offsets[0] < 0 || offsets[^1] > tokens.Rows)
            throw new ArgumentException($"Records span tokens {offsets[0]} to {offsets[^1]}, but there are {tokens.Rows} tokens.", nameof(offsets));
        for (int r = 0; r + 1 < offsets.Length; r++)
            if (offsets[r + 1] <= offsets[r])
                throw new ArgumentException($"Record {r} has no token: it begins at {offsets[r]} and ends at {offsets[r + 1]}.", nameof(offsets));
        long wanted = checked((offsets.Length - 1L) * tokens.Dim);
        if (pooled != wanted)
            throw new ArgumentException($"{offsets.Length - 1} records of {tokens.Dim} need {wanted} values, not {pooled}.", nameof(pooled));
    }

    /// <summary>Rows to visit exist, and none has seen more centres than there are.</summary>
    /// <returns>The pairs of a row to visit and a centre it has not seen.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Unseen(RowSource rows, ReadOnlySpan<int> which, ReadOnlySpan<int> seen, int centres)
    {
        long pairs = 0;
        foreach (int row in which)
        {
            Row(rows.Rows, row, nameof(which));
            pairs += Unseen(row, seen[row], centres);
        }

        for (int row = 0; which.IsEmpty && row < seen.Length; row++) pairs += Unseen(row, seen[row], centres);
        return pairs;
    }

    /// <summary>Queries of the matrix's dim, one norm per row, and row numbers that fit a result.</summary>
    public static void Queries(RowSource rows, int norms, QueryGroups queries)
    {
        if (queries.Dim != rows.Dim) throw new ArgumentException($"Queries have {queries.Dim} elements, rows {rows.Dim}.", nameof(queries));
        One(rows, norms, nameof(norms));
    }

    /// <summary>Clusters that exist, or none.</summary>
    private static void Clusters(ReadOnlySpan<int> assignments, int clusters, string name)
    {
        for (int r = 0; r < assignments.Length; r++)
            if (assignments[r] >= clusters) throw new ArgumentException($"Row {r} is assigned to cluster {assignments[r]} of {clusters}.", name);
    }

    /// <summary>Row numbers that exist.</summary>
    public static void Numbers(RowSource rows, ReadOnlySpan<int> numbers, string name)
    {
        foreach (int row in numbers) Row(rows.Rows, row, name);
    }

    /// <summary>A row number that exists.</summary>
    /// <returns>The number.</returns>
    public static int Row(long rows, int row, string name) =>
        (uint)row < (ulong)rows ? row : throw new ArgumentException($"There is no row {row} among {rows}.", name);

    /// <summary>Columns that exist.</summary>
    public static void Columns(RowSource rows, ReadOnlySpan<int> columns)
    {
        for (int r = 0; r < columns.Length; r++)
            if ((uint)columns[r] >= (uint)rows.Dim) throw new ArgumentException($"Row {r} asks for column {columns[r]} of {rows.Dim}.", nameof(columns));
    }

    /// <summary>Nothing, or for every query how many of the candidates it looks at.</summary>
    public static void Until(ReadOnlySpan<int> until, int queries, long candidates)
    {
        if (until.IsEmpty) return;
        if (until.Length != queries) throw new ArgumentException($"{queries} queries need as many limits, not {until.Length}.", nameof(until));
        foreach (int end in until)
            if (end < 0 || end > candidates) throw new ArgumentException($"A query looks at {end} of {candidates} candidates.", nameof(until));
    }

    /// <summary>For every query where its candidates begin, and where the last one's end.</summary>
    public static void Starts(ReadOnlySpan<int> starts, int queries, int candidates)
    {
        if (starts.Length != queries + 1 || starts[0] != 0 || starts[^1] != candidates)
            throw new ArgumentException($"The boundaries of {queries} queries must run from 0 to {candidates}.", nameof(starts));
        for (int q = 0; q < queries; q++)
            if (starts[q + 1] < starts[q]) throw new ArgumentException($"The candidates of query {q} end before they begin.", nameof(starts));
    }

    /// <summary>A tile within the matrix, after lists of rows before it, none or as many as the call gives.</summary>
    private static void Tile(RowSource rows, SimilarityTile tile, int lists)
    {
        if (tile.FirstRow < 0 || tile.EndRow < tile.FirstRow || tile.EndRow > rows.Rows)
            throw new ArgumentException($"The tile is rows {tile.FirstRow} to {tile.EndRow} of {rows.Rows}.", nameof(tile));
        if (tile.Before.Length != 0 && tile.Before.Length != lists) throw new ArgumentException($"{tile.Before.Length} lists do not go on as {lists}.", nameof(tile));
    }

    /// <summary>No more centres seen than there are.</summary>
    /// <returns>The centres not seen.</returns>
    public static int Unseen(int row, int seen, int centres)
    {
        if (seen < 0 || seen > centres) throw new ArgumentException($"Row {row} has seen {seen} of {centres} centres.", nameof(seen));
        return centres - seen;
    }
}
