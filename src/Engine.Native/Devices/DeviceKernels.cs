using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Native.Devices;

/// <summary>The kernel contract on one or several devices. They and the host give the same bits, so passes that have no kernel in <c>kernels/</c> are the host's.</summary>
/// <remarks>Host: first and last token pooling, likes, neighbours, scores of pairs, gains, dot products with a few vectors, and calls so small that a device would only wait.</remarks>
internal sealed unsafe class DeviceKernels : IKernels
{
    /// <summary>Work-items in a group, as the sources have it.</summary>
    internal const int GroupItems = 256;

    private const long LeastWorkForDevice = 1L << 26;

    private readonly DeviceShares _shares;
    private readonly IKernels _host;
    private readonly long _leastWork;

    /// <summary>A set over devices, which it takes over together with the host's.</summary>
    /// <param name="devices">At least one; each gets an equal share of the rows.</param>
    /// <param name="host">The kernel set of the processor.</param>
    public DeviceKernels(IReadOnlyList<ComputeDevice> devices, IKernels host)
        : this(devices, host, LeastWorkForDevice)
    {
    }

    /// <summary>The same with another bound for what is worth a device's while.</summary>
    internal DeviceKernels(IReadOnlyList<ComputeDevice> devices, IKernels host, long leastWork)
    {
        ArgumentOutOfRangeException.ThrowIfZero(devices.Count);
        _shares = new DeviceShares(devices);
        _host = host;
        _leastWork = leastWork;
        Name = $"{devices[0].Facts.Backend}+{host.Name}";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Threads => _host.Threads;

    /// <inheritdoc/>
    public RowFacts Inspect(RowSource rows, Span<double> norms, Pass pass)
    {
        if (!norms.IsEmpty) Shapes.One(rows, norms.Length, nameof(norms));
        return DeviceInspection.Run(_shares, rows, norms, pass);
    }

    /// <inheritdoc/>
    public void Pool(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, Pass pass)
    {
        if (pooling is Pooling.First or Pooling.Last)
        {
            _host.Pool(tokens, offsets, pooling, normalize, pooled, pass);
            return;
        }

        Shapes.Offsets(tokens, offsets, pooled.Length);
        DevicePooling.Run(_shares, tokens, offsets, pooling, normalize, pooled, pass);
    }

    /// <inheritdoc/>
    public void AssignNearest(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass)
    {
        Shapes.Scales(rows, rowScales.Length);
        using DeviceNearestCentroids once = new(_shares, rows, rowScales.ToArray());
        once.Assign(centroids, assignments, squaredDistances, pass);
    }

    /// <inheritdoc/>
    public INearestCentroids NearestCentroids(RowSource rows, double[] rowScales, int k, long boundBytes)
    {
        Shapes.Scales(rows, rowScales.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(boundBytes);
        return new DeviceNearestCentroids(_shares, rows, rowScales);
    }

    /// <inheritdoc/>
    public void AccumulateCentroids(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, int fractionBits, Span<long> sums, Pass pass, ReadOnlySpan<int> previous = default)
    {
        Shapes.Accumulation(rows, rowScales.Length, assignments, previous, sums.Length);
        DeviceCentroidSums.Run(_shares, rows, rowScales, assignments, previous, fractionBits, sums, pass);
    }

    /// <inheritdoc/>
    public IMinDistances MinDistances(RowSource rows, double[] rowScales)
    {
        Shapes.Scales(rows, rowScales.Length);
        return new DeviceMinDistances(_shares, rows, rowScales, _host.MinDistances(rows, rowScales), _leastWork);
    }

    /// <inheritdoc/>
    public RankedRows[] TopSimilarities(
        RowSource rows,
        ReadOnlySpan<double> norms,
        QueryGroups queries,
        Combination combination,
        ReadOnlySpan<ScoreRange> ranges,
        int depth,
        Pass pass,
        SimilarityTile? tile = null,
        Span<double> highest = default)
    {
        tile = Shapes.Ranking(rows, norms.Length, queries, combination, ranges.Length, depth, tile, highest.Length);
        return DeviceRankings.Run(_shares, rows, norms, queries, combination, ranges, depth, tile, highest, pass);
    }

    /// <inheritdoc/>
    public ScoreRange[] SimilarityRanges(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Pass pass)
    {
        Shapes.Queries(rows, norms.Length, queries);
        return DeviceRankings.Ranges(_shares, rows, norms, queries, pass);
    }

    /// <inheritdoc/>
    public RankedRows[] SimilarRows(
        RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> which, ReadOnlySpan<int> queries, ReadOnlySpan<int> until, int depth, double above, Pass pass) =>
        _host.SimilarRows(rows, norms, which, queries, until, depth, above, pass);

    /// <inheritdoc/>
    public RankedRows[] NearestRows(RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> queries, int depth, Pass pass) =>
        _host.NearestRows(rows, norms, queries, depth, pass);

    /// <inheritdoc/>
    public void ScorePairs(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<int> candidates,
        PairMeasure measure,
        Span<double> scores,
        Pass pass) =>
        _host.ScorePairs(rows, norms, queries, starts, candidates, measure, scores, pass);

    /// <inheritdoc/>
    public void CoverageGains(
        RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<double> covered, ReadOnlySpan<int> queries, int fractionBits, Span<long> gains, Pass pass) =>
        _host.CoverageGains(rows, norms, covered, queries, fractionBits, gains, pass);

    /// <inheritdoc/>
    public void DotProducts(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, Pass pass) => _host.DotProducts(rows, vectors, products, pass);

    /// <inheritdoc/>
    public void TokenLosses(RowSource logits, ReadOnlySpan<int> columns, Span<double> losses, Pass pass) => _host.TokenLosses(logits, columns, losses, pass);

    /// <summary>Gives the devices and the host's set back.</summary>
    public void Dispose()
    {
        _shares.Dispose();
        _host.Dispose();
    }
}
