using System.Runtime.CompilerServices;

namespace Engine.Kernels.Algorithms;

/// <summary>Every row's squared distance to its nearest centre, kept as an upper bound and made exact only where that decides something.</summary>
/// <remarks>
/// A row's distance only falls as centres are added, so what was computed against earlier centres bounds it from above, and a bound below another row's
/// exact distance need not be any better. Rows whose bounds are at or above a threshold wait in a heap; the rest lie still. The top of the heap is
/// the farthest row as soon as it is up to date; until then the rows above it are brought up to date in batches. When the heap is empty the threshold
/// descends over about a sixty-fourth of the rows, which go through the centres together, the popular ones first, each as far as brings it below the new threshold;
/// those that stay above it are up to date and go into the heap.
/// Batches and thresholds change how often and how far a row is brought up to date, never what is found.
/// </remarks>
internal sealed class CoverageBounds : IDisposable
{
    private const int SmallestBatch = 32;
    private const int LargestBatch = 4096;

    /// <summary>Rows between the one whose standing is fetched and the one that is looked at.</summary>
    private const int StandingsAhead = 16;

    /// <summary>Elements of all centres held at once: 2 GiB as float64.</summary>
    private const long MostCentreElements = 1L << 28;

    private readonly RowSource _rows;
    private readonly double[] _scales;
    private readonly int[]? _within;
    private readonly IMinDistances _distances;
    private readonly Pass _pass;
    private readonly double _floor;
    private readonly int _window;
    private readonly int[] _seen;
    private readonly double[] _squared;
    private readonly FarthestFirstHeap _heap = new();
    private readonly int[] _nearest;
    private readonly List<int> _centres = [];
    private readonly HubCentres _hubs = new();
    private readonly List<int> _stayed = [];
    private readonly BoundSample _sample;
    private readonly double[] _centre;
    private readonly int[] _batch = new int[LargestBatch];
    private int _batchCount;
    private int _limit = SmallestBatch;
    private int _refreshed;
    private double _threshold = double.PositiveInfinity;
    private double _enough;
    private double _exact;
    private bool _descending;
    private bool _filled;
    private bool _relaxing;
    private bool _recalling;
    private long _computedBefore;
    private long _readBefore;

    /// <summary>Starts without a centre: every row is infinitely far.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="scales">[rows] or empty for 1.</param>
    /// <param name="within">The rows that count, ascending and distinct, or null for all.</param>
    /// <param name="kernels">Who computes distances.</param>
    /// <param name="pass">Cancellation.</param>
    /// <param name="floor">Squared distances below this count as 0.</param>
    /// <param name="options">The window of centres.</param>
    public CoverageBounds(RowSource rows, double[] scales, int[]? within, IKernels kernels, Pass pass, double floor, KCenterOptions options)
    {
        (_rows, _scales, _within, _pass, _floor) = (rows, scales, within, pass, floor);
        _window = options.CentreWindow > 0 ? options.CentreWindow : (int)Math.Max(1, MostCentreElements / rows.Dim);
        int count = RowNumbers.CountOf(rows);
        _seen = new int[count];
        _squared = within is null ? GC.AllocateUninitializedArray<double>(count) : new double[count];
        _sample = new BoundSample(within?.Length ?? _squared.Length, Math.Max(floor, double.Epsilon));
        _centre = new double[rows.Dim];
        if (within is null) Array.Fill(_squared, double.PositiveInfinity);
        else foreach (int row in within) _squared[row] = double.PositiveInfinity;
        _nearest = GC.AllocateUninitializedArray<int>(count);
        Array.Fill(_nearest, -1);
        _distances = kernels.MinDistances(rows, scales);
    }

    /// <summary>Pairs of a row and a centre that were looked at so far.</summary>
    public long DistancesComputed => _computedBefore + _distances.DistancesComputed;

    /// <summary>How often a row was read so far.</summary>
    public long RowsRead => _readBefore + _distances.RowsRead;

    /// <summary>The least squared distance of rows in the heap: at the threshold, above 0 and not below the floor.</summary>
    private double Lowest => Math.Max(_threshold, Math.Max(_floor, double.Epsilon));

    /// <summary>Whether anything was computed yet that a position could keep.</summary>
    public bool HasBegun => _filled || _relaxing;

    /// <summary>Makes a row a centre. Its own distance is 0 from now on, whatever rounding says.</summary>
    public void AddRow(int row)
    {
        // Room is made first, because that may be cut short, and then the row must be none yet. An entry left in the heap is stale and drops out when it tops.
        MakeRoom();
        RowNumbers.CopyScaled(_rows, _scales, row, _centre);
        _distances.Add(_centre, _centres.Count);
        _centres.Add(row);
        _squared[row] = 0;
        if (_heap.Count > 0 && _heap.Top.Row == row) _heap.Pop();
    }

    /// <summary>Makes a point a centre.</summary>
    public void AddPoint(ReadOnlySpan<double> point)
    {
        MakeRoom();
        _distances.Add(point, _centres.Count);
        _centres.Add(-1);
    }

    /// <summary>The row farthest from its nearest centre, the lower one on ties, with its exact squared distance; distance 0 and row -1 when all are covered.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public FarthestFirstHeap.Entry Farthest()
    {
        if (!_filled) RelaxAll();
        while (true)
        {
            // A batch that was cut short comes first: what was brought up to date by then is left alone.
            while (_batchCount > 0 || (_heap.Count > 0 && _seen[_heap.Top.Row] != _distances.Count))
            {
                _pass.Cancel.ThrowIfCancellationRequested();
                if (_batchCount == 0) TakeBatch();
                RefreshBatch();
            }

            if (_heap.Count > 0 || (_threshold == 0 && !_descending)) break;
            Descend();
        }

        // What one pick needed is the best guess at what the next one needs.
        _limit = Math.Clamp(_refreshed / 2, SmallestBatch, LargestBatch);
        _refreshed = 0;
        _exact = 0;
        return _heap.Count > 0 ? _heap.Top : new FarthestFirstHeap.Entry(0, -1);
    }

    /// <summary>From here until <see cref="Restore"/>, centres are only noted: the bounds that come with the position know them.</summary>
    public void Recall() => _recalling = true;

    /// <summary>Takes the bounds over from a position whose centres have been added again in their order.</summary>
    public void Restore(KCenterPosition from)
    {
        _recalling = false;
        from.Seen.CopyTo(_seen, 0);
        from.Squared.CopyTo(_squared, 0);
        from.Nearest.CopyTo(_nearest, 0);
        _hubs.Use(from.Hubs, from.HubsFound);
        _distances.Lead(_hubs.Places);
        _descending = from.Descending;
        (_computedBefore, _readBefore, _relaxing, _limit, _refreshed) = (from.DistancesComputed, from.RowsRead, from.Relaxing, from.Limit, from.Refreshed);
        (_threshold, _enough, _exact) = (from.Threshold, from.Enough, from.Exact);
        if (_relaxing) return;
        _filled = true;

        // Rows of a batch wait outside the heap; while the threshold is being lowered, nothing is in it yet.
        from.Batch.CopyTo(_batch, 0);
        _batchCount = from.Batch.Length;
        if (_descending || _threshold == double.PositiveInfinity) return;
        HashSet<int> waiting = [.. from.Batch];
        for (int row = 0; row < _squared.Length; row++)
            if (_squared[row] >= Lowest && !waiting.Contains(row)) _heap.Push(_squared[row], row);
    }

    /// <summary>Where the bounds stand, beside the picks.</summary>
    public KCenterPosition Position(int[] picks, double[] radii) =>
        new(picks, radii, _seen, _squared, DistancesComputed, RowsRead, _relaxing, _batch[.._batchCount], _limit, _refreshed, _window, _threshold, _enough, _exact, _nearest, _hubs.Places, _hubs.Found, _descending);

    /// <inheritdoc/>
    public void Dispose()
    {
        _distances.Dispose();
    }

    /// <summary>Takes the rows off the heap that lie above the first one that is up to date.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeBatch()
    {
        while (_batchCount < _limit && _heap.Count > 0 && _seen[_heap.Top.Row] != _distances.Count) _batch[_batchCount++] = _heap.Pop().Row;
        _refreshed += _batchCount;
        _limit = Math.Min(2 * _limit, LargestBatch);

        // A row below one that is exact cannot be the farthest.
        _enough = Math.Max(_threshold, _exact);
    }

    /// <summary>Lowers the threshold to let about a sixty-fourth of the rows over it, or all that are left, and puts those in the heap that are still over it when they are up to date.</summary>
    private void Descend()
    {
        // One that was cut short is done again: rows that it brought up to date need nothing more.
        if (!_descending)
        {
            _threshold = _sample.Threshold(_squared, _within);
            if (_threshold > 0 && _hubs.Choose(_nearest, _centres)) _distances.Lead(_hubs.Places);
        }

        _descending = true;
        _stayed.Clear();
        _distances.RelaxAbove(Lowest, _seen, _squared, _nearest, _stayed, _pass);
        _descending = false;
        foreach (int row in _stayed)
        {
            _exact = Math.Max(_exact, _squared[row]);
            _heap.Push(_squared[row], row);
        }
    }

    /// <summary>Brings the batch up to date as far as that matters, and lets the heap take what is still over the threshold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RefreshBatch()
    {
        ReadOnlySpan<int> batch = _batch.AsSpan(0, _batchCount);
        if (!batch.IsEmpty) Relax(batch, _enough);
        for (int i = 0; i < batch.Length; i++)
        {
            if (i + StandingsAhead < batch.Length) Expect(batch[i + StandingsAhead]);
            int row = batch[i];
            if (_seen[row] == _distances.Count) _exact = Math.Max(_exact, _squared[row]);
            if (_squared[row] >= Lowest) _heap.Push(_squared[row], row);
        }

        _batchCount = 0;
    }

    /// <summary>Asks for what is known of a row: other threads may have written it last.</summary>
    private unsafe void Expect(int row)
    {
        // Where it lies by then does not matter: nothing is read.
        Prefetch.Row((byte*)Unsafe.AsPointer(ref _squared[row]), 1);
        Prefetch.Row((byte*)Unsafe.AsPointer(ref _seen[row]), 1);
    }

    private void MakeRoom()
    {
        if (_distances.Count < _window) return;

        // Rows that have seen every centre need none of them again.
        if (!_recalling) RelaxAll();
        _distances.Clear();
        Array.Clear(_seen);
        Array.Fill(_nearest, -1);
        _centres.Clear();
        _hubs.Use([], 0);
    }

    private void RelaxAll()
    {
        _relaxing = true;
        Relax(_within, 0);
        _heap.Clear();
        _threshold = double.PositiveInfinity;
        _relaxing = false;
        _filled = true;
    }

    private void Relax(ReadOnlySpan<int> which, double enough) => _distances.Relax(which, enough, _seen, _squared, _nearest, _pass);
}
