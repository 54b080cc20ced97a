using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Steps;

/// <summary>The positions that steps keep, as bytes. A change here needs a new <see cref="Version"/>: positions of another one are not read.</summary>
internal static class PositionFormats
{
    /// <summary>The version of all formats.</summary>
    public const int Version = 5;

    /// <summary>Of <see cref="Engine.Steps.KMeans"/>.</summary>
    public static PositionFormat<KMeansPosition> KMeans { get; } = new(
        (to, p) =>
        {
            to.Write(p.Restart);
            to.Write(p.Updates);
            to.WriteOptional(p.Best, Write);
            to.WriteOptional(p.Current, Write);
            to.WriteOptional(p.Seeding, Write);
            to.WriteOptional(p.Batches, Write);
        },
        from => new KMeansPosition(from.Int32(), from.Integer(), from.Optional(Trace), from.Optional(Trace), from.Optional(Seeding), from.Optional(Batches)));

    /// <summary>Of <see cref="Engine.Steps.KCenter"/>.</summary>
    public static PositionFormat<KCenterPosition> KCenter { get; } = new(
        (to, p) =>
        {
            to.Write(p.Picks);
            to.Write(p.Radii);
            to.Write(p.Seen);
            to.Write(p.Squared);
            to.Write(p.DistancesComputed);
            to.Write(p.RowsRead);
            to.Write(p.Relaxing);
            to.Write(p.Batch);
            to.Write(p.Limit);
            to.Write(p.Refreshed);
            to.Write(p.Window);
            to.Write(p.Threshold);
            to.Write(p.Enough);
            to.Write(p.Exact);
            to.Write(p.Nearest);
            to.Write(p.Hubs);
            to.Write(p.HubsFound);
            to.Write(p.Descending);
        },
        from => new KCenterPosition(
            from.Array<int>(), from.Array<double>(), from.Array<int>(), from.Array<double>(), from.Integer(), from.Integer(), from.Flag(), from.Array<int>(), from.Int32(), from.Int32(), from.Int32(),
            from.Number(), from.Number(), from.Number(), from.Array<int>(), from.Array<int>(), from.Integer(), from.Flag()));

    /// <summary>Of <see cref="Engine.Steps.Rds"/>.</summary>
    public static PositionFormat<RdsPosition> Rds { get; } = new(
        (to, p) =>
        {
            to.Write(p.Passes);
            to.Write(p.Depth);
            to.Write(p.NextRow);
            to.WriteAll(p.Ranges, (part, range) =>
            {
                part.Write(range.Lowest);
                part.Write(range.Highest);
            });
            to.WriteAll(p.Lists, (part, list) =>
            {
                part.Write(list.Rows);
                part.Write(list.Scores);
                part.WriteOptional(list.Queries, (to, queries) => to.Write(queries));
            });
        },
        from => new RdsPosition(
            from.Int32(), from.Int32(), from.Integer(), from.All(part => new ScoreRange(part.Number(), part.Number())), from.All(part => new RankedRows(part.Array<int>(), part.Array<double>(), part.Optional(of => of.Array<int>())))));

    /// <summary>Of <see cref="MeasureIndicators"/>.</summary>
    public static PositionFormat<IndicatorsPosition> Indicators { get; } = new(
        (to, p) =>
        {
            to.WriteOptional(p.Neighbours, (part, n) =>
            {
                part.Write(n.Rows);
                part.WriteAll(n.Distances, (column, values) => column.Write(values));
            });
            to.Write(p.TextRows);
            to.WriteAll(p.TextColumns, (column, values) => column.Write<double>(values.AsSpan(0, p.TextRows)));
            to.WriteAll(p.ModelColumns, (column, values) => column.Write(values));
        },
        from => new IndicatorsPosition(
            from.Optional(part => new NeighbourPosition(part.Int32(), part.All(column => column.Array<double>()))),
            from.Int32(), from.All(column => column.Array<double>()), from.All(column => column.Array<double>())));

    /// <summary>Of a step that computes a matrix row by row.</summary>
    public static PositionFormat<MatrixPosition> Matrix { get; } = new(
        (to, p) =>
        {
            to.Write(p.Part.Rows);
            to.Write(p.Part.Bytes);
            to.Write(p.Part.Sha256);
            to.Write(p.BytesRead);
            to.Write(p.Flops);
        },
        from => new MatrixPosition(new MatrixPart(from.Integer(), from.Integer(), from.Text()), from.Integer(), from.Number()));

    private static void Write(PositionWriter to, KMeansTrace trace)
    {
        to.Write(trace.Restart);
        to.Write(trace.Centroids);
        to.Write(trace.InertiaHistory);
    }

    private static void Write(PositionWriter to, SeedingPosition p)
    {
        to.Write(p.Drawn);
        to.Write(p.Accepted);
        to.Write(p.Relaxing);
        to.Write(p.Stream);
        to.Write(p.Seen);
        to.Write(p.Squared);
        to.Write(p.SeenByAll);
        to.Write(p.Spent);
    }

    private static void Write(PositionWriter to, MiniBatchPosition p)
    {
        to.Write(p.Batches);
        to.Write(p.Centroids);
        to.Write(p.Sums);
        to.Write(p.Sizes);
        to.Write(p.Drawn);
        to.Write(p.Stream);
    }

    private static MiniBatchPosition Batches(PositionReader from) =>
        new(from.Int32(), from.Array<float>(), from.Array<long>(), from.Array<long>(), from.Integer(), from.Array<ulong>());

    private static KMeansTrace Trace(PositionReader from) => new(from.Int32(), from.Array<float>(), from.Array<double>());

    private static SeedingPosition Seeding(PositionReader from) =>
        new(from.Array<int>(), from.Int32(), from.Flag(), from.Array<ulong>(), from.Array<int>(), from.Array<double>(), from.Int32(), from.Integer());
}
