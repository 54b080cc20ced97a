namespace Engine.Kernels.Algorithms;

/// <summary>Every row's squared distance to its nearest centre, kept as an upper bound and made exact only where that decides something.</summary>
/// <remarks>
/// A row's distance only falls as centres are added, so what was computed against earlier centres bounds it from above. The farthest row is the
/// top of a heap of these bounds as soon as the top is up to date: rows below it cannot be farther. Rows above it are brought up to date in batches,
/// and the first row met that is up to date ends a batch, so a row is refreshed only when its bound could still win. Batch sizes change how
/// often a row is refreshed, never what is found.
/// </remarks>
internal sealed class CoverageBounds
{
    private const int SmallestBatch = 32;
    private const int LargestBatch = 4096;

    /// <summary>Elements of all centres held at once: 2 GiB as float64.</summary>
    private const long MostCentreElements = 1L << 28;

    private readonly RowSource _rows;
    private readonly double[] _scales;
    private readonly int[]? _within;
    private readonly IKernels _kernels;
    private readonly Pass _pass;
    private readonly double _floor;
    private readonly int _window;
    private readonly int[] _seen;
    private readonly double[] _squared;
    private readonly FarthestFirstHeap _heap = new();
    private readonly int[] _batch = new int[LargestBatch];
    private double[] _centres = [];
    private int _centreCount;
    private int _batchCount;
    private int _limit = SmallestBatch;
    private int _refreshed;
    private bool _filled;
    private bool _relaxing;
    private bool _recalling;

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
        (_rows, _scales, _within, _kernels, _pass, _floor) = (rows, scales, within, kernels, pass, floor);
        _window = options.CentreWindow > 0 ? options.CentreWindow : (int)Math.Max(1, MostCentreElements / rows.Dim);
        _seen = new int[rows.Rows];
        _squared = new double[rows.Rows];
        Array.Fill(_squared, double.PositiveInfinity);
    }

    /// <summary>Row-to-centre distances asked of the kernels so far.</summary>
    public long DistancesComputed { get; private set; }

    /// <summary>Whether anything was computed yet that a position could keep.</summary>
    public bool HasBegun => _filled || _relaxing;

    /// <summary>Makes a row a centre. Its own distance is 0 from now on, whatever rounding says.</summary>
    public void AddRow(int row)
    {
        // Room is made first, because that may be cut short, and then the row must be none yet. An entry left in the heap is stale and drops out when it tops.
        RowNumbers.CopyScaled(_rows, _scales, row, NextCentre());
        _squared[row] = 0;
        if (_heap.Count > 0 && _heap.Top.Row == row) _heap.Pop();
    }

    /// <summary>Makes a point a centre.</summary>
    public void AddPoint(ReadOnlySpan<double> point) => point.CopyTo(NextCentre());

    /// <summary>The row farthest from its nearest centre, the lower one on ties, with its exact squared distance; distance 0 and row -1 when all are covered.</summary>
    public FarthestFirstHeap.Entry Farthest()
    {
        if (!_filled) RelaxAll();

        // A batch that was cut short comes first: what was brought up to date by then is left alone.
        while (_batchCount > 0 || (_heap.Count > 0 && _seen[_heap.Top.Row] != _centreCount))
        {
            _pass.Cancel.ThrowIfCancellationRequested();
            if (_batchCount == 0) TakeBatch();
            ReadOnlySpan<int> batch = _batch.AsSpan(0, _batchCount);
            Relax(batch);
            foreach (int row in batch)
            {
                if (_squared[row] < _floor) _squared[row] = 0;
                if (_squared[row] > 0) _heap.Push(_squared[row], row);
            }

            _refreshed += _batchCount;
            _batchCount = 0;
            _limit = Math.Min(2 * _limit, LargestBatch);
        }

        // What one pick needed is the best guess at what the next one needs.
        _limit = Math.Clamp(_refreshed / 2, SmallestBatch, LargestBatch);
        _refreshed = 0;
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
        from.Batch.CopyTo(_batch, 0);
        (DistancesComputed, _relaxing, _batchCount, _limit, _refreshed) = (from.DistancesComputed, from.Relaxing, from.Batch.Length, from.Limit, from.Refreshed);
        if (_relaxing) return;
        HashSet<int> waiting = [.. from.Batch];
        _heap.Fill(AllRows().Where(row => !waiting.Contains(row)), _squared);
        _filled = true;
    }

    /// <summary>Where the bounds stand, beside the picks.</summary>
    public KCenterPosition Position(int[] picks, double[] radii) =>
        new(picks, radii, _seen, _squared, DistancesComputed, _relaxing, _batch[.._batchCount], _limit, _refreshed, _window);

    private void TakeBatch()
    {
        while (_batchCount < _limit && _heap.Count > 0 && _seen[_heap.Top.Row] != _centreCount)
        {
            int row = _heap.Pop().Row;
            DistancesComputed += _centreCount - _seen[row];
            _batch[_batchCount++] = row;
        }
    }

    private Span<double> NextCentre()
    {
        if (_centreCount == _window)
        {
            // Rows that have seen every centre need none of them again.
            if (!_recalling) RelaxAll();
            _centreCount = 0;
            Array.Clear(_seen);
        }

        int dim = _rows.Dim;
        int needed = checked((_centreCount + 1) * dim);
        if (_centres.Length < needed) Array.Resize(ref _centres, (int)Math.Min((long)_window * dim, Math.Max(2L * _centres.Length, 16L * dim)));
        return _centres.AsSpan(dim * _centreCount++, dim);
    }

    private void RelaxAll()
    {
        // Counted once, however often it is cut short.
        if (!_relaxing)
        {
            foreach (int row in AllRows()) DistancesComputed += _centreCount - _seen[row];
            _relaxing = true;
        }

        Relax(_within);
        foreach (int row in AllRows())
            if (_squared[row] < _floor) _squared[row] = 0;
        _heap.Fill(AllRows(), _squared);
        _relaxing = false;
        _filled = true;
    }

    private IEnumerable<int> AllRows() => _within ?? Enumerable.Range(0, _squared.Length);

    private void Relax(ReadOnlySpan<int> which) =>
        _kernels.RelaxMinDistances(_rows, _scales, which, _centres.AsSpan(0, _centreCount * _rows.Dim), _seen, _squared, _pass);
}
